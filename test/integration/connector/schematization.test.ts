import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BehaviourBench, json, startBehaviourBench } from './behaviour-bench.ts';

/** What the Snowflake connector's own end-to-end tests ask of schematization, asked of us, as a client sees it. */
let bench: BehaviourBench;
beforeAll(async () => {
  bench = await startBehaviourBench();
});
afterAll(() => bench?.stop());

const offsets = 'TO_NUMBER(RECORD_METADATA:offset) AS O';
const evolving = 'ALTER TABLE {t} SET ENABLE_SCHEMA_EVOLUTION = TRUE';

test.concurrent.for(['v3', 'v4', 'own'] as const)(
  '%s: the table is made, and a column for each field, typed by what came first',
  async (connector) => {
    const sink = await bench.sink({ connector });
    await sink.produce([
      json({ name: 'a', n_1: 7, price: 1.5, ok: true, list: [1, 'x'], nested: { k: null }, nothing: null }),
    ]);
    await sink.deploy();
    const [row] = await sink.rows(1);
    expect(row).toMatchObject({
      NAME: 'a',
      N_1: 7,
      PRICE: 1.5,
      OK: true,
      LIST: [1, 'x'],
      NESTED: { k: null },
      NOTHING: null,
    });
    expect(await sink.columns()).toEqual({
      RECORD_METADATA: 'VARIANT',
      NAME: 'VARCHAR(16777216)',
      N_1: 'NUMBER(38,0)',
      PRICE: 'FLOAT',
      OK: 'BOOLEAN',
      LIST: 'ARRAY',
      NESTED: 'VARIANT',
      NOTHING: 'VARCHAR(16777216)',
    });
  },
);

test.concurrent('several waves of new fields, several topics and partitions, two tasks: no row lost, none twice', async () => {
  const sink = await bench.sink({ connector: 'v4', topics: 2, partitions: 2, config: { 'tasks.max': '2' } });
  await sink.deploy();
  const wave = (number: number, topic: number) =>
    Array.from({ length: 40 }, (_, index) => ({
      ...json({ id: index, [`wave_${number}`]: index, [`topic_${topic}_${number}`]: 'x' }),
      partition: index % 2,
    }));
  for (const number of [0, 1, 2]) {
    await Promise.all([0, 1].map((topic) => sink.produce(wave(number, topic), topic)));
    if (number === 0) await sink.rows(80, offsets);
  }
  const rows = await sink.rows(
    240,
    "RECORD_METADATA:topic || RECORD_METADATA:partition || '-' || RECORD_METADATA:offset AS P",
  );
  expect(new Set(rows.map((row) => row['P'])).size).toBe(240);
  expect(rows).toHaveLength(240);
  expect(Object.keys(await sink.columns())).toHaveLength(2 + 3 + 6);
  const [filled] = await bench.session.query(
    `SELECT COUNT(WAVE_0) AS A, COUNT(WAVE_2) AS B, COUNT(TOPIC_1_2) AS C FROM ${sink.table}`,
  );
  expect(filled).toEqual({ A: 80, B: 80, C: 40 });
});

test.concurrent('NOT NULL is dropped where records leave the column out; DEFAULT and IDENTITY columns get their values', async () => {
  const sink = await bench.sink({
    connector: 'v4',
    table: [
      "CREATE TABLE {t} (ID NUMBER AUTOINCREMENT NOT NULL, A NUMBER NOT NULL, B VARCHAR NOT NULL, STATE VARCHAR NOT NULL DEFAULT 'new', RECORD_METADATA VARIANT)",
      evolving,
    ],
  });
  await sink.produce([json({ a: 1, b: 'x' }), json({ a: 2 }), json({ b: null, a: 3, state: 'done' })]);
  await sink.deploy();
  const rows = await sink.rows(3, 'A, B, STATE, ID');
  expect(rows.map(({ A, B, STATE }) => [A, B, STATE]).sort()).toEqual([
    [1, 'x', 'new'],
    [2, null, 'new'],
    [3, null, 'done'],
  ]);
  expect(new Set(rows.map((row) => row['ID'])).size).toBe(3);
  expect(await sink.columns()).toMatchObject({ A: 'NUMBER(38,0) NOT NULL', B: 'VARCHAR(16777216)' });
});

