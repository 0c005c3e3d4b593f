/**
 * `npm run demo`: a real Kafka broker, the Snowflake emulator and the worker. Orders stream in, some of them malformed; in the middle the
 * worker is killed with SIGKILL and started again; at the end every single record is accounted for.
 */
import { parseArgs } from 'node:util';
import type { EmulatorProcess } from '../test/support/emulator-process.ts';
import { startEmulatorProcess } from '../test/support/emulator-process.ts';
import type { RunningBroker } from '../test/support/kafka.ts';
import { startBroker } from '../test/support/kafka.ts';
import { askOracle, countRows, isExactlyOnce } from '../test/support/oracle.ts';
import type { OrderStream } from '../test/support/order-stream.ts';
import { startOrderStream } from '../test/support/order-stream.ts';
import { quickWorker } from '../test/support/sink-scenario.ts';
import type { SnowflakeSession } from '../test/support/snowflake.ts';
import { connectSnowflake, emulatorLogin } from '../test/support/snowflake.ts';
import { createTopic } from '../test/support/topics.ts';
import { waitFor } from '../test/support/wait-for.ts';
import type { WorkerOptions, WorkerProcess } from '../test/support/worker-process.ts';
import { sinkConfig, startWorker } from '../test/support/worker-process.ts';

const { values: flags } = parseArgs({
  options: {
    /** Orders in all. */
    records: { type: 'string', default: '40000' },
    seconds: { type: 'string', default: '10' },
  },
});
const total = Number(flags.records);
const perSecond = total / Number(flags.seconds);
const topic = 'orders';
const deadLetterTopic = 'orders-dlq';
const table = 'ORDERS';
const partitions = 6;

const start = performance.now();
const say = (text: string): void =>
  console.log(`${((performance.now() - start) / 1000).toFixed(1).padStart(6)} s  ${text}`);
const count = (value: number): string => value.toLocaleString('en-US');

/** What must be ended, in the order in which it was started. */
const running: { readonly name: string; end(): Promise<unknown> }[] = [];
const endAll = async (): Promise<void> => {
  while (running.length > 0) {
    const last = running.pop();
    await last?.end().catch((error: unknown) => console.error(`${last.name} did not end cleanly: ${String(error)}`));
  }
};
const keep = <T>(name: string, thing: T, end: (thing: T) => Promise<unknown>): T => {
  running.push({ name, end: () => end(thing) });
  return thing;
};

interface Stage {
  readonly broker: RunningBroker;
  readonly emulator: EmulatorProcess;
  readonly session: SnowflakeSession;
  readonly workerOptions: WorkerOptions;
}

const setStage = async (): Promise<Stage> => {
  say('starting Apache Kafka …');
  const broker = keep('Kafka', await startBroker(), (each) => each.stop());
  say(
    `Kafka serves at ${broker.bootstrapServers} (${broker.runsAs === 'containers' ? 'in a container' : 'from its own jars'})`,
  );
  await createTopic(broker.bootstrapServers, { exactName: topic, partitions });
  const emulator = keep('the emulator', await startEmulatorProcess(), (each) => each.stop());
  say(`Snowflake emulator at ${emulator.url}`);
  const login = emulatorLogin(emulator.url, 'DEMO');
  const session = keep('the SQL session', await connectSnowflake(login), (each) => each.close());
  const connector = sinkConfig({
    name: 'orders',
    topics: topic,
    login,
    deadLetterTopic,
    overrides: { 'tasks.max': '2' },
  });
  const properties = { ...quickWorker, 'bootstrap.servers': broker.bootstrapServers };
  return { broker, emulator, session, workerOptions: { properties, connectors: [connector] } };
};

const startDemoWorker = async (options: WorkerOptions): Promise<WorkerProcess> => {
  const worker = await startWorker(options);
  say(`worker ${worker.process.pid} runs connector "orders": ${worker.url}/connectors/orders/status`);
  return worker;
};

const watch = async (stream: OrderStream, session: SnowflakeSession, until: () => boolean): Promise<void> => {
  let shown = -Infinity;
  await waitFor(
    async () => {
      if (performance.now() - shown >= 1000) {
        shown = performance.now();
        say(
          `produced ${count(stream.produced.length).padStart(7)}    in the table ${count(await countRows(session, table)).padStart(7)}`,
        );
      }
      return until();
    },
    { deadlineMs: 120_000, what: 'the orders to be produced', everyMs: 50 },
  );
};

const report = async ({ broker, session }: Stage, stream: OrderStream): Promise<boolean> => {
  const { bootstrapServers } = broker;
  const { produced } = stream;
  const verdict = await waitFor(
    async () => {
      const at = await askOracle({ produced, session, tables: [table], bootstrapServers, deadLetterTopic });
      return at.missing.length === 0 && at;
    },
    { deadlineMs: 60_000, what: 'every order to be in the table or the dead-letter topic', everyMs: 500 },
  ).catch(() => askOracle({ produced, session, tables: [table], bootstrapServers, deadLetterTopic }));
  const lines: readonly (readonly [string, number, string])[] = [
    ['produced', verdict.produced, `to topic "${topic}", ${count(stream.malformed())} of them malformed`],
    ['stored', verdict.stored, `rows in table ${table}`],
    ['dead-lettered', verdict.deadLettered, `in topic "${deadLetterTopic}"`],
    ['missing', verdict.missing.length, 'neither stored nor dead-lettered'],
    ['twice', verdict.twice.length, 'stored more than once'],
  ];
  console.log('');
  for (const [name, value, where] of lines) console.log(`  ${name.padEnd(14)} ${count(value).padStart(8)}   ${where}`);
  if (verdict.deadLettersRepeated > 0)
    console.log(
      `  (${count(verdict.deadLettersRepeated)} dead letters were written again after the kill; counted once)`,
    );
  const exact = isExactlyOnce(verdict) && verdict.produced === verdict.stored + verdict.deadLettered;
  console.log(
    `\n  produced ${exact ? '=' : '≠'} stored + dead-lettered: ${exact ? 'exactly once' : 'NOT EXACTLY ONCE'}\n`,
  );
  return exact;
};

const demo = async (): Promise<boolean> => {
  const stage = await setStage();
  let worker = await startDemoWorker(stage.workerOptions);
  running.push({ name: 'the worker', end: () => worker.terminate() });
  const { bootstrapServers } = stage.broker;
  const stream = await startOrderStream({ bootstrapServers, topic, partitions, perSecond, total, seed: 1 });
  say(`producing ${count(total)} orders, ${count(perSecond)} a second, about 2 in 100 malformed`);
  await watch(stream, stage.session, () => stream.produced.length >= total / 2);
  await worker.kill();
  say('worker KILLED (SIGKILL) in the middle of the stream; what it held in memory is gone');
  worker = await startDemoWorker(stage.workerOptions);
  await watch(stream, stage.session, () => stream.produced.length >= total);
  await stream.done;
  say('all produced; waiting until the worker has drained the topic');
  return report(stage, stream);
};

let interrupted = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (interrupted) process.exit(130);
    interrupted = true;
    say('stopping …');
    void endAll().finally(() => process.exit(130));
  });
}

try {
  process.exitCode = (await demo()) ? 0 : 1;
} catch (error) {
  if (!interrupted) {
    console.error(`\nThe demo failed: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
} finally {
  if (!interrupted) await endAll();
}
