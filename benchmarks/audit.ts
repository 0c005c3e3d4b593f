/**
 * `node benchmarks/audit.ts [--rows 1000000]`: `snowsink audit` of a topic of that many records against the emulator: time, and CPU time of
 * the command and of the emulator, taken up to ten million rows. The goal is 30 s.
 */
import { readFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { audit } from '../src/cli/audit.ts';
import { startEmulatorProcess } from '../test/support/emulator-process.ts';
import { startBroker } from '../test/support/kafka.ts';
import { runCommand, temporaryFile } from '../test/support/run-command.ts';
import { connectSnowflake, emulatorLogin } from '../test/support/snowflake.ts';
import { createTopic, plainKafka } from '../test/support/topics.ts';
import { sinkConfig } from '../test/support/worker-process.ts';

const { values } = parseArgs({ options: { rows: { type: 'string', default: '1000000' } } });
const partitions = 4;
const each = Math.floor(Number(values.rows) / partitions);
const goalRows = 10_000_000;

const orderJsonAt = (offset: number): string =>
  `{"id":${offset},"name":"a name of thirty-two characters, so","total":12.5}`;

const fill = async (bootstrapServers: string, topic: string): Promise<void> => {
  const producer = plainKafka(bootstrapServers).producer();
  await producer.connect();
  for (let partition = 0; partition < partitions; partition++)
    for (let from = 0; from < each; from += 5000) {
      const count = Math.min(5000, each - from);
      const messages = Array.from({ length: count }, (_, index) => ({ partition, value: orderJsonAt(from + index) }));
      await producer.send({ topic, acks: 1, messages });
    }
  await producer.disconnect();
};

/** Seconds of CPU that a process has used. */
const cpuOf = (pid: number): number => {
  const [, fields = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ');
  const [user = 0, system = 0] = fields.split(' ').slice(11, 13).map(Number);
  return (user + system) / 100;
};

const broker = await startBroker();
const emulator = await startEmulatorProcess();
const login = emulatorLogin(emulator.url, 'AUDIT');
const session = await connectSnowflake(login);
try {
  const topic = await createTopic(broker.bootstrapServers, { exactName: 'audited', partitions });
  await fill(broker.bootstrapServers, topic);
  await session.query('CREATE TABLE AUDITED (RECORD_METADATA VARIANT, RECORD_CONTENT VARIANT)');
  await session.query(
    `INSERT INTO AUDITED SELECT PARSE_JSON('{"topic":"audited","partition":' || MOD(SEQ4(), ${partitions}) || ',"offset":' || FLOOR(SEQ4() / ${partitions}) || ',"CreateTime":1700000000000,"SnowflakeConnectorPushTime":1700000000000}'), PARSE_JSON('{"total":12.5,"id":' || FLOOR(SEQ4() / ${partitions}) || ',"name":"a name of thirty-two characters, so"}') FROM TABLE(GENERATOR(ROWCOUNT => ${each * partitions}))`,
  );
  await session.query(
    `UPDATE AUDITED SET RECORD_METADATA = PARSE_JSON('{"topic":"audited","partition":0,"offset":7}') WHERE RECORD_METADATA:"offset"::NUMBER = 8 AND RECORD_METADATA:"partition"::NUMBER = 0`,
  );
  // CreateTime is the producer's, so only what both have is to be the same
  const config = sinkConfig({
    name: 'auditor',
    topics: topic,
    login,
    overrides: { 'snowflake.metadata.createtime': 'false' },
  });
  const files = [
    temporaryFile('worker.properties', `bootstrap.servers=${broker.bootstrapServers}\n`),
    temporaryFile('connector.json', config),
  ];
  const before = { own: process.cpuUsage(), emulator: cpuOf(emulator.process.pid), at: performance.now() };
  const { code, out, err } = await runCommand(audit, ['--to-end', ...files]);
  const seconds = (performance.now() - before.at) / 1000;
  const own = process.cpuUsage(before.own);
  const command = (own.user + own.system) / 1e6;
  const sql = cpuOf(emulator.process.pid) - before.emulator;
  console.log(out || err);
  const rows = each * partitions;
  const scale = goalRows / rows;
  console.log(
    `${rows} rows: ${seconds.toFixed(1)} s; CPU: command ${command.toFixed(1)} s, emulator ${sql.toFixed(1)} s` +
      `; load ${(loadavg()[0] ?? 0).toFixed(1)} on ${cpus().length} cores (exit code ${code}: offset 8 is missing, 7 is there twice)`,
  );
  console.log(
    `${goalRows} rows: ${(seconds * scale).toFixed(0)} s at this load; with the machine to itself about ${(Math.max(command, (command + sql) / cpus().length) * scale).toFixed(0)} s`,
  );
} finally {
  await session.close();
  await emulator.stop();
  await broker.stop();
}