test.concurrent('a table that does not evolve: odd records become dead letters with the reason, good ones rows', async () => {
  const sink = await bench.sink({ connector: 'v3', table: ['CREATE TABLE {t} (A NUMBER)'] });
  await sink.produce([json({ a: 1 }), json({ a: 2, colour: 'red' }), json({ a: 'no number' }), json({ a: 3 })]);
  await sink.deploy();
  const rows = await sink.rows(2, `A, ${offsets}`);
  expect(rows.map(({ A, O }) => [A, O]).sort()).toEqual([
    [1, 0],
    [3, 3],
  ]);
  const letters = await sink.deadLetters(2);
  expect(letters.map(({ value }) => String(value)).sort()).toEqual(['{"a":"no number"}', '{"a":2,"colour":"red"}']);
  const [first] = letters;
  expect(String(first?.headers['__connect.errors.exception.message'])).toMatch(/COLOUR.*ENABLE_SCHEMA_EVOLUTION/);
});

test.concurrent('freeze: the task fails with the ALTER TABLE that it needs', async () => {
  const sink = await bench.sink({
    connector: 'own',
    config: { 'snowsink.schema.evolution': 'freeze' },
    table: ['CREATE TABLE {t} (A NUMBER, RECORD_METADATA VARIANT)', evolving],
  });
  await sink.produce([json({ a: 1 }), json({ a: 2, colour: 'red' })]);
  await sink.deploy();
  expect(await sink.trace()).toMatch(
    /ALTER TABLE "SNOWSINK_TEST"."PUBLIC"."\w+" ADD COLUMN IF NOT EXISTS "COLOUR" VARCHAR/,
  );
});

test.concurrent('server-side validation: Snowflake evolves the table and converts; one that does not evolve loses no field', async () => {
  const server = { 'snowflake.validation': 'server_side' };
  const evolvingSink = await bench.sink({ connector: 'v4', config: server });
  await evolvingSink.produce([json({ id: 1, name: 'a' }), json({ id: 2, extra: true })]);
  await evolvingSink.deploy();
  const rows = await evolvingSink.rows(2, 'ID, NAME, EXTRA');
  expect(rows.map(({ ID, EXTRA }) => [ID, EXTRA]).sort()).toEqual([
    [1, null],
    [2, true],
  ]);

  const fixed = await bench.sink({
    connector: 'v4',
    config: server,
    table: ['CREATE TABLE {t} (ID NUMBER, RECORD_METADATA VARIANT)'],
  });
  await fixed.produce([json({ id: 1 }), json({ id: 2, extra: true })]);
  await fixed.deploy();
  expect(await fixed.rows(1, 'ID')).toEqual([{ ID: 1 }]);
  const [letter] = await fixed.deadLetters(1);
  expect(String(letter?.value)).toBe('{"id":2,"extra":true}');
});

