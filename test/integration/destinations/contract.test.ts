import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FaultDefinition } from '../../../emulator/src/index.ts';
import { type Channel, ChannelInvalidError, type Destination, type RowBatch } from '../../../src/api/index.ts';
import {
  createFileSnowpipe,
  createLargeRows,
  createSnowpipeStreaming,
  createStagedCopy,
} from '../../../src/destinations/index.ts';
import { waitFor } from '../../support/wait-for.ts';
import { type DestinationBench, destinationOptions, gzipBatch, startDestinationBench } from './destination-bench.ts';

/** What every destination promises (src/api/destination.ts), held against each of them. */
const never = new AbortController().signal;
const database = 'CONTRACT';
let bench: DestinationBench;

beforeAll(async () => {
  bench = await startDestinationBench(database);
});
afterAll(() => bench?.close());

const common = () => ({ ...destinationOptions, account: bench.account });

interface Kind {
  readonly connect: () => Destination;
  /** The request by which rows become durable. */
  readonly decisive: Pick<FaultDefinition, 'operation' | 'match'>;
  /** An answer to it that leaves open whether it took place; the driver repeats a statement after a 503 by itself. */
  readonly doubtful: number;
  /** Nothing fences an earlier holder; tables have RECORD_CONTENT alone, and a file with a bad row is left out whole. */
  readonly isAtLeastOnce?: true;
}

const stream = () => createSnowpipeStreaming({ ...common(), timing: { statusIntervalMs: 50 } });
const copy = () => createStagedCopy({ ...common(), warehouse: null });

const kinds: Readonly<Record<string, Kind>> = {
  SNOWPIPE_STREAMING: { connect: stream, decisive: { operation: 'append' }, doubtful: 503 },
  STAGED_COPY: { connect: copy, decisive: { operation: 'query', match: { sql: '^COMMIT' } }, doubtful: 400 },
  STREAM_AND_LARGE_ROWS: {
    connect: () => createLargeRows({ ...common(), stream: stream(), copy: copy() }),
    decisive: { operation: 'append' },
    doubtful: 503,
  },
  FILE_SNOWPIPE: {
    connect: () =>
      createFileSnowpipe({
        ...{ ...common(), connectorObject: 'kc', isShared: () => false },
        timing: { reportIntervalMs: 50 },
      }),
    decisive: { operation: 'query', match: { sql: '^PUT.*json.gz' } },
    doubtful: 400,
    isAtLeastOnce: true,
  },
};

type Line = (offset: number) => unknown;
const inColumns: Line = (offset) => ({ ID: offset });
const inFiles: Line = (offset) => ({ content: { ID: offset }, meta: { offset } });

const batchOf = (first: number, last: number, line: Line): RowBatch =>
  gzipBatch(
    first,
    last,
    Array.from({ length: last - first + 1 }, (_, index) => JSON.stringify(line(first + index))),
  );

const range = (last: number): number[] => Array.from({ length: last + 1 }, (_, offset) => offset);

