import { gzipSync } from 'node:zlib';
import { type EmulatorOptions, type RunningEmulator, startEmulator } from '../../../emulator/src/index.ts';
import { asLastOffset, noMetrics, type RowBatch, type SnowflakeAccount, silentLogger } from '../../../src/api/index.ts';
import { systemClock } from '../../../src/util/system-clock.ts';
import { connectSnowflake, emulatorLogin, type SnowflakeSession } from '../../support/snowflake.ts';

/** What destinations of all kinds are made with, but for the account. */
export const destinationOptions = {
  clock: systemClock,
  random: Math.random,
  logger: silentLogger,
  metrics: noMetrics,
  taskId: { connector: 'kc', task: 0 },
  maxConcurrentAppends: 2,
} as const;

export interface DestinationBench {
  readonly emulator: RunningEmulator;
  readonly session: SnowflakeSession;
  readonly account: SnowflakeAccount;
  close(): Promise<void>;
}

/** An emulator with a database of the test's own, an account that destinations take, and a session to look with. */
export const startDestinationBench = async (
  database: string,
  options: EmulatorOptions = {},
): Promise<DestinationBench> => {
  const emulator = await startEmulator({ trustAnyKey: true, commitDelayMs: 50, ...options });
  const login = emulatorLogin(emulator.url, database);
  const session = await connectSnowflake(login);
  return {
    emulator,
    session,
    account: { ...login, account: 'SNOWSINK', privateKeyPassphrase: null },
    close: async () => {
      await session.close();
      await emulator.close();
    },
  };
};

/** A row for each line, whose offsets go from `first` to `last`; in two chunks. */
export const gzipBatch = (first: number, last: number, lines: readonly string[]): RowBatch => {
  const raw = Buffer.from(`${lines.join('\n')}\n`);
  const wire = gzipSync(raw);
  return {
    firstOffset: BigInt(first),
    lastOffset: asLastOffset(BigInt(last)),
    rowCount: lines.length,
    encoding: 'gzip',
    chunks: [wire.subarray(0, 5), wire.subarray(5)],
    wireBytes: wire.length,
    rawBytes: raw.length,
    firstBufferedAtMs: Date.now(),
    release: () => {},
  };
};