test.concurrent('each value lands in the column type made for it', async () => {
  const sink = await bench.sink({
    connector: 'v3',
    table: [
      'CREATE TABLE {t} (S VARCHAR, "case_sensitive" CHAR(1), HEX BINARY, N NUMBER, D DOUBLE, OK BOOLEAN, DAY DATE, CLOCK TIME, AT TIMESTAMP_NTZ, LIST ARRAY, V VARIANT, O OBJECT)',
      evolving,
    ],
  });
  const fields = {
    s: 'Excellent',
    '"case_sensitive"': 'A',
    hex: 'FFFFFFFF',
    n: 100,
    d: 0.99,
    ok: 'true',
    day: '2022-06-15',
    clock: '23:59:59.999999',
    at: '2022-06-15T10:00:00',
    list: ['a', 'b'],
    v: { x: 1 },
    o: { y: [2] },
  };
  await sink.produce([json(fields)]);
  await sink.deploy();
  const [row] = await sink.rows(
    1,
    'S, "case_sensitive", HEX::VARCHAR AS HEX, N, D, OK, TO_VARCHAR(DAY) AS DAY, TO_VARCHAR(CLOCK) AS CLOCK, LIST, V, O, RECORD_METADATA',
  );
  expect(row).toMatchObject({
    S: 'Excellent',
    case_sensitive: 'A',
    N: 100,
    D: 0.99,
    OK: true,
    DAY: '2022-06-15',
    LIST: ['a', 'b'],
    V: { x: 1 },
    O: { y: [2] },
  });
  // Snowflake writes hexadecimal digits, the emulator marks each byte.
  expect(String(row?.['HEX']).replaceAll('\\x', '')).toBe('FFFFFFFF');
  expect(String(row?.['CLOCK'])).toMatch(/^23:59:59/);
  expect(row?.['RECORD_METADATA']).toMatchObject({ topic: sink.topics[0], offset: 0, partition: 0 });
});

test.concurrent('column names: upper case unless quoted; without normalization as they are', async () => {
  const normal = await bench.sink({ connector: 'v4' });
  const verbatim = await bench.sink({
    connector: 'v4',
    config: { 'snowflake.compatibility.enable.column.identifier.normalization': 'false' },
  });
  for (const sink of [normal, verbatim]) {
    await sink.produce([json({ City: 'Bern', '"Zip"': 3000, 'a.b': 1 })]);
    await sink.deploy();
    await sink.rows(1);
  }
  expect(Object.keys(await normal.columns())).toEqual(['RECORD_METADATA', 'CITY', 'Zip', 'A.B']);
  expect(Object.keys(await verbatim.columns())).toEqual(['RECORD_METADATA', 'City', '"Zip"', 'a.b']);
});

test.concurrent('tombstones: a row of metadata alone, or none; bad JSON is a dead letter either way', async () => {
  const records = [json({ a: 1 }), { value: null }, { value: '{"a":' }, json({ a: 2 })];
  const kept = await bench.sink({ connector: 'v4' });
  const ignored = await bench.sink({ connector: 'v3', config: { 'behavior.on.null.values': 'IGNORE' } });
  for (const sink of [kept, ignored]) {
    await sink.produce(records);
    await sink.deploy();
  }
  const rows = await kept.rows(3, `A, ${offsets}`);
  expect(rows.map(({ A, O }) => [O, A]).sort()).toEqual([
    [0, 1],
    [1, null],
    [3, 2],
  ]);
  expect(await ignored.rows(2, offsets)).toHaveLength(2);
  for (const sink of [kept, ignored]) expect(String((await sink.deadLetters(1))[0]?.value)).toBe('{"a":');
});

test.concurrent('metadata switches, typed and flattened headers, columns of their own', async () => {
  const headers = { n: '7', flag: 'true' };
  const record = [{ ...json({ a: 1, op: 'u' }), key: 'k', headers, timestamp: 1_700_000_000_000 }];
  const flat = await bench.sink({
    connector: 'v4',
    config: { 'snowflake.metadata.topic': 'false', 'snowflake.metadata.createtime': 'false' },
  });
  const typed = await bench.sink({
    connector: 'own',
    config: {
      'snowflake.streaming.metadata.connectorPushTime': 'false',
      'snowsink.columns': '_OFFSET=$offset,_AT=$timestamp,OPERATION=$.op,N=$header.n',
    },
  });
  for (const sink of [flat, typed]) {
    await sink.produce(record);
    await sink.deploy();
  }
  const [first] = await flat.rows(1, 'RECORD_METADATA');
  expect(Object.keys(first?.['RECORD_METADATA'] as object).sort()).toEqual([
    'SnowflakeConnectorPushTime',
    'headers',
    'key',
    'offset',
    'partition',
  ]);
  expect(first?.['RECORD_METADATA']).toMatchObject({ key: 'k', headers: { n: '7', flag: 'true' } });
  const [second] = await typed.rows(
    1,
    '_OFFSET, DATE_PART(EPOCH_MILLISECOND, _AT) AS AT, OPERATION, N, RECORD_METADATA',
  );
  expect(second).toMatchObject({ _OFFSET: 0, AT: 1_700_000_000_000, OPERATION: 'u', N: 7 });
  expect(second?.['RECORD_METADATA']).toMatchObject({ CreateTime: 1_700_000_000_000, headers: { n: 7, flag: true } });
  expect(Object.keys(await typed.columns())).not.toContain('OP');
});

