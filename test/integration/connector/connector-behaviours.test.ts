import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Type } from 'avsc';
import protobuf from 'protobufjs';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { type MemorySchemaRegistry, startMemorySchemaRegistry } from '../../support/memory-schema-registry.ts';
import { startOAuthServer } from '../../support/oauth-server.ts';
import type { SnowflakeRow } from '../../support/snowflake.ts';
import { committedOffsets, createTopic, produceRecords, type TestRecord } from '../../support/topics.ts';
import { waitFor } from '../../support/wait-for.ts';
import { type BehaviourBench, json, type Sink, startBehaviourBench } from './behaviour-bench.ts';

/** What the Snowflake connector's own end-to-end tests ask of it beside schematization, asked of us, as a client sees it. */
let bench: BehaviourBench;
let registry: MemorySchemaRegistry;
beforeAll(async () => {
  [bench, registry] = await Promise.all([startBehaviourBench(), startMemorySchemaRegistry()]);
});
afterAll(async () => {
  await bench?.stop();
  await registry?.stop();
});

const raw = { 'snowflake.enable.schematization': 'false' };
const apache = 'org.apache.kafka.connect';
const avroConverter = 'io.confluent.connect.avro.AvroConverter';
const snowflakeRecords = 'com.snowflake.kafka.connector.records';
const record = (row: SnowflakeRow | undefined): unknown => [row?.['RECORD_CONTENT'], row?.['RECORD_METADATA']];
const metadataOf = (row: SnowflakeRow): { offset: number; partition: number; key?: unknown; headers?: unknown } =>
  row['RECORD_METADATA'] as never;
const byPlace = (rows: readonly SnowflakeRow[]): readonly string[] =>
  rows.map((row) => `${metadataOf(row).partition}-${metadataOf(row).offset}`).sort();

const isCommitted = (sink: Sink, partition: number, offset: bigint): Promise<unknown> =>
  waitFor(
    async () =>
      (await committedOffsets(inject('kafkaBootstrapServers'), `connect-${sink.name}`, sink.topics[0] ?? '')).get(
        partition,
      ) === offset,
    { deadlineMs: 100_000, what: `Kafka's offset ${offset} of ${sink.name}`, everyMs: 200 },
  );

test.concurrent.for(['v3', 'v4'] as const)(
  '%s, RECORD_CONTENT: three partitions with nulls and empty values at their ends, exact metadata; IGNORE leaves them out, and Kafka’s offset still ends',
  async (connector) => {
    const kept = await bench.sink({ connector, partitions: 3, config: raw });
    const ignored = await bench.sink({
      connector,
      partitions: 3,
      config: { ...raw, 'behavior.on.null.values': 'IGNORE' },
    });
    const ofPartition = (partition: number): TestRecord[] =>
      Array.from({ length: 10 }, (_, n) => ({
        partition,
        key: `k${n}`,
        timestamp: 1_700_000_000_000 + n,
        value: n === 8 ? null : n === 9 ? '' : `{"number":"${n}","nested":{"list":[1,{"a":null}]}}`,
      }));
    for (const sink of [kept, ignored]) {
      await sink.produce([0, 1, 2].flatMap(ofPartition));
      await sink.deploy();
    }
    const rows = await kept.rows(30);
    expect(new Set(byPlace(rows)).size).toBe(30);
    const found = (offset: number) =>
      rows.find((row) => metadataOf(row).partition === 1 && metadataOf(row).offset === offset);
    const metadata = (offset: number) => ({
      topic: kept.topics[0],
      offset,
      partition: 1,
      CreateTime: 1_700_000_000_000 + offset,
      SnowflakeConnectorPushTime: expect.any(Number),
      key: `k${offset}`,
    });
    expect(record(found(3))).toEqual([{ number: '3', nested: { list: [1, { a: null }] } }, metadata(3)]);
    // v3 says so of a null, whatever the converter
    const empty = connector === 'v3' ? { content: {}, also: { schema_id: 0 } } : { content: null, also: {} };
    for (const offset of [8, 9])
      expect(record(found(offset))).toEqual([empty.content, { ...metadata(offset), ...empty.also }]);
    expect(byPlace(await ignored.rows(24))).toEqual(byPlace(rows.filter((row) => metadataOf(row).offset < 8)));
    await isCommitted(ignored, 2, 10n);
  },
);

