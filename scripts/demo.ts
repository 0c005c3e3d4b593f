/**
 * `npm run demo`: a real Kafka broker, the Snowflake emulator and the worker. Orders stream in, some of them malformed; in the middle the
 * worker is killed with SIGKILL and started again; at the end every single record is accounted for.
 */
import type { EmulatorProcess } from '../test/support/emulator-process.ts';
import { startEmulatorProcess } from '../test/support/emulator-process.ts';
import type { RunningBroker } from '../test/support/kafka.ts';
import { startBroker } from '../test/support/kafka.ts';
import type { Verdict } from '../test/support/oracle.ts';
import { askOracle, countRows, isExactlyOnce } from '../test/support/oracle.ts';
import type { OrderStream } from '../test/support/order-stream.ts';
import { startOrderStream } from '../test/support/order-stream.ts';
import { scriptOptions, wholeNumber } from '../test/support/script-options.ts';
import { quickWorker } from '../test/support/sink-scenario.ts';
import type { SnowflakeSession } from '../test/support/snowflake.ts';
import { connectSnowflake, emulatorLogin } from '../test/support/snowflake.ts';
import { createTopic } from '../test/support/topics.ts';
import { waitFor } from '../test/support/wait-for.ts';
import type { WorkerOptions, WorkerProcess } from '../test/support/worker-process.ts';
import { sinkConfig, startWorker } from '../test/support/worker-process.ts';

const usage = `npm run demo: a broker, the emulator and a worker that is killed in the middle; every record is accounted for

  --records N    orders in all, default 40000
  --seconds N    in which they come, default 10`;
const flags = scriptOptions(usage, {
  records: { type: 'string', default: '40000' },
  seconds: { type: 'string', default: '10' },
});
const total = wholeNumber('records', flags.records);
const perSecond = total / wholeNumber('seconds', flags.seconds);
const topic = 'orders';
const deadLetterTopic = 'orders-dlq';
const table = 'ORDERS';
const sessionSeconds = Number(quickWorker['consumer.session.timeout.ms']) / 1000;
const partitions = 6;

/** Ctrl-C: nothing further is begun or printed. */
const interruption = new AbortController();

const start = performance.now();
const print = (text: string): void =>
  console.log(`${((performance.now() - start) / 1000).toFixed(1).padStart(6)} s  ${text}`);
const say = (text: string): void => {
  interruption.signal.throwIfAborted();
  print(text);
};
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
  say(`worker (process ${worker.process.pid}) runs connector "orders": ${worker.url}/connectors/orders/status`);
  return worker;
};

/** Shows once a second how far it has come, until it is there. */
const watch = async (
  stream: OrderStream,
  session: SnowflakeSession,
  until: () => unknown,
  everyMs = 50,
): Promise<void> => {
  let shown = -Infinity;
  await waitFor(
    async () => {
      if (interruption.signal.aborted) return true;
      if (performance.now() - shown >= 1000) {
        shown = performance.now();
        const stored = count(await countRows(session, table)).padStart(7);
        say(`produced ${count(stream.produced.length).padStart(7)}    in the table ${stored}`);
      }
      return until();
    },
    { deadlineMs: 120_000, what: 'the orders', everyMs },
  );
  interruption.signal.throwIfAborted();
};

/** What became of every order; waits until none is missing, a minute at most. */
const account = async ({ broker, session }: Stage, stream: OrderStream): Promise<Verdict> => {
  const { bootstrapServers } = broker;
  const ask = () =>
    askOracle({ produced: stream.produced, session, tables: [table], bootstrapServers, deadLetterTopic });
  const deadline = performance.now() + 60_000;
  let verdict: Verdict | undefined;
  const isSettled = async (): Promise<boolean> => {
    verdict = await ask();
    return verdict.missing.length === 0 || performance.now() > deadline;
  };
  await watch(stream, session, isSettled, 500);
  return verdict ?? ask();
};

const report = (verdict: Verdict, stream: OrderStream): boolean => {
  const lines: readonly (readonly [string, number, string])[] = [
    ['produced', verdict.produced, `to topic "${topic}", ${count(stream.malformed())} of them malformed`],
    ['stored', verdict.stored, `rows in table ${table}`],
    ['dead-lettered', verdict.deadLettered, `in topic "${deadLetterTopic}"`],
    ['missing', verdict.missing.length, 'neither stored nor dead-lettered'],
    ['twice', verdict.twice.length + verdict.deadLettersRepeated, 'stored or dead-lettered more than once'],
  ];
  console.log('');
  for (const [name, value, where] of lines) console.log(`  ${name.padEnd(14)} ${count(value).padStart(8)}   ${where}`);
  const exact =
    isExactlyOnce(verdict) &&
    verdict.deadLettersRepeated === 0 &&
    verdict.produced === verdict.stored + verdict.deadLettered;
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
  const isInTheMiddle = async () => stream.produced.length >= total / 2 && (await countRows(stage.session, table)) > 0;
  await watch(stream, stage.session, isInTheMiddle);
  await worker.kill();
  say('worker KILLED (SIGKILL) in the middle of the stream; what it held in memory is gone');
  worker = await startDemoWorker(stage.workerOptions);
  say(
    `Kafka keeps the dead worker's partitions for it until its session ends: ${sessionSeconds} s after the kill here, 45 s by default`,
  );
  await watch(stream, stage.session, () => stream.produced.length >= total);
  await stream.done;
  say(`all ${count(total)} are produced; the worker drains the topic`);
  const isExact = report(await account(stage, stream), stream);
  if (!isExact) console.log(`The end of the worker's log:\n${worker.process.output().slice(-3000)}`);
  return isExact;
};

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (interruption.signal.aborted) process.exit(130);
    print('stopping: the worker, the emulator and Kafka are ended and their data deleted (again: at once)');
    interruption.abort();
    void endAll().finally(() => process.exit(130));
  });
}

try {
  process.exitCode = (await demo()) ? 0 : 1;
} catch (error) {
  if (!interruption.signal.aborted) {
    console.error(`\nThe demo failed: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
} finally {
  if (!interruption.signal.aborted) await endAll();
}