test.concurrent('many topics to one table by a pattern, quoted names, other schemas, records routed by a header', async () => {
  const quoted = await bench.sink({ connector: 'v4', topics: 2 });
  const [first = ''] = quoted.topics;
  await bench.session.query('CREATE SCHEMA IF NOT EXISTS ELSEWHERE');
  await bench.session.query('USE SCHEMA PUBLIC');
  const routed = await bench.sink({ connector: 'own', config: { 'snowsink.table.from': '$header.kind' } });
  const [topic = ''] = routed.topics;
  const other = `${topic}_other`.toUpperCase();
  const elsewhere = await bench.sink({ connector: 'v3' });
  const configs = [
    [quoted, { 'snowflake.topic2table.map': `"${first.slice(0, -1)}(.*)":"${quoted.table}"` }],
    [routed, {}],
    [elsewhere, { 'snowflake.topic2table.map': `${elsewhere.topics[0]}:elsewhere.${elsewhere.table}` }],
  ] as const;
  await quoted.produce([json({ a: 1 })], 0);
  await quoted.produce([json({ a: 2 })], 1);
  await routed.produce([json({ a: 1 }), { ...json({ b: 2 }), headers: { kind: other } }]);
  await elsewhere.produce([json({ a: 1 })]);
  for (const [sink, config] of configs) await sink.deploy(config);
  expect((await quoted.rows(2, 'A')).map((row) => row['A']).sort()).toEqual([1, 2]);
  expect(await routed.rows(1, 'A')).toEqual([{ A: 1 }]);
  expect(await bench.rowsOf(other, 1, 'B')).toEqual([{ B: 2 }]);
  expect(await bench.rowsOf(`ELSEWHERE.${elsewhere.table}`, 1, 'A')).toEqual([{ A: 1 }]);
});

test.concurrent('staged_copy: the same rows by files and COPY INTO, bad ones as dead letters, exactly once over a restart', async () => {
  const sink = await bench.sink({
    connector: 'own',
    config: { 'snowflake.ingestion.method': 'staged_copy', 'errors.tolerance': 'all' },
    table: ['CREATE TABLE {t} (RECORD_METADATA VARIANT, N NUMBER NOT NULL, NAME VARCHAR)'],
  });
  await sink.deploy();
  await sink.produce([json({ n: 1, name: 'a' }), json({ n: 'no number' }), json({ n: 3, name: 'c' })]);
  await sink.rows(2, offsets);
  const restart = { method: 'POST' };
  await fetch(`${bench.url}/connectors/${sink.name}/restart?includeTasks=true`, restart);
  await sink.produce([json({ n: 4 })]);
  const rows = await sink.rows(3, `N, NAME, ${offsets}`);
  expect(rows.map(({ N, NAME, O }) => [N, NAME, O]).sort()).toEqual([
    [1, 'a', 0],
    [3, 'c', 2],
    [4, null, 3],
  ]);
  expect(await sink.deadLetters(1)).toHaveLength(1);
  const [held] = await bench.session.query(
    `SELECT OFFSET_TOKEN, ROWS_INSERTED FROM SNOWSINK_OFFSETS WHERE CHANNEL_NAME ILIKE '${sink.name}%'`,
  );
  expect(held).toEqual({ OFFSET_TOKEN: '3', ROWS_INSERTED: 3 });
});