test.concurrent('keys and values of other converters: JSON keys, texts, bytes as base64', async () => {
  const jsonKey = await bench.sink({
    connector: 'v4',
    config: {
      ...raw,
      'key.converter': `${apache}.json.JsonConverter`,
      'key.converter.schemas.enable': 'false',
      'snowflake.metadata.topic': 'false',
      'snowflake.metadata.createtime': 'false',
    },
  });
  const text = await bench.sink({
    connector: 'v4',
    config: { ...raw, 'value.converter': `${apache}.storage.StringConverter` },
  });
  const bytes = await bench.sink({
    connector: 'v4',
    config: { ...raw, 'value.converter': `${apache}.converters.ByteArrayConverter` },
  });
  await jsonKey.produce([{ key: '{"number":"0"}', value: '{"number":"0"}' }]);
  await text.produce([{ value: 'just text' }, { value: '{"not":"parsed"}' }]);
  await bytes.produce([{ value: Buffer.from([0xde, 0xad]) }]);
  for (const sink of [jsonKey, text, bytes]) await sink.deploy();
  expect(record((await jsonKey.rows(1))[0])).toEqual([
    { number: '0' },
    { offset: 0, partition: 0, SnowflakeConnectorPushTime: expect.any(Number), key: { number: '0' } },
  ]);
  expect((await text.rows(2)).map((row) => row['RECORD_CONTENT']).sort()).toEqual(['just text', '{"not":"parsed"}']);
  expect((await bytes.rows(1))[0]).toMatchObject({ RECORD_CONTENT: '3q0=' });
});

test.concurrent('headers as each header converter reads them', async () => {
  const headers = { number: '123', flag: 'true', list: '[1,2]', text: 'test test' };
  const expected = {
    [`${apache}.storage.SimpleHeaderConverter`]: { number: 123, flag: true, list: [1, 2], text: 'test test' },
    [`${apache}.storage.StringConverter`]: headers,
    [`${apache}.converters.ByteArrayConverter`]: {
      number: 'MTIz',
      flag: 'dHJ1ZQ==',
      list: 'WzEsMl0=',
      text: 'dGVzdCB0ZXN0',
    },
    [`${apache}.json.JsonConverter`]: { number: 123, flag: true, list: [1, 2] },
  };
  await Promise.all(
    Object.entries(expected).map(async ([converter, seen]) => {
      const isJson = converter.endsWith('JsonConverter');
      const sink = await bench.sink({
        connector: 'v3',
        config: {
          ...raw,
          'header.converter': converter,
          ...(isJson && { 'header.converter.schemas.enable': 'false' }),
        },
      });
      const { text, ...others } = headers;
      await sink.produce([{ ...json({ a: 1 }), headers: isJson ? others : { ...others, text } }]);
      await sink.deploy();
      expect(metadataOf((await sink.rows(1))[0] ?? {}).headers).toEqual(seen);
    }),
  );
});

