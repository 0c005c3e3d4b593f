/**
 * `node benchmarks/audit.ts [--rows 1000000]`: `snowsink audit` of a topic of that many records against the emulator, once where each record
 * is there exactly once, and once where one is missing and another there twice: time, CPU time of the command and of the emulator, and
 * the command's memory. The goal is 10 million rows in 30 s on two cores.
 */
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { silentLogger } from '../src/api/index.ts';
import { encodeRecordBatch } from '../src/kafka/encode-record-batch.ts';
import { connectProducer } from '../src/kafka/producer-connection.ts';
import { systemClock } from '../src/util/system-clock.ts';
import { spawnNode } from '../test/support/child-server.ts';
import { startEmulatorProcess } from '../test/support/emulator-process.ts';
import { startBroker } from '../test/support/kafka.ts';
import { temporaryFile } from '../test/support/run-command.ts';
import { connectSnowflake, emulatorLogin } from '../test/support/snowflake.ts';
import { createTopic } from '../test/support/topics.ts';
import { sinkConfig } from '../test/support/worker-process.ts';
import { usageOf } from './process-usage.ts';

const { values } = parseArgs({ options: { rows: { type: 'string', default: '1000000' } } });
const partitions = 4;
/** About 16 KiB, Java's default batch.size. */
const perBatch = 240;
const each = Math.ceil(Number(values.rows) / partitions / perBatch) * perBatch;
const rows = each * partitions;

const orderJsonAt = (offset: number): string =>
  `{"id":${offset % perBatch},"name":"a name of thirty-two characters, so","total":12.5}`;

/** One batch, written again and again: the broker gives it its offsets. */
const fill = async (bootstrapServers: string, topic: string): Promise<void> => {
  const properties = { 'bootstrap.servers': bootstrapServers };
  const { client, writes } = await connectProducer({ properties, clock: systemClock, logger: silentLogger });
  const values = Array.from({ length: perBatch }, (_, offset) => Buffer.from(orderJsonAt(offset)));
  const timestamp = BigInt(Date.now());
  const records = values.map((value) => ({ topic, key: null, value, headers: [], timestamp }));
  const batch = await encodeRecordBatch(records, 'none', Number(timestamp));
  const fillPartition = async (_: unknown, partition: number): Promise<void> => {
    for (let offset = 0; offset < each; offset += perBatch) await writes.write({ topic, partition }, batch);
  };
  await Promise.all(Array.from({ length: partitions }, fillPartition));
  await client.cluster.disconnect();
};

const broker = await startBroker();
const emulator = await startEmulatorProcess();
const login = emulatorLogin(emulator.url, 'AUDIT');
const session = await connectSnowflake(login);

/** Runs the command and prints what it took. */
const measure = async (what: string, files: readonly string[]): Promise<void> => {
  const before = usageOf(emulator.process.pid).cpuSeconds;
  const start = performance.now();
  const child = spawnNode({ name: 'audit', args: ['src/main.ts', 'audit', '--to-end', ...files] });
  let usage = usageOf(child.pid);
  const poll = setInterval(() => {
    const now = usageOf(child.pid);
    if (now.peakRssBytes > 0) usage = now; // else it has ended
  }, 20);
  const { code } = await child.ended;
  clearInterval(poll);
  const seconds = (performance.now() - start) / 1000;
  const sql = usageOf(emulator.process.pid).cpuSeconds - before;
  console.log(child.output());
  console.log(
    `${what}: ${rows} rows in ${seconds.toFixed(1)} s; CPU: command ${usage.cpuSeconds.toFixed(1)} s, emulator ${sql.toFixed(1)} s; command's peak RSS ` +
      `${(usage.peakRssBytes / 1e6).toFixed(0)} MB; load ${(loadavg()[0] ?? 0).toFixed(1)} on ${cpus().length} cores (exit code ${code})`,
  );
};

try {
  const topic = await createTopic(broker.bootstrapServers, { exactName: 'audited', partitions });
  await fill(broker.bootstrapServers, topic);
  await session.query('CREATE TABLE AUDITED (RECORD_METADATA VARIANT, RECORD_CONTENT VARIANT)');
  await session.query(
    `INSERT INTO AUDITED SELECT PARSE_JSON('{"topic":"audited","partition":' || MOD(SEQ4(), ${partitions}) || ',"offset":' || FLOOR(SEQ4() / ${partitions}) || ',"CreateTime":1700000000000,"SnowflakeConnectorPushTime":1700000000000}'), PARSE_JSON('{"total":12.5,"id":' || MOD(FLOOR(SEQ4() / ${partitions}), ${perBatch}) || ',"name":"a name of thirty-two characters, so"}') FROM TABLE(GENERATOR(ROWCOUNT => ${rows}))`,
  );
  // CreateTime is the producer's, so only what both have is to be the same
  const overrides = { 'snowflake.metadata.createtime': 'false' };
  const config = sinkConfig({ name: 'auditor', topics: topic, login, overrides });
  const files = [
    temporaryFile('worker.properties', `bootstrap.servers=${broker.bootstrapServers}\n`),
    temporaryFile('connector.json', config),
  ];
  await measure('exactly once', files);
  await session.query(
    `UPDATE AUDITED SET RECORD_METADATA = PARSE_JSON('{"topic":"audited","partition":0,"offset":7}') WHERE RECORD_METADATA:"offset"::NUMBER = 8 AND RECORD_METADATA:"partition"::NUMBER = 0`,
  );
  await measure('offset 8 is missing, 7 is there twice', files);
} finally {
  await session.close();
  await emulator.stop();
  await broker.stop();
}
