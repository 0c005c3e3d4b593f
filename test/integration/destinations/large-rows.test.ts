import { afterAll, beforeAll, expect, test } from 'vitest';
import type { FaultDefinition } from '../../../emulator/src/index.ts';
import type { ChannelSpec, Destination, RowBatch } from '../../../src/api/index.ts';
import { createLargeRows, createSnowpipeStreaming, createStagedCopy } from '../../../src/destinations/index.ts';
import { waitFor } from '../../support/wait-for.ts';
import { type DestinationBench, destinationOptions, gzipBatch, startDestinationBench } from './destination-bench.ts';

const never = new AbortController().signal;
const database = 'LARGE';
const total = 20;
/** These and no others are too large for a request: two in a row, the first and the last. */
const large: ReadonlySet<number> = new Set([0, 7, 8, 15, total - 1]);
const maxWireBytes = 1000;

let bench: DestinationBench;

beforeAll(async () => {
  bench = await startDestinationBench(database);
});
afterAll(() => bench?.close());

const connect = (): Destination => {
  const common = { ...destinationOptions, maxConcurrentAppends: 1, account: bench.account };
  const stream = createSnowpipeStreaming({ ...common, timing: { statusIntervalMs: 50, uncommittedRowsMs: 100 } });
  Object.assign(stream, { limits: { maxWireBytes, maxRowBytes: 1_000_000 } });
  return createLargeRows({ ...common, stream, copy: createStagedCopy({ ...common, warehouse: null }) });
};

const specOf = (table: string): ChannelSpec => ({ topic: 't', partition: 0, table, channelName: `kc_${table}` });

const batchOf = (first: number, last: number): RowBatch => {
  const note = large.has(first) ? Array.from({ length: 500 }, Math.random).join() : '';
  const lines = Array.from({ length: last - first + 1 }, (_, index) =>
    JSON.stringify({ ID: first + index, NOTE: note }),
  );
  const batch = gzipBatch(first, last, lines);
  expect(batch.wireBytes > maxWireBytes).toBe(large.has(first));
  return batch;
};

/** As a partition's writer does: on from the token, one batch after the other. */
const writeAll = async (destination: Destination, table: string, opened: () => void = () => {}): Promise<void> => {
  const channel = await destination.open(specOf(table), never);
  opened();
  for (let next = Number(channel.opened.committed ?? -1n) + 1; next < total; ) {
    let last = next;
    while (!large.has(last) && !large.has(last + 1) && last - next < 2) last++;
    await channel.append(batchOf(next, last), never);
    next = last + 1;
  }
  const isDone = () => channel.status().committed === BigInt(total - 1);
  await waitFor(isDone, { deadlineMs: 20_000, what: `all rows of ${table}`, everyMs: 20 });
};

const idsIn = async (table: string): Promise<number[]> => {
  const rows = await bench.session.query(`SELECT ID FROM ${database}.PUBLIC.${table} ORDER BY ID`);
  return rows.map(({ ID }) => Number(ID));
};
const everyId = Array.from({ length: total }, (_, id) => id);
const createTable = (table: string) => bench.session.query(`CREATE TABLE ${table} (ID NUMBER, NOTE VARCHAR)`);

/** Where the first owner stands still; it goes on when the second one is at work, as a process does that was only taken for dead. */
const steps: readonly (readonly [string, string, 'before' | 'after'])[] = [
  ['PUT', '^PUT', 'after'],
  ['COPY', '^COPY', 'after'],
  ['UPDATE', '^UPDATE.*OFFSET_TOKEN = ', 'after'],
  ['COMMIT', '^COMMIT', 'before'],
  ['COMMITTED', '^COMMIT', 'after'],
];

test.each(steps)(
  'an owner that is lost at %s of a large row: the next one writes what is missing, once',
  async (name, sql, when) => {
    const table = `LOST_AT_${name}`;
    await createTable(table);
    const first = connect();
    const second = connect();
    const hangs: FaultDefinition = {
      ...{ operation: 'query', match: { sql }, skip: 1, count: 1 },
      action: { type: 'delay', ms: 1000, when },
    };
    let fault = -1;
    const outcome = writeAll(first, table, () => {
      fault = bench.emulator.faults.add(hangs);
    }).then(
      () => 'wrote all',
      () => 'was fenced',
    );
    const struck = () => bench.emulator.faults.list().some(({ id, fired }) => id === fault && fired === 1);
    await waitFor(struck, { deadlineMs: 20_000, what: `${sql} to hang`, everyMs: 5 });
    await writeAll(second, table);
    expect(await outcome).toBe('was fenced');
    expect(await idsIn(table)).toEqual(everyId);
    bench.emulator.faults.remove(fault);
    await Promise.all([first.close(), second.close()]);
  },
);

test('a table that was made anew begins anew; a channel that was dropped forgets what went by COPY', async () => {
  await createTable('ANEW');
  const destination = connect();
  await writeAll(destination, 'ANEW');
  await bench.session.query('CREATE OR REPLACE TABLE ANEW (ID NUMBER, NOTE VARCHAR)');
  await writeAll(destination, 'ANEW');
  expect(await idsIn('ANEW')).toEqual(everyId);
  await destination.drop(specOf('ANEW'), never);
  expect((await destination.open(specOf('ANEW'), never)).opened.committed).toBeNull();
  await destination.close();
});