test.concurrent('transforms: key from the value, fields left out, nested structures as columns; what they make null is left out by IGNORE', async () => {
  const chain = await bench.sink({
    connector: 'v3',
    config: {
      ...raw,
      transforms: 'key,id,less',
      'transforms.key.type': `${apache}.transforms.ValueToKey`,
      'transforms.key.fields': 'id',
      'transforms.id.type': `${apache}.transforms.ExtractField$Key`,
      'transforms.id.field': 'id',
      'transforms.less.type': `${apache}.transforms.ReplaceField$Value`,
      'transforms.less.exclude': 'secret',
    },
  });
  const extract = {
    'behavior.on.null.values': 'IGNORE',
    transforms: 'inner',
    'transforms.inner.type': `${apache}.transforms.ExtractField$Value`,
    'transforms.inner.field': 'inner',
  };
  const nulls = await bench.sink({ connector: 'v4', config: extract });
  const hoisted = await bench.sink({
    connector: 'v4',
    config: {
      transforms: 'hoist',
      'transforms.hoist.type': `${apache}.transforms.HoistField$Value`,
      'transforms.hoist.field': 'number',
    },
  });
  await chain.produce([json({ id: 7, secret: 's', kept: true })]);
  await nulls.produce(
    Array.from({ length: 20 }, (_, n) =>
      json(n % 2 === 0 ? { inner: { id: n, [`wave_${n % 4}`]: 'x' } } : { inner: null }),
    ),
  );
  await hoisted.produce([json(41), json('text')]);
  for (const sink of [chain, nulls, hoisted]) await sink.deploy();
  const [row] = await chain.rows(1);
  expect(row?.['RECORD_CONTENT']).toEqual({ id: 7, kept: true });
  expect(metadataOf(row ?? {}).key).toBe(7);
  const rows = await nulls.rows(10);
  expect(rows.map((one) => metadataOf(one).offset).sort((a, b) => a - b)).toEqual([0, 2, 4, 6, 8, 10, 12, 14, 16, 18]);
  expect(Object.keys(await nulls.columns()).sort()).toEqual(['ID', 'RECORD_METADATA', 'WAVE_0', 'WAVE_2']);
  await isCommitted(nulls, 0, 20n);
  expect(await hoisted.rows(1, 'NUMBER')).toEqual([{ NUMBER: 41 }]);
  expect(String((await hoisted.deadLetters(1))[0]?.value)).toBe('"text"');
});