describe.each(Object.entries(kinds))('%s', (name, { connect, decisive, doubtful, isAtLeastOnce }) => {
  const rows = (first: number, last: number, line = isAtLeastOnce === true ? inFiles : inColumns): RowBatch =>
    batchOf(first, last, line);
  const specOf = (table: string) => ({
    topic: 't',
    partition: 0,
    table: `${name}_${table}`,
    channelName: `kc_${table}`,
  });
  const forFiles = 'RECORD_METADATA VARIANT, RECORD_CONTENT VARIANT';
  const createTable = (table: string, columns = isAtLeastOnce === true ? forFiles : 'ID NUMBER') =>
    bench.session.query(`CREATE TABLE ${database}.PUBLIC.${name}_${table} (${columns})`);
  const idsIn = async (table: string): Promise<number[]> => {
    const id = isAtLeastOnce === true ? 'RECORD_CONTENT:ID::NUMBER' : 'ID';
    const found = await bench.session.query(`SELECT ${id} AS ID FROM ${database}.PUBLIC.${name}_${table} ORDER BY 1`);
    return found.map(({ ID }) => Number(ID));
  };
  const durable = (channel: Channel, offset: bigint) =>
    waitFor(() => channel.status().committed === offset, { deadlineMs: 20_000, what: `offset ${offset} committed` });
  const using = async (work: (destination: Destination) => Promise<void>): Promise<void> => {
    const destination = connect();
    try {
      await work(destination);
    } finally {
      await destination.close();
    }
  };
  const codeOf = async (work: Promise<unknown>): Promise<string> => {
    const error = await work.catch((failed: unknown) => failed);
    return error instanceof ChannelInvalidError ? error.code : `not invalid: ${error}`;
  };

  test('rows and their offset become durable together; who opens next begins behind them', async () => {
    await createTable('ORDERS');
    await using(async (destination) => {
      const channel = await destination.open(specOf('ORDERS'), never);
      expect(channel.opened).toMatchObject({ committed: null, rowsRejected: 0, rowsRejectedEver: 0 });
      const heard: unknown[] = [];
      channel.onStatus((status) => heard.push(status));
      await Promise.all([channel.append(rows(0, 9), never), channel.append(rows(20, 29), never)]);
      await durable(channel, 29n);
      expect(heard.at(-1)).toMatchObject({ committed: 29n });
      channel.close();
      const resumed = await destination.open(specOf('ORDERS'), never);
      expect(resumed.opened).toMatchObject({ committed: 29n, incarnation: channel.opened.incarnation });
    });
    expect(await idsIn('ORDERS')).toEqual([...range(9), ...range(29).slice(20)]);
  });

  test.skipIf(isAtLeastOnce)('opening fences every earlier holder', async () => {
    await createTable('FENCED');
    await using((first) =>
      using(async (second) => {
        const zombie = await first.open(specOf('FENCED'), never);
        await zombie.append(rows(0, 9), never);
        await durable(zombie, 9n);
        const owner = await second.open(specOf('FENCED'), never);
        expect(owner.opened.committed).toBe(9n);
        expect(await codeOf(zombie.append(rows(10, 19), never))).toMatch(/^STALE_/);
        expect(await codeOf(zombie.append(rows(20, 29), never))).toMatch(/^[A-Z_]+$/);
        await owner.append(rows(10, 19), never);
        await durable(owner, 19n);
      }),
    );
    expect(await idsIn('FENCED')).toEqual(range(19));
  });

  test.skipIf(isAtLeastOnce)('two that open at once: one of them holds the channel', async () => {
    await createTable('RACED');
    await using((first) =>
      using(async (second) => {
        const spec = specOf('RACED');
        const channels = await Promise.all([first.open(spec, never), second.open(spec, never)]);
        const outcomes = await Promise.allSettled(channels.map((channel) => channel.append(rows(0, 4), never)));
        expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
        const [winner] = channels.filter((_, index) => outcomes[index]?.status === 'fulfilled');
        if (winner !== undefined) await durable(winner, 4n);
      }),
    );
    expect(await idsIn('RACED')).toEqual(range(4));
  });

  test.each(['before', 'after'] as const)(
    'an answer that got lost %s its request loses and repeats nothing',
    async (when) => {
      const table = `AMBIGUOUS_${when.toUpperCase()}`;
      await createTable(table);
      await using(async (destination) => {
        let channel = await destination.open(specOf(table), never);
        await channel.append(rows(0, 9), never);
        await durable(channel, 9n);
        const id = bench.emulator.faults.add({
          ...decisive,
          count: 1,
          action: { type: 'respond', status: doubtful, form: 'text', when },
        });
        try {
          await channel.append(rows(10, 19), never);
        } catch (error) {
          expect(error).toBeInstanceOf(ChannelInvalidError);
          channel = await destination.open(specOf(table), never);
          if (channel.opened.committed === 9n) await channel.append(rows(10, 19), never);
        }
        await durable(channel, 19n);
        expect(bench.emulator.faults.list().find((fault) => fault.id === id)?.fired).toBe(1);
        bench.emulator.faults.remove(id);
        await channel.append(rows(20, 29), never);
        await durable(channel, 29n);
      });
      expect(await idsIn(table)).toEqual(range(29));
    },
  );

  test.skipIf(isAtLeastOnce)('rows that do not fit are left out and counted for ever', async () => {
    await createTable('STRICT', 'ID NUMBER NOT NULL');
    await using(async (destination) => {
      const channel = await destination.open(specOf('STRICT'), never);
      await channel.append(
        rows(0, 9, (offset) => ({ ID: offset === 3 ? null : offset })),
        never,
      );
      await durable(channel, 9n);
      expect(channel.status()).toMatchObject({ rowsRejected: 1, rowsRejectedEver: 1, rowsInsertedEver: 9 });
      const again = await destination.open(specOf('STRICT'), never);
      expect(again.opened).toMatchObject({ rowsRejected: 0, rowsRejectedEver: 1 });
    });
    expect(await idsIn('STRICT')).toEqual(range(9).filter((id) => id !== 3));
  });

  test('columns that rows leave out take their DEFAULT or the next IDENTITY value; a null that a row has stays null', async () => {
    const given = isAtLeastOnce === true ? forFiles : 'ID NUMBER, NOTE VARCHAR(20), BYTES BINARY, SOME VARIANT';
    await createTable(
      'FILLED',
      `N NUMBER AUTOINCREMENT, ${given}, STATE VARCHAR DEFAULT 'new', SURE NUMBER NOT NULL DEFAULT 7`,
    );
    const inLine: Line = (offset) => ({
      ...{ ID: offset, NOTE: 'as it is', BYTES: '3q0=', SOME: { a: [offset, '}'] } },
      ...(offset % 3 === 1 && { STATE: offset === 4 ? null : 'done' }),
      ...(offset % 2 === 1 && { SURE: offset }),
    });
    await using(async (destination) => {
      const channel = await destination.open(specOf('FILLED'), never);
      await channel.append(isAtLeastOnce === true ? rows(0, 9) : rows(0, 9, inLine), never);
      await channel.append(isAtLeastOnce === true ? rows(10, 11) : rows(10, 11, inColumns), never);
      await durable(channel, 11n);
      expect(channel.status()).toMatchObject({ rowsRejectedEver: 0, rowsInsertedEver: 12 });
    });
    expect(await idsIn('FILLED')).toEqual(range(11));
    const found = await bench.session.query(`SELECT * FROM ${database}.PUBLIC.${name}_FILLED`);
    expect(new Set(found.map(({ N }) => N)).size).toBe(12);
    expect(found.map(({ N }) => Number(N)).every(Number.isInteger)).toBe(true);
    if (isAtLeastOnce === true) {
      expect(found.every(({ STATE, SURE }) => STATE === 'new' && SURE === 7)).toBe(true);
      return;
    }
    const of = (id: number) => found.find(({ ID }) => ID === id);
    expect(of(0)).toMatchObject({ NOTE: 'as it is', SOME: { a: [0, '}'] }, STATE: 'new', SURE: 7 });
    expect(Buffer.from(of(0)?.['BYTES'] as Buffer).toString('hex')).toBe('dead');
    expect([1, 3, 4, 11].map((id) => [of(id)?.['STATE'], of(id)?.['SURE']])).toEqual([
      ['done', 1],
      ['new', 3],
      [null, 7],
      ['new', 7],
    ]);
  });

  test('dropping a channel forgets its offset, and makes a new incarnation', async () => {
    await createTable('DROPPED');
    await using(async (destination) => {
      const channel = await destination.open(specOf('DROPPED'), never);
      await channel.append(rows(0, 9), never);
      await durable(channel, 9n);
      await destination.drop(specOf('DROPPED'), never);
      const anew = await destination.open(specOf('DROPPED'), never);
      expect(anew.opened.committed).toBeNull();
      expect(anew.opened.incarnation).not.toBe(channel.opened.incarnation);
    });
  });
});
