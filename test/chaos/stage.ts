import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { emulatorControl } from '../support/emulator-control.ts';
import { startEmulatorProcess } from '../support/emulator-process.ts';
import { freePort } from '../support/free-port.ts';
import type { RunningBroker } from '../support/kafka.ts';
import { startBroker } from '../support/kafka.ts';
import type { NetworkFault, NetworkProxy, StruckFault } from '../support/network-proxy.ts';
import { kafkaClientId, startNetworkProxy } from '../support/network-proxy.ts';
import { emulatorLogin } from '../support/snowflake.ts';
import { waitFor } from '../support/wait-for.ts';
import { withSession } from './verdict.ts';

export interface ChannelRecord {
  readonly pipe: { readonly pipe: string };
  readonly channel: string;
  readonly clientSequencer: number;
  readonly rowsInserted: number;
  readonly rowsErrorCount: number;
}

/** Everything but the workers; lives for a whole run. */
export interface Stage {
  readonly broker: RunningBroker;
  readonly brokers: number;
  /** Direct, past the proxies. */
  readonly bootstrapServers: string;
  readonly emulatorUrl: string;
  /** Of the way of one worker to Snowflake. */
  readonly snowflakeUrls: readonly string[];
  /** On the way of one worker (its Kafka client id) to every broker. */
  strikeKafka(client: string, fault: NetworkFault): StruckFault;
  strikeSnowflake(slot: number, fault: NetworkFault): StruckFault;
  /** SIGKILL; with the data that it has written. */
  killEmulator(): Promise<void>;
  startEmulator(): Promise<void>;
  /** Channels of all pipes that there were, as the emulator has them now. */
  channels(): Promise<readonly ChannelRecord[]>;
  readonly logs: string;
  close(): Promise<void>;
}

export const chaosDatabase = 'CHAOS';

/** Ends of the names of topics of which Snowflake drops one row in a hundred late. */
const rejectedTopics = ['orders', 'transactions'];

/** Short enough for many rebalances, long enough for a busy machine. */
export const sessionTimeoutMs = 3000;

const joined = (faults: readonly StruckFault[]): StruckFault => ({
  strikes: () => faults.reduce((sum, fault) => sum + fault.strikes(), 0),
  held: faults.flatMap(({ held }) => held),
  answers: faults.flatMap(({ answers }) => answers),
  heal: () => {
    for (const fault of faults) fault.heal();
  },
});

export const setStage = async (brokers: number, workers: number, logs: string): Promise<Stage> => {
  mkdirSync(logs, { recursive: true });
  const data = mkdtempSync(join(tmpdir(), 'snowsink-chaos-'));
  const toKafka: NetworkProxy[] = [];
  for (let index = 0; index < brokers; index++) toKafka.push(await startNetworkProxy({ identify: kafkaClientId }));
  const broker = await startBroker({
    brokers,
    advertisedPorts: toKafka.map(({ port }) => port),
    properties: { 'group.min.session.timeout.ms': '1000', 'log.cleaner.backoff.ms': '1000' },
  });
  for (const [index, server] of broker.bootstrapServers.split(',').entries())
    toKafka[index]?.aim(Number(server.split(':')[1]));

  const port = await freePort();
  const startEmulator = async () => {
    const started = await waitFor(
      () => startEmulatorProcess(['--port', String(port), '--data', data, '--commit-delay', '300']),
      {
        deadlineMs: 40_000,
        what: 'the emulator to start',
        everyMs: 250,
      },
    );
    // ON_ERROR = CONTINUE; not of the compacted topic, whose dropped records may be gone when they are looked for
    await emulatorControl(started.url).order({
      operation: 'append',
      match: { pipe: `_(${rejectedTopics.join('|').toUpperCase()})-STREAMING$` },
      action: { type: 'row-errors', share: 0.01 },
    });
    return started;
  };
  let runs = 0;
  let emulator = await startEmulator();
  // makes database and schema, which no connector may
  await withSession(emulatorLogin(emulator.url, chaosDatabase), async () => {});
  const toSnowflake: NetworkProxy[] = [];
  for (let index = 0; index < workers; index++) {
    const proxy = await startNetworkProxy();
    proxy.aim(port);
    toSnowflake.push(proxy);
  }
  const killEmulator = async (): Promise<void> => {
    await emulator.process.kill();
    writeFileSync(join(logs, `emulator-${++runs}.log`), emulator.process.output());
  };
  return {
    broker,
    brokers,
    bootstrapServers: broker.bootstrapServers,
    emulatorUrl: emulator.url,
    snowflakeUrls: toSnowflake.map((proxy) => `http://127.0.0.1:${proxy.port}`),
    strikeKafka: (client, fault) => joined(toKafka.map((proxy) => proxy.strike(client, fault))),
    strikeSnowflake: (slot, fault) => {
      const proxy = toSnowflake[slot];
      if (proxy === undefined) throw new RangeError(`no worker ${slot}`);
      return proxy.strike('', fault);
    },
    killEmulator,
    startEmulator: async () => {
      emulator = await startEmulator();
    },
    channels: async () => {
      const state = (await (await fetch(`${emulator.url}/_emulator/state`)).json()) as {
        readonly channels: readonly { readonly record: ChannelRecord }[];
      };
      return state.channels.map(({ record }) => record);
    },
    logs,
    close: async () => {
      await killEmulator();
      await Promise.all([...toKafka, ...toSnowflake].map((proxy) => proxy.close()));
      await broker.stop();
      rmSync(data, { recursive: true, force: true });
    },
  };
};