const avroOrder = JSON.stringify({
  type: 'record',
  name: 'Order',
  fields: [
    { name: 'id', type: 'int', doc: "the order's id" },
    { name: 'name', type: ['null', 'string'], default: null },
    { name: 'ratio', type: 'float' },
    { name: 'paid', type: 'boolean' },
    { name: 'tags', type: { type: 'map', values: 'int' } },
    { name: 'state', type: { type: 'enum', name: 'State', symbols: ['NEW', 'DONE'] } },
    { name: 'amount', type: { type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 } },
    { name: 'day', type: { type: 'int', logicalType: 'date' } },
    { name: 'clock', type: { type: 'int', logicalType: 'time-millis' } },
    { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
  ],
});
const avroShipment = JSON.stringify({
  type: 'record',
  name: 'Shipment',
  fields: [
    { name: 'id', type: 'int' },
    { name: 'carrier', type: 'string' },
    { name: 'weight', type: 'double' },
  ],
});
const avro = (schema: string, value: object): Buffer =>
  registry.framed(schema, Type.forSchema(JSON.parse(schema), { registry: {}, logicalTypes: {} }).toBuffer(value));

test.concurrent.for(['connector', 'schema'] as const)(
  'Avro from two topics into one table: the union of columns, typed by the %s; Avro keys',
  async (types) => {
    const sink = await bench.sink({
      connector: 'v4',
      topics: 2,
      config: {
        'value.converter': avroConverter,
        'value.converter.schema.registry.url': registry.url,
        'key.converter': avroConverter,
        'key.converter.schema.registry.url': registry.url,
        'snowsink.schema.evolution.types': types,
      },
    });
    const order = {
      ...{ id: 1, name: null, ratio: Number.NaN, paid: true, tags: { a: 1 }, state: 'NEW' },
      ...{ amount: Buffer.from([0x00, 0xff]), day: 19_000, clock: 45_296_789, at: 1_700_000_000_123 },
    };
    const key = avro(JSON.stringify({ type: 'record', name: 'Key', fields: [{ name: 'id', type: 'int' }] }), { id: 1 });
    await sink.produce([{ key, value: avro(avroOrder, order) }], 0);
    await sink.produce([{ value: avro(avroShipment, { id: 2, carrier: 'C', weight: 1.5 }) }], 1);
    await sink.deploy();
    const rows = await sink.rows(
      2,
      'ID, NAME, PAID, TAGS, STATE, AMOUNT, DAY::VARCHAR AS DAY, CARRIER, WEIGHT, RECORD_METADATA',
    );
    const [first, second] = rows.toSorted((a, b) => Number(a['ID']) - Number(b['ID']));
    expect(first).toMatchObject({
      ...{ ID: 1, NAME: null, PAID: true, TAGS: { a: 1 }, STATE: 'NEW', DAY: '2022-01-08' },
      AMOUNT: types === 'schema' ? 2.55 : '2.55',
    });
    expect(metadataOf(first ?? {}).key).toEqual({ id: 1 });
    expect(second).toMatchObject({ ID: 2, CARRIER: 'C', WEIGHT: 1.5, PAID: null });
    expect(await sink.columns()).toEqual({
      RECORD_METADATA: 'VARIANT',
      ID: 'NUMBER(38,0)',
      NAME: 'VARCHAR(16777216)',
      RATIO: 'FLOAT',
      PAID: 'BOOLEAN',
      TAGS: 'VARIANT',
      STATE: 'VARCHAR(16777216)',
      AMOUNT: types === 'schema' ? 'NUMBER(9,2)' : 'VARCHAR(16777216)',
      DAY: 'DATE',
      CLOCK: 'TIME(6)',
      AT: 'TIMESTAMP_NTZ(6)',
      CARRIER: 'VARCHAR(16777216)',
      WEIGHT: 'FLOAT',
    });
  },
);

test.concurrent('v3’s own converters: JSON; Avro by the registry, with its ids; Avro containers, a row for each object', async () => {
  const jsonSink = await bench.sink({
    connector: 'v3',
    config: { ...raw, 'value.converter': `${snowflakeRecords}.SnowflakeJsonConverter` },
  });
  const avroSink = await bench.sink({
    connector: 'v3',
    config: {
      ...raw,
      'value.converter': `${snowflakeRecords}.SnowflakeAvroConverter`,
      'value.converter.schema.registry.url': registry.url,
    },
  });
  await jsonSink.produce([{ key: 'k', value: '{"some_field":"some_value"}' }, { value: '{"broken":' }]);
  await avroSink.produce([{ value: avro(avroShipment, { id: 2, carrier: 'C', weight: 1.5 }) }]);
  for (const sink of [jsonSink, avroSink]) await sink.deploy();
  expect((await jsonSink.rows(1))[0]).toMatchObject({
    RECORD_CONTENT: { some_field: 'some_value' },
    RECORD_METADATA: { key: 'k' },
  });
  expect(String((await jsonSink.deadLetters(1))[0]?.value)).toBe('{"broken":');
  expect((await avroSink.rows(1))[0]).toMatchObject({
    RECORD_CONTENT: { id: 2, carrier: 'C', weight: 1.5 },
    RECORD_METADATA: { schema_id: expect.any(Number) },
  });
});

const reading = `syntax = "proto3";
package plant;
enum State { OFF = 0; ON = 1; }
message Reading {
  string device = 1; int64 at = 2; double value = 3; float ratio = 4; bool ok = 5; bytes raw = 6;
  repeated int32 samples = 7; map<string, int32> tags = 8; State state = 9; Place place = 10;
  message Place { string city = 1; }
}`;
const encoded = protobuf.parse(reading).root.lookupType('plant.Reading');
/** As Confluent's serializer writes the first message of a file: a 0 behind the schema's id. */
const protobufOf = (values: object): Buffer =>
  registry.framed(reading, Buffer.concat([Buffer.of(0), encoded.encode(encoded.create(values)).finish()]), 'PROTOBUF');

test.concurrent('Protobuf keys and values by the registry; values without a schema’s id by BlueApron’s converter', async ({
  onTestFinished,
}) => {
  const converter = 'io.confluent.connect.protobuf.ProtobufConverter';
  const sink = await bench.sink({
    connector: 'v4',
    config: {
      ...raw,
      'key.converter': converter,
      'key.converter.schema.registry.url': registry.url,
      'value.converter': converter,
      'value.converter.schema.registry.url': registry.url,
    },
  });
  const values = {
    ...{ device: 'web', at: 9_007_199_254_740_991, value: 1.5, ratio: 0.5, ok: true, raw: Buffer.of(0xde, 0xad) },
    ...{ samples: [1, 2], tags: { a: 1 }, state: 1, place: { city: 'Bern' } },
  };
  await sink.produce([{ key: protobufOf({ device: 'k' }), value: protobufOf(values) }]);
  await sink.deploy();
  const [row] = await sink.rows(1);
  expect(row?.['RECORD_CONTENT']).toEqual({ ...values, raw: '3q0=', state: 'ON' });
  expect(metadataOf(row ?? {}).key).toMatchObject({
    device: 'k',
    at: 0,
    samples: [],
    tags: {},
    state: 'OFF',
    place: null,
  });
  const folder = mkdtempSync(join(tmpdir(), 'protos-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'reading.proto'), reading);
  const blueApron = await bench.sink({
    connector: 'v4',
    config: {
      'value.converter': 'com.blueapron.connect.protobuf.ProtobufConverter',
      'value.converter.protoClassName': 'com.acme.plant.ReadingProtos$Reading',
      'value.converter.proto.file': join(folder, 'reading.proto'),
    },
  });
  await blueApron.produce([{ value: Buffer.from(encoded.encode(encoded.create(values)).finish()) }]);
  await blueApron.deploy();
  expect(await blueApron.rows(1, 'DEVICE, AT, OK, TAGS, STATE, PLACE')).toEqual([
    { DEVICE: 'web', AT: values.at, OK: true, TAGS: [{ key: 'a', value: 1 }], STATE: 'ON', PLACE: { city: 'Bern' } },
  ]);
});

test.concurrent('signed in by OAuth: tables by SQL, rows by the stream', async ({ onTestFinished }) => {
  const oauth = await startOAuthServer({ id: 'client', secret: 'hush' });
  onTestFinished(() => oauth.close());
  oauth.accessToken = bench.token;
  const sink = await bench.sink({
    connector: 'v4',
    config: {
      'snowflake.private.key': '',
      'snowflake.authenticator': 'oauth',
      'snowflake.oauth.client.id': 'client',
      'snowflake.oauth.client.secret': 'hush',
      'snowflake.oauth.token.endpoint': oauth.url,
    },
  });
  await sink.produce([json({ a: 1 })]);
  await sink.deploy();
  expect(await sink.rows(1, 'A')).toEqual([{ A: 1 }]);
  expect(oauth.requests.map((form) => form['grant_type'])).toContain('client_credentials');
});

test.concurrent('server-side validation: what Snowflake rejects becomes a dead letter, and is in the error table where there is one', async () => {
  const config = { 'snowflake.validation': 'server_side' };
  const columns = 'N NUMBER, RECORD_METADATA VARIANT';
  const logged = await bench.sink({
    connector: 'v4',
    config,
    table: [`CREATE TABLE {t} (${columns}) ERROR_LOGGING = TRUE`],
  });
  const plain = await bench.sink({ connector: 'v4', config, table: [`CREATE TABLE {t} (${columns})`] });
  for (const sink of [logged, plain]) {
    await sink.produce([json({ n: 1 }), json({ n: 'no number' }), json({ n: 3 })]);
    await sink.deploy();
  }
  for (const sink of [logged, plain]) {
    expect((await sink.rows(2, 'N')).map(({ N }) => N).sort()).toEqual([1, 3]);
    expect((await sink.deadLetters(1)).map(({ value }) => String(value))).toEqual(['{"n":"no number"}']);
  }
  const kept = await bench.session.query(`SELECT ERROR_DATA['$1']::VARCHAR AS SENT FROM ERROR_TABLE(${logged.table})`);
  expect(kept.map(({ SENT }) => JSON.parse(String(SENT)).N)).toEqual(['no number']);
});

test.concurrent('a backlog of many partitions, four tasks, restarted while it drains: each record has one row', async () => {
  const sink = await bench.sink({ connector: 'v4', topics: 6, partitions: 3, config: { ...raw, 'tasks.max': '4' } });
  const backlog = Array.from({ length: 300 }, (_, n) => ({ ...json({ n }), partition: n % 3 }));
  await Promise.all(sink.topics.map((_, topic) => sink.produce(backlog, topic)));
  await sink.deploy();
  await sink.rows(1, 'RECORD_METADATA:offset AS O');
  const restart = await fetch(`${bench.url}/connectors/${sink.name}/restart?includeTasks=true`, { method: 'POST' });
  expect(restart.status).toBe(202);
  const rows = await sink.rows(
    1800,
    "RECORD_METADATA:topic || '-' || RECORD_METADATA:partition || '-' || RECORD_METADATA:offset AS P",
  );
  expect(new Set(rows.map(({ P }) => P)).size).toBe(1800);
  expect(rows).toHaveLength(1800);
  await waitFor(() => sink.isRunning(), { deadlineMs: 20_000, what: 'all tasks to run' });
});

test.concurrent('evolution switched off under way: new fields become dead letters, no DDL where nothing is new', async () => {
  const sink = await bench.sink({ connector: 'v4' });
  await sink.produce([json({ a: 1 }), json({ a: 2 })]);
  await sink.deploy();
  await sink.rows(2);
  await bench.session.query(`ALTER TABLE ${sink.table} SET ENABLE_SCHEMA_EVOLUTION = FALSE`);
  await sink.produce([json({ a: 3 }), json({ a: 4, b: 'new' }), json({ a: 5 })]);
  expect((await sink.rows(4, 'A')).map((row) => row['A']).sort()).toEqual([1, 2, 3, 5]);
  expect(String((await sink.deadLetters(1))[0]?.value)).toBe('{"a":4,"b":"new"}');
  expect(Object.keys(await sink.columns())).toEqual(['RECORD_METADATA', 'A']);
});

const selfFilling =
  "ID NUMBER AUTOINCREMENT NOT NULL, STATE VARCHAR NOT NULL DEFAULT 'new', AT TIMESTAMP_NTZ NOT NULL DEFAULT CURRENT_TIMESTAMP()";
const long = randomBytes(6_000_000).toString('base64');

test.concurrent.for([
  ['server-side validation', 'v4', { 'snowflake.validation': 'server_side' }],
  ['client-side validation', 'own', {}],
  ['staged COPY', 'own', { 'snowflake.ingestion.method': 'staged_copy' }],
  ['large rows by stage', 'own', { 'snowsink.oversize.policy': 'stage' }],
] as const)('%s fills AUTOINCREMENT and DEFAULT columns that records leave out', async ([way, connector, config]) => {
  const sink = await bench.sink({
    connector,
    config,
    table: [`CREATE TABLE {t} (${selfFilling}, A NUMBER, NOTE VARCHAR, RECORD_METADATA VARIANT)`],
  });
  const note = way === 'large rows by stage' ? long : 'x';
  await sink.produce([json({ a: 1 }), json({ a: 2, note }), json({ a: 3, note, state: 'done' }), json({ a: 4 })]);
  await sink.deploy();
  const rows = await sink.rows(4, 'ID, A, STATE, LENGTH(NOTE) AS L, AT IS NULL AS NONE');
  expect(rows.map(({ A, STATE, L, NONE }) => [A, STATE, L, NONE]).sort()).toEqual([
    [1, 'new', null, false],
    [2, 'new', note.length, false],
    [3, 'done', note.length, false],
    [4, 'new', null, false],
  ]);
  expect(new Set(rows.map((row) => row['ID'])).size).toBe(4);
});

test.concurrent('files for Snowpipe fill AUTOINCREMENT and DEFAULT columns', async () => {
  const sink = await bench.sink({
    connector: 'v3',
    config: {
      'snowflake.ingestion.method': 'SNOWPIPE',
      'buffer.flush.time': '10',
      'buffer.count.records': '2',
      ...raw,
    },
    table: [`CREATE TABLE {t} (${selfFilling}, RECORD_METADATA VARIANT, RECORD_CONTENT VARIANT)`],
  });
  await sink.produce([json({ a: 1 }), json({ a: 2 })]);
  await sink.deploy();
  const rows = await sink.rows(2, 'ID, RECORD_CONTENT:a AS A, STATE, AT IS NULL AS NONE');
  expect(rows.map(({ A, STATE, NONE }) => [A, STATE, NONE]).sort()).toEqual([
    [1, 'new', false],
    [2, 'new', false],
  ]);
  expect(new Set(rows.map((row) => row['ID'])).size).toBe(2);
});

test.concurrent('tables from topics: to the letter, or sanitized with a hash', async () => {
  const letter = await bench.sink({
    connector: 'v4',
    config: { 'snowflake.compatibility.enable.autogenerated.table.name.sanitization': 'false' },
  });
  const hashed = await bench.sink({ connector: 'v3' });
  const servers = inject('kafkaBootstrapServers');
  const topics = await Promise.all(
    [letter, hashed].map(({ name }) => createTopic(servers, { exactName: `Db.${name}-Orders` })),
  );
  for (const [at, sink] of [letter, hashed].entries()) {
    const topic = topics[at] ?? '';
    await produceRecords(servers, topic, [json({ a: at })]);
    await sink.deploy({ topics: topic });
  }
  expect(await bench.rowsOf(`"${topics[0]}"`, 1, 'A')).toEqual([{ A: 0 }]);
  const made = async () => {
    const [shown] = await bench.session.query(`SHOW TABLES LIKE 'DB_${hashed.name.toUpperCase()}_ORDERS_%'`);
    return shown === undefined ? false : String(shown['name']);
  };
  const name = await waitFor(made, { deadlineMs: 20_000, what: 'the table with a hash in its name' });
  expect(await bench.rowsOf(name, 1, 'A')).toEqual([{ A: 1 }]);
});

test.concurrent('a converter that schematization cannot use is refused with the reason', async () => {
  const sink = await bench.sink({ connector: 'v4' });
  await expect(sink.deploy({ 'value.converter': `${apache}.storage.StringConverter` })).rejects.toThrow(
    /400.*(StringConverter|schematization)/s,
  );
});

test.concurrent('restarted, deployed again, paused, resumed, deleted and made again while records come: each has one row', async () => {
  const sink = await bench.sink({ connector: 'v4', partitions: 2, config: raw });
  let produced = 0;
  const isOver = { value: false };
  const producing = (async () => {
    while (!isOver.value) {
      await sink.produce(
        [0, 1].flatMap((partition) => Array.from({ length: 5 }, (_, n) => ({ ...json({ n }), partition }))),
      );
      produced += 10;
    }
  })();
  const ask = async (method: string, path: string): Promise<number> =>
    (await fetch(`${bench.url}/connectors/${sink.name}${path}`, { method })).status;
  const settled = (count: number): Promise<unknown> => sink.rows(count, 'RECORD_METADATA:offset AS O');
  await sink.deploy();
  await settled(10);
  expect(await ask('POST', '/restart?includeTasks=true&onlyFailed=false')).toBe(202);
  await settled(produced);
  await sink.deploy({ 'buffer.flush.time': '0.2' });
  await settled(produced);
  expect(await ask('PUT', '/pause')).toBe(202);
  await sink.deploy();
  expect(await ask('PUT', '/resume')).toBe(202);
  await settled(produced);
  expect(await ask('DELETE', '')).toBe(204);
  expect(await ask('PUT', '/resume')).toBe(404);
  await sink.deploy();
  isOver.value = true;
  await producing;
  const places = byPlace(await sink.rows(produced));
  expect(new Set(places).size).toBe(produced);
  expect(places).toHaveLength(produced);
});