test.concurrent('v3 with SNOWPIPE: files of its stage loaded by its pipe, none lost and none twice over a restart', async () => {
  const sink = await bench.sink({
    connector: 'v3',
    topics: 2,
    config: {
      'snowflake.ingestion.method': 'SNOWPIPE',
      'snowflake.enable.schematization': 'false',
      'errors.tolerance': 'all',
    },
  });
  await sink.deploy();
  await sink.produce([{ ...json({ n: 1 }), key: 'k', timestamp: 1700000000000 }, { value: 'no JSON' }, json({ n: 3 })]);
  await sink.produce([json({ n: 4 })], 1);
  await sink.rows(3);
  await fetch(`${bench.url}/connectors/${sink.name}/restart?includeTasks=true`, { method: 'POST' });
  await sink.produce([json({ n: 5 })]);
  const rows = await sink.rows(4, `RECORD_CONTENT:n::NUMBER AS N, RECORD_METADATA`);
  expect(rows.map(({ N }) => N).sort()).toEqual([1, 3, 4, 5]);
  const metadata = { topic: sink.topics[0], partition: 0, offset: 0, CreateTime: 1700000000000, key: 'k' };
  expect(rows.find(({ N }) => N === 1)?.['RECORD_METADATA']).toEqual(metadata);
  expect(await sink.deadLetters(1)).toHaveLength(1);
  const pipe = `SNOWFLAKE_KAFKA_CONNECTOR_${sink.name}_PIPE_${sink.table}_0`;
  const pipes = await bench.session.query(`SHOW PIPES LIKE '${pipe}'`);
  expect(pipes).toHaveLength(1);
});

const icebergColumns = {
  // In the lengths that Iceberg tables have.
  text: 'VARCHAR(134217728)',
  metadata: (more: string): string =>
    `OBJECT(offset NUMBER(19,0), topic VARCHAR(134217728), partition NUMBER(10,0), key VARCHAR(134217728), ${more}CreateTime NUMBER(19,0), LogAppendTime NUMBER(19,0), SnowflakeConnectorPushTime NUMBER(19,0), headers MAP(VARCHAR(134217728), VARCHAR(134217728)))`,
};

test.concurrent.for(['SNOWPIPE_STREAMING', 'staged_copy'])(
  'v3 into an Iceberg table by %s: metadata and nested fields as structured columns that grow; what has no type is a dead letter',
  async (method) => {
    const sink = await bench.sink({
      connector: 'v3',
      config: { 'snowflake.ingestion.method': method, 'snowflake.streaming.iceberg.enabled': 'true' },
      table: [
        "CREATE ICEBERG TABLE {t} (RECORD_METADATA OBJECT()) EXTERNAL_VOLUME = 'v' CATALOG = 'SNOWFLAKE' BASE_LOCATION = 'x' ENABLE_SCHEMA_EVOLUTION = TRUE",
      ],
    });
    await sink.produce([
      { ...json({ id: 1, to: { city: 'A' } }), key: 'k', headers: { h: '1' } },
      json({ id: 2, to: { city: 'B', geo: [1.5] }, tags: [{ x: 1 }] }),
      json({ id: 3, to: {}, nothing: null }),
      json({ id: 4, to: 'C' }),
      json({ id: 5, tags: [{ y: true }, { x: 2 }] }),
    ]);
    await sink.deploy();
    const metadata = (offset: number, more = {}) => ({
      offset,
      topic: sink.topics[0],
      partition: 0,
      key: null,
      schema_id: null,
      key_schema_id: null,
      CreateTime: expect.any(Number),
      LogAppendTime: null,
      SnowflakeConnectorPushTime: expect.any(Number),
      headers: {},
      ...more,
    });
    expect((await sink.rows(3)).sort((a, b) => Number(a['ID']) - Number(b['ID']))).toEqual([
      // loaded before the column got `geo`, or after it
      {
        RECORD_METADATA: metadata(0, { key: 'k', headers: { h: '1' } }),
        ID: 1,
        TO: expect.objectContaining({ city: 'A' }),
        TAGS: null,
      },
      { RECORD_METADATA: metadata(1), ID: 2, TO: { city: 'B', geo: [1.5] }, TAGS: [{ x: 1 }] },
      {
        RECORD_METADATA: metadata(4),
        ID: 5,
        TO: null,
        TAGS: [
          { x: null, y: true },
          { x: 2, y: null },
        ],
      },
    ]);
    expect(await sink.columns()).toEqual({
      RECORD_METADATA: icebergColumns.metadata('schema_id NUMBER(10,0), key_schema_id NUMBER(10,0), '),
      ID: 'NUMBER(19,0)',
      TO: `OBJECT(city ${icebergColumns.text}, geo ARRAY(FLOAT))`,
      TAGS: 'ARRAY(OBJECT(x NUMBER(19,0), y BOOLEAN))',
    });
    expect((await sink.deadLetters(2)).map(({ value }) => JSON.parse(String(value)).id)).toEqual([3, 4]);
  },
);

