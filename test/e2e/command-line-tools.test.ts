import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { asLastOffset, asNextOffset, noMetrics, silentLogger } from '../../src/api/index.ts';
import { audit } from '../../src/cli/audit.ts';
import { check } from '../../src/cli/check.ts';
import { dlq } from '../../src/cli/dlq.ts';
import { updateTokenStatement } from '../../src/cli/migrate/snowflake-account.ts';
import { migrate } from '../../src/cli/migrate.ts';
import { plan } from '../../src/cli/plan.ts';
import { createSnowpipeStreaming } from '../../src/destinations/index.ts';
import { createKafkaAdmin } from '../../src/kafka/index.ts';
import { systemClock } from '../../src/util/system-clock.ts';
import { spawnNode } from '../support/child-server.ts';
import { type EmulatorProcess, startEmulatorProcess } from '../support/emulator-process.ts';
import { runCommand, temporaryFile } from '../support/run-command.ts';
import { quickWorker } from '../support/sink-scenario.ts';
import { connectSnowflake, emulatorLogin, type SnowflakeLogin, type SnowflakeSession } from '../support/snowflake.ts';
import { createTopic, produceRecords, readTopic, uniqueName } from '../support/topics.ts';
import { waitFor } from '../support/wait-for.ts';
import { type Properties, sinkConfig, startWorker } from '../support/worker-process.ts';

let emulator: EmulatorProcess;
let login: SnowflakeLogin;
let session: SnowflakeSession;
beforeAll(async () => {
  emulator = await startEmulatorProcess(['--enforce-grants', '--commit-delay', '100']);
  login = emulatorLogin(emulator.url, 'SNOWSINK_TEST', 'ACCOUNTADMIN');
  session = await connectSnowflake(login);
});
afterAll(async () => {
  await session?.close();
  await emulator?.stop();
});

const kafka = (): string => inject('kafkaBootstrapServers');
const workerFile = (): string => temporaryFile('worker.properties', `bootstrap.servers=${kafka()}\n`);
const connectorFile = (topics: string, overrides: Properties = {}, name = uniqueName('tool')): string =>
  temporaryFile('connector.json', sinkConfig({ name, topics, login, overrides }));

test.concurrent('check --online: a connector that would run; and one for which topic, records, dead letter queue and grants are wrong', async () => {
  const topic = await createTopic(kafka(), { exactName: uniqueName('checked').replaceAll('-', '_') });
  await produceRecords(kafka(), topic, [{ key: 'a', value: '{"n":1}' }]);
  await session.query(`CREATE TABLE ${topic.toUpperCase()} (RECORD_METADATA VARIANT, RECORD_CONTENT VARIANT)`);
  const sound = await runCommand(check, ['--online', workerFile(), connectorFile(topic)]);
  expect(sound.out).toContain('ok    ');
  expect({ ...sound, out: sound.out.split('\n').filter((line) => line.startsWith('fail')) }).toMatchObject({
    code: 0,
    out: [],
  });
  expect(sound.out).toContain('a channel could be opened: rows can be sent');

  await session.query('CREATE ROLE CHECKER');
  await session.query(`GRANT ROLE CHECKER TO USER ${login.user}`);
  await session.query('GRANT USAGE ON DATABASE SNOWSINK_TEST TO ROLE CHECKER');
  await session.query('GRANT USAGE ON SCHEMA SNOWSINK_TEST.PUBLIC TO ROLE CHECKER');
  const overrides = {
    'snowflake.role.name': 'CHECKER',
    'errors.tolerance': 'all',
    'errors.deadletterqueue.topic.name': uniqueName('no-such-dlq'),
    transforms: 'id',
    'transforms.id.type': 'org.apache.kafka.connect.transforms.ExtractField$Value',
    'transforms.id.field': 'n',
    'value.converter': 'org.apache.kafka.connect.converters.LongConverter',
  };
  const wrong = connectorFile(`${topic},${topic}x`, overrides);
  const { code, out } = await runCommand(check, ['--online', '--json', workerFile(), wrong]);
  expect(code).toBe(1);
  const { findings } = JSON.parse(out) as { findings: { level: string; subject: string; message: string }[] };
  const fails = findings
    .filter(({ level }) => level === 'fail')
    .map(({ subject, message }) => `${subject}: ${message}`);
  expect(fails).toEqual([
    expect.stringMatching(/^topic .*does not exist.*did you mean/),
    expect.stringMatching(/^dead letter queue .*replication.factor=3 on 1 broker: set it to 1/),
    expect.stringMatching(/^records of .*1 of the newest 1 fail at VALUE_CONVERTER/),
    expect.stringMatching(/GRANT INSERT ON TABLE/),
  ]);
  expect(out).not.toContain('"n"');
});

test.concurrent('plan: prints the DDL of missing and unfit tables as SQL that runs, and runs none of it; afterwards there is nothing to change', async () => {
  const topic = await createTopic(kafka(), { exactName: uniqueName('planned').replaceAll('-', '_') });
  const other = await createTopic(kafka(), { exactName: `${topic}_there` });
  await produceRecords(kafka(), topic, [
    { value: '{"n":1,"name":"a","when":null,"list":[1]}' },
    { value: '{"n":2,"ratio":0.5,"ok":true}' },
    { value: '{"n":' },
  ]);
  await produceRecords(kafka(), other, [{ value: '{"code":"secret-7"}' }, { value: '{"code":"ab"}' }]);
  const table = topic.toUpperCase();
  await session.query(
    `CREATE TABLE ${table}_THERE (CODE VARCHAR(2), ID NUMBER NOT NULL) ENABLE_SCHEMA_EVOLUTION = TRUE`,
  );
  const overrides = {
    'connector.class': 'SnowflakeSinkConnector',
    'snowflake.enable.schematization': 'true',
    'snowsink.schema.evolution.widen': 'true',
  };
  const files = [workerFile(), connectorFile(`${topic},${other}`, overrides)];
  const { code, out } = await runCommand(plan, files);
  expect(out).not.toContain('secret');
  const tableName = `"SNOWSINK_TEST"."PUBLIC"."${table}"`;
  const by = `COMMENT 'column created by schema evolution from snowsink'`;
  expect(out.split('\n')).toEqual([
    `-- ${topic} → ${table}: 3 records looked at`,
    expect.stringContaining(`CREATE TABLE IF NOT EXISTS ${tableName} (RECORD_METADATA VARIANT`),
    `ALTER TABLE ${tableName} ADD COLUMN IF NOT EXISTS "N" BIGINT ${by}, IF NOT EXISTS "NAME" VARCHAR ${by}, IF NOT EXISTS "WHEN" VARCHAR ${by}, IF NOT EXISTS "LIST" ARRAY ${by};`,
    `ALTER TABLE ${tableName} ADD COLUMN IF NOT EXISTS "RATIO" DOUBLE ${by}, IF NOT EXISTS "OK" BOOLEAN ${by};`,
    expect.stringMatching(/^-- {3}1 record would not fit: Converting byte\[\] to Kafka Connect data failed/),
    '',
    `-- ${other} → ${table}_THERE: 2 records looked at`,
    expect.stringMatching(/_THERE" ADD COLUMN IF NOT EXISTS "RECORD_METADATA" VARIANT/),
    expect.stringMatching(/_THERE" ALTER "ID" DROP NOT NULL/),
    expect.stringMatching(/_THERE" ALTER "CODE" SET DATA TYPE VARCHAR\(8\);$/),
  ]);
  expect(code).toBe(1);
  expect(await session.query(`SHOW TABLES LIKE '${table}'`)).toEqual([]);

  const statements = out.split('\n').filter((line) => !line.startsWith('--') && line !== '');
  for (const statement of statements) await session.query(statement.slice(0, -1));
  const again = await runCommand(plan, ['--json', ...files]);
  expect(JSON.parse(again.out)).toMatchObject({
    ok: false,
    tables: [{ statements: [] }, { statements: [], refusals: [] }],
  });
});

test.concurrent('dlq: lists without values, mends, replays each letter once; a second replay writes nothing', async () => {
  const topic = await createTopic(kafka(), { name: 'mended' });
  const queue = await createTopic(kafka(), { name: 'queue' });
  const context = (offset: number) => ({
    '__connect.errors.topic': topic,
    '__connect.errors.partition': '0',
    '__connect.errors.offset': String(offset),
    '__connect.errors.connector.name': 'mender',
    '__connect.errors.stage': 'VALUE_CONVERTER',
    '__connect.errors.exception.message': 'unexpected secret',
  });
  const letters = [7, 8, 8, 9].map((offset) => ({
    key: `k${offset}`,
    value: `secret ${offset}`,
    headers: context(offset),
  }));
  const foreign = { value: 'x', headers: { ...context(1), '__connect.errors.connector.name': 'other' } };
  await produceRecords(kafka(), queue, [...letters, foreign]);
  const overrides = { 'errors.tolerance': 'all', 'errors.deadletterqueue.topic.name': queue };
  const files = [workerFile(), connectorFile(topic, overrides, 'mender')];

  const listed = await runCommand(dlq, ['list', ...files]);
  expect(listed.out.split('\n')).toHaveLength(4);
  expect(listed.out).toContain(`from ${topic}-0@7  VALUE_CONVERTER`);
  expect(listed.out).not.toContain('secret');
  expect((await runCommand(dlq, ['list', '--limit', '1', ...files])).out).toMatch(/^0:3 .*@9 .*$/);
  expect((await runCommand(dlq, ['show', '0:1', '--values', ...files])).out).toContain('secret 8');
  expect((await runCommand(dlq, ['stats', '--json', ...files])).out).toContain('"letters": 4');

  const transform = temporaryFile(
    'mend.mjs',
    `export default ({ key, value }) =>
  Buffer.from(value).toString() === 'secret 9' ? null : { key, value: '{"mended":true}' };`,
  );
  const replay = ['replay', '--transform', transform, ...files];
  expect((await runCommand(dlq, ['--dry-run', ...replay])).out).toContain('2 letters would be replayed');
  expect((await runCommand(dlq, replay)).out).toBe(
    `2 letters were replayed (2 to ${topic}); 1 left out by the transform; 1 left out because the same record was replayed already; 1 belong to other connectors`,
  );
  expect((await runCommand(dlq, replay)).out).toBe('0 letters were replayed');
  const records = await readTopic(kafka(), topic);
  expect(
    records.map(({ key, value, headers }) => [String(key), String(value), String(headers['snowsink.replayed.from'])]),
  ).toEqual([
    ['k7', '{"mended":true}', `${topic}-0@7`],
    ['k8', '{"mended":true}', `${topic}-0@8`],
  ]);
});

test.concurrent('audit: exactly once; then a row too many, one too few, one altered; and records that go to another table', async () => {
  const topic = await createTopic(kafka(), { exactName: uniqueName('audited').replaceAll('-', '_') });
  const queue = await createTopic(kafka(), { name: 'audit_queue' });
  const valueAt = (n: number) => (n === 4 ? null : `{"n":${n},"to":"t${n % 2}"}`);
  await produceRecords(
    kafka(),
    topic,
    Array.from({ length: 6 }, (_, n) => ({ key: 'k', value: valueAt(n) })),
  );
  const context = {
    '__connect.errors.topic': topic,
    '__connect.errors.partition': '0',
    '__connect.errors.offset': '3',
  };
  await produceRecords(kafka(), queue, [{ value: 'bad', headers: context }]);
  const table = topic.toUpperCase();
  const insert = async (offset: number, into = table) => {
    await session.query(`CREATE TABLE IF NOT EXISTS ${into} (RECORD_METADATA VARIANT, RECORD_CONTENT VARIANT)`);
    await session.query(
      `INSERT INTO ${into} SELECT PARSE_JSON('{"topic":"${topic}","partition":0,"offset":${offset},"SnowflakeConnectorPushTime":${offset}}'), PARSE_JSON('{"to":"t${offset % 2}","n":${offset}}')`,
    );
  };
  const at = (offset: number) => `WHERE RECORD_METADATA:"offset"::NUMBER = ${offset}`;
  for (const offset of [0, 1, 2, 5]) await insert(offset);
  const overrides = {
    'behavior.on.null.values': 'IGNORE',
    'errors.tolerance': 'all',
    'errors.deadletterqueue.topic.name': queue,
  };
  const files = [workerFile(), connectorFile(topic, overrides)];
  expect(await runCommand(audit, ['--to-end', '--order', ...files])).toMatchObject({
    code: 0,
    out: `ok    ${topic}-0, offsets 0 to 5: 6 records, 4 stored, 1 dead-lettered, 1 left out by transforms or null values, 4 compared with their records; each exactly once`,
  });
  await insert(1);
  await session.query(`DELETE FROM ${table} ${at(0)}`);
  await session.query(`UPDATE ${table} SET RECORD_CONTENT = PARSE_JSON('{"n":6}') ${at(5)}`);
  const wrong = await runCommand(audit, ['--to-end', '--json', ...files]);
  expect(wrong.code).toBe(1);
  expect(JSON.parse(wrong.out)).toMatchObject({
    ok: false,
    partitions: [
      {
        ...{ missing: [{ first: 0, last: 0 }], twice: [{ first: 1, last: 1 }], unexpected: [], stored: 3 },
        ...{ altered: [{ first: 5, last: 5 }], alteredColumns: ['RECORD_CONTENT'] },
      },
    ],
  });

  const map = `t0:${table}_0,t1:${table}_1,${topic}:${table}_2`;
  const routing = { ...overrides, 'snowsink.table.from': '$.to', 'snowflake.topic2table.map': map };
  const routed = [workerFile(), connectorFile(topic, routing)];
  for (const offset of [0, 1, 2, 5]) await insert(offset, `${table}_${offset === 2 ? 1 : offset % 2}`);
  expect(JSON.parse((await runCommand(audit, ['--to-end', '--json', ...routed])).out)).toMatchObject({
    partitions: [{ missing: [{ first: 2, last: 2 }], unexpected: [{ first: 2, last: 2 }], twice: [], stored: 4 }],
  });
  await session.query(`DELETE FROM ${table}_1 ${at(2)}`);
  await insert(2, `${table}_0`);
  expect(await runCommand(audit, ['--to-end', ...routed])).toMatchObject({
    code: 0,
    out: expect.stringContaining('6 records, 4 stored, 1 dead-lettered, 1 left out'),
  });
});

/** A connector of before: goes on behind its channel's token, or where its group is, up to `end`; rows and tokens as its own. */
const runBefore = async (
  where: { readonly topic: string; readonly partition: number },
  channelName: string,
  committed: bigint,
  end: number,
): Promise<void> => {
  const { topic, partition } = where;
  const { url, user, privateKey, role, database, schema } = login;
  const account = { url, account: 'SNOWSINK', user, privateKey, privateKeyPassphrase: null, role, database, schema };
  const destination = createSnowpipeStreaming({
    account,
    clock: systemClock,
    random: Math.random,
    logger: silentLogger,
    metrics: noMetrics,
    taskId: { connector: 'before', task: 0 },
    maxConcurrentAppends: 1,
  });
  const signal = AbortSignal.timeout(30_000);
  const table = topic.toUpperCase();
  const channel = await destination.open({ topic, partition, table, channelName }, signal);
  const token = channel.opened.committed;
  const from = Number(token === null ? committed : token + 1n);
  const rows = Array.from({ length: end - from }, (_, at) =>
    JSON.stringify({ RECORD_METADATA: { topic, partition, offset: from + at }, RECORD_CONTENT: { n: from + at } }),
  );
  const body = Buffer.from(`${rows.join('\n')}\n`);
  await channel.append(
    {
      ...{ rowCount: rows.length, rawBytes: body.length, wireBytes: body.length, encoding: 'identity', chunks: [body] },
      ...{
        firstOffset: BigInt(from),
        lastOffset: asLastOffset(BigInt(end - 1)),
        firstBufferedAtMs: 0,
        release: () => {},
      },
    },
    signal,
  );
  await rowCount(table, end, ` WHERE RECORD_METADATA:"partition"::NUMBER = ${partition}`);
  await destination.close();
};

const rowCount = (table: string, least: number, where = ''): Promise<unknown> =>
  waitFor(async () => Number((await session.query(`SELECT COUNT(*) AS N FROM ${table}${where}`))[0]?.['N']) >= least, {
    deadlineMs: 30_000,
    what: `${least} rows in ${table}`,
  });

test.concurrent('migrate: Confluent Cloud’s config, both forms of channel names, killed under way; and --back: no gap, no duplicate', async (context) => {
  const topic = await createTopic(kafka(), { exactName: uniqueName('moved').replaceAll('-', '_'), partitions: 3 });
  const table = topic.toUpperCase();
  const name = uniqueName('mover').replaceAll('-', '_');
  const produce = (from: number, to: number) =>
    produceRecords(
      kafka(),
      topic,
      [0, 1, 2].flatMap((partition) =>
        Array.from({ length: to - from }, (_, n) => ({ partition, value: `{"n":${from + n}}` })),
      ),
    );
  await produce(0, 10);
  await session.query(`CREATE TABLE ${table} (RECORD_METADATA VARIANT, RECORD_CONTENT VARIANT)`);
  const [first, second] = [`${topic}_0`, `LCC_7X_${topic}_1`];
  await runBefore({ topic, partition: 0 }, first, 0n, 7);
  await runBefore({ topic, partition: 1 }, second, 0n, 5);
  const old = uniqueName('connect-lcc');
  const admin = await createKafkaAdmin({ properties: { 'bootstrap.servers': kafka() }, logger: silentLogger });
  context.onTestFinished(() => admin.close());
  await admin.alterCommittedOffsets(
    old,
    [7n, 3n].map((offset, partition) => ({ topic, partition, offset: asNextOffset(offset), metadata: '' })),
  );
  const cloud = {
    'connector.class': 'SnowflakeSink',
    'kafka.auth.mode': 'KAFKA_API_KEY',
    'kafka.api.key': 'k',
    'kafka.api.secret': 's',
    'input.data.format': 'JSON',
    'snowflake.metadata.topic': 'true',
  };
  const connector = connectorFile(topic, cloud, name);
  const files = [workerFile(), connector];
  const args = ['--from-group', old, '--from-connector', 'lcc_7x', ...files];
  const workerAndNew = [workerFile(), connectorFile(await createTopic(kafka(), { name: 'never_moved' }), cloud)];
  await session.query(`INSERT INTO ${table} SELECT NULL, NULL`);
  const misnamed = await runCommand(migrate, ['--yes', '--from-group', 'connect-lcc-typo', ...files]);
  expect(misnamed.err).toBe('Nothing was changed: some partitions have no sure place to begin.');
  expect(misnamed.out).toContain('OPEN  the old connector has stopped: group connect-lcc-typo has no offsets of these');
  expect(misnamed.out).toMatch(new RegExp(`stop {2}${topic}-2 .*rows of table ${table} cannot be told apart`));
  await session.query(`DELETE FROM ${table} WHERE RECORD_METADATA IS NULL`);
  const unknown = await runCommand(migrate, ['--yes', ...workerAndNew]);
  expect(unknown).toMatchObject({ code: 1, err: expect.stringContaining('nothing was found of connector') });
  const plan = await runCommand(migrate, ['--dry-run', ...args]);
  expect(plan).toMatchObject({ code: 0 });
  expect(plan.out).toContain(`take  ${topic}-0 → ${table}: begins at 7, behind token 6`);
  expect(plan.out).toContain(`take  ${topic}-1 → ${table}: begins at 5, behind token 4`);
  expect(plan.out).toContain(`new   ${topic}-2`);
  expect(plan.out).toContain('snowsink migrate --back');
  const killed = spawnNode({ name: 'migrate', args: ['src/main.ts', 'migrate', '--yes', ...args], env: {} });
  await waitFor(async () => killed.output().includes('Plan:'), { deadlineMs: 30_000, what: 'the plan' });
  await killed.kill();
  expect(await runCommand(migrate, args)).toMatchObject({
    code: 1,
    err: 'Nothing was changed: nobody answered (without a terminal: --yes).',
  });
  expect(await runCommand(migrate, ['--yes', ...args])).toMatchObject({ code: 0 });
  expect((await runCommand(migrate, ['--yes', ...files])).out).toContain('begins at 7');

  await produce(10, 12);
  const worker = await startWorker({
    properties: { 'bootstrap.servers': kafka(), ...quickWorker },
    connectors: [connector],
  });
  try {
    await rowCount(table, 36);
  } finally {
    await worker.terminate();
  }
  const audited = await runCommand(audit, ['--to-end', ...files]);
  expect(audited).toMatchObject({ code: 0 });
  expect(audited.out.match(/12 records, 12 stored, \d+ compared with their records; each exactly once/g)).toHaveLength(
    3,
  );

  const back = await runCommand(migrate, ['--back', '--yes', ...args]);
  expect(back).toMatchObject({ code: 0 });
  expect(back.out).toContain(`back  ${topic}-0 → ${table}: goes on at 12`);
  await produce(12, 14);
  const given = new Map((await admin.committedOffsets(old)).map(({ partition, offset }) => [partition, offset]));
  for (const [partition, channel] of [first, second, `LCC_7X_${topic}_2`].entries())
    await runBefore({ topic, partition }, channel, given.get(partition) ?? 0n, 14);
  const again = await runCommand(audit, ['--to-end', ...files]);
  expect(again.out.match(/14 records, 14 stored, \d+ compared with their records; each exactly once/g)).toHaveLength(3);

  // what --back prints for a classic channel, which the emulator has none of
  const account = { database: login.database, schema: login.schema } as const;
  await session.query(updateTokenStatement(account, table, first, 12n));
  const [shown] = await session.query(`SHOW CHANNELS LIKE '${first}'`);
  expect(shown).toMatchObject({ offset_token: '12' });
});