test.concurrent('v4 makes an Iceberg table and adds the columns that Snowflake would not', async () => {
  const sink = await bench.sink({
    connector: 'v4',
    config: {
      'snowflake.validation': 'server_side',
      'snowflake.autocreate.table.type': 'iceberg',
      'snowflake.iceberg.create.table.options': "EXTERNAL_VOLUME = 'v'",
    },
  });
  await sink.produce([json({ id: 1, to: { city: 'A' } }), { ...json({ id: 2, more: 'x' }), key: 'k' }]);
  await sink.deploy();
  const rows = await sink.rows(
    2,
    'ID, "TO", MORE, RECORD_METADATA:key::VARCHAR AS K, ARRAY_SIZE(OBJECT_KEYS(RECORD_METADATA)) AS N',
  );
  expect(rows.sort((a, b) => Number(a['ID']) - Number(b['ID']))).toEqual([
    { ID: 1, TO: { city: 'A' }, MORE: null, K: null, N: 8 },
    { ID: 2, TO: null, MORE: 'x', K: 'k', N: 8 },
  ]);
  expect(await sink.columns()).toEqual({
    RECORD_METADATA: icebergColumns.metadata(''),
    ID: 'NUMBER(19,0)',
    TO: `OBJECT(city ${icebergColumns.text})`,
    MORE: icebergColumns.text,
  });
});

test.concurrent('Iceberg tables without schematization: made in format 3, or structured ones that are there', async () => {
  const raw = { 'snowflake.enable.schematization': 'false', 'snowflake.validation': 'server_side' };
  const made = await bench.sink({
    connector: 'v4',
    config: {
      ...raw,
      'snowflake.autocreate.table.type': 'iceberg',
      'snowflake.iceberg.create.table.options': 'ICEBERG_VERSION=3',
    },
  });
  const there = await bench.sink({
    connector: 'v4',
    config: { ...raw, 'snowflake.autocreate.table.type': 'none' },
    table: ["CREATE ICEBERG TABLE {t} (RECORD_CONTENT OBJECT(a LONG, b STRING)) CATALOG = 'SNOWFLAKE'"],
  });
  for (const sink of [made, there]) {
    await sink.produce([json({ a: 1 }), { ...json({ a: 2, b: 'x' }), key: 'k' }]);
    await sink.deploy();
  }
  const offsetAndContent = 'RECORD_METADATA:offset::NUMBER AS O, RECORD_CONTENT';
  expect(await made.rows(2, offsetAndContent)).toEqual(
    expect.arrayContaining([
      { O: 0, RECORD_CONTENT: { a: 1 } },
      { O: 1, RECORD_CONTENT: { a: 2, b: 'x' } },
    ]),
  );
  expect(await there.rows(2, offsetAndContent)).toEqual(
    expect.arrayContaining([
      { O: 0, RECORD_CONTENT: { a: 1, b: null } },
      { O: 1, RECORD_CONTENT: { a: 2, b: 'x' } },
    ]),
  );
});
