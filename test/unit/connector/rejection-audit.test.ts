import { expect, test, vi } from 'vitest';
import {
  asLastOffset,
  asNextOffset,
  ChannelInvalidError,
  type ChannelStatus,
  noMetrics,
  silentLogger,
} from '../../../src/api/index.ts';
import { RejectionAudit, type RejectionAuditOptions } from '../../../src/connector/rejection-audit.ts';

const status = (committed: bigint, rowsRejectedEver: number): ChannelStatus => ({
  committed: asLastOffset(committed),
  rowsRejected: rowsRejectedEver,
  rowsRejectedEver,
  rowsInsertedEver: null,
  lastRejection: { message: 'NULL result in a non-nullable column', upperBound: null },
  incarnation: '1',
});

/** Of a channel whose rows 0 to 9 are there but for 5, which was dropped. */
const setUp = (
  again: Partial<RejectionAuditOptions> = {},
  settings: Partial<RejectionAuditOptions['settings']> = {},
) => {
  const told: string[] = [];
  const context = {
    id: { connector: 'c', task: 0 },
    logger: silentLogger,
    metrics: noMetrics,
    clock: { sleep: async (ms: number) => void told.push(`wait ${ms} ms`) },
    requestCommit: () => told.push('commit'),
    errantRecordReporter: { droppedRowsWithin: () => [] },
  };
  const options = {
    spec: { topic: 'orders', partition: 0, table: 'ORDERS', channelName: 'orders_0' },
    settings: {
      lateRejections: 'dead-letter',
      errorsTolerance: 'all',
      severalTables: false,
      metadata: { all: true, topic: true, offsetAndPartition: true },
      ...settings,
    },
    context,
    tables: {
      offsets: async () => [
        { first: '0', last: '4' },
        { first: '6', last: '9' },
      ],
    },
    pauses: { pause: () => {}, resume: () => {} },
    maySendAgain: () => false,
    count: () => {},
    rewind: (to: bigint) => told.push(`read again from ${to}`),
    fail: (what: string) => told.push(what),
    ...again,
  } as unknown as RejectionAuditOptions;
  return {
    told,
    context,
    audit: new RejectionAudit(options, '1', {
      last: -1n,
      count: 0,
      rows: settings.lateRejections === 'count' ? 0 : null,
    }),
  };
};

test('each reading of the window ends with a commit of its own, however long the commit interval is', async () => {
  const { audit, told } = setUp();
  audit.see(status(9n, 1));
  await expect.poll(() => told).toEqual(['read again from 0', 'commit']);
  expect(audit.missing(5n)).toBeNull();
  audit.looked(9n);
  expect(told).toHaveLength(2);
  audit.looked(10n);
  audit.looked(11n);
  expect(told.slice(2)).toEqual(['commit']);
  expect(audit.advance(asNextOffset(10n))).toBe(0n);
  expect(told.slice(3)).toEqual(['read again from 0', 'commit']);
  expect(audit.missing(5n)?.message).toContain('NULL result in a non-nullable column');
  audit.looked(10n);
  expect(told.slice(5)).toEqual(['commit']);
  expect(audit.advance(asNextOffset(10n))).toBe(10n);
});

test('what was dropped while the table changed is sent again once, and reported only if it is missing still', async () => {
  let present = [{ first: '0', last: '4' }];
  const sent: bigint[] = [];
  const rows = {
    add: async (_row: Uint8Array, offset: bigint) => void sent.push(offset),
    settled: async () => {
      present = [{ first: '0', last: '5' }];
    },
    confirm: async () => {},
    close: () => {},
  };
  const { audit, told } = setUp({
    tables: { offsets: async () => present },
    maySendAgain: () => true,
    sendAgain: async () => rows as never,
  });
  const readMissing = async (): Promise<unknown[]> => {
    const found: unknown[] = [];
    for (const offset of [5n, 6n].filter((one) => audit.lacks(one))) {
      await audit.again?.add('', offset, 1);
      found.push(audit.missing(offset)?.message ?? null);
    }
    audit.looked(7n);
    return found;
  };
  const readAgain = (times: number) =>
    expect.poll(() => told.filter((what) => what === 'read again from 0')).toHaveLength(times);
  audit.see(status(6n, 2));
  await readAgain(1);
  expect(await readMissing()).toEqual([null, null]);
  expect(audit.advance(asNextOffset(7n))).toBe(0n);
  expect(audit.advance(asNextOffset(7n))).toBe(0n);
  await readAgain(2);
  expect(await readMissing()).toEqual([null, null]);
  expect(sent).toEqual([5n, 6n]);
  expect(audit.advance(asNextOffset(7n))).toBe(0n);
  await readAgain(3);
  expect(await readMissing()).toEqual([expect.stringContaining('dropped this row')]);
  expect(audit.advance(asNextOffset(7n))).toBe(7n);
  expect(audit.verified).toMatchObject({ last: 6n, count: 2 });
});

test('where the channel of rows that are sent again is lost, they are read and sent anew, later each time, and then the task ends', async () => {
  let opened = 0;
  const rows = {
    add: async () => {},
    settled: () => Promise.reject(new ChannelInvalidError('COMMIT_TIMEOUT', 'they did not become durable')),
    close: () => {},
  };
  const { audit, told } = setUp({
    maySendAgain: () => true,
    sendAgain: async () => {
      opened++;
      return rows as never;
    },
  });
  const read = async (times: number): Promise<void> => {
    await expect.poll(() => told.filter((what) => what === 'read again from 0')).toHaveLength(times);
    expect(audit.missing(5n)).toBeNull();
    audit.looked(10n);
    expect(audit.advance(asNextOffset(10n))).toBe(0n);
  };
  audit.see(status(9n, 1));
  for (let times = 1; times <= 7; times++) await read(times);
  await expect.poll(() => told.at(-1)).toContain('could not be sent once more: they did not become durable');
  expect(told.filter((what) => what.startsWith('wait'))).toEqual(
    [500, 1000, 2000, 4000, 8000].map((ms) => `wait ${ms} ms`),
  );
  expect(opened).toBe(6);
  expect(audit.isUnderWay).toBe(true);
});

test('rows that were sent again into a table that was made anew since are not taken for dropped', async () => {
  const gone = new ChannelInvalidError('GONE', 'the table was made anew');
  const again = { add: async () => {}, settled: async () => {}, confirm: () => Promise.reject(gone), close: () => {} };
  const { audit, told } = setUp({ maySendAgain: () => true, sendAgain: async () => again as never });
  audit.see(status(9n, 1));
  for (let times = 1; times <= 2; times++) {
    await expect.poll(() => told.filter((what) => what === 'read again from 0')).toHaveLength(times);
    expect(audit.missing(5n)).toBeNull();
    audit.looked(10n);
    expect(audit.advance(asNextOffset(10n))).toBe(0n);
  }
  await expect.poll(() => told).toContain('wait 500 ms');
  expect(audit.missing(5n)).toBeNull();
});

test('rows that are not missing although Snowflake dropped some are named, where an owner before may have sent them again', async () => {
  const warned: unknown[] = [];
  const { audit } = setUp({
    tables: { offsets: async () => [{ first: '0', last: '9' }] },
    maySendAgain: () => true,
    context: {
      ...setUp().context,
      logger: { ...silentLogger, warn: (fields: { code?: string }) => void warned.push(fields.code) },
    } as never,
  });
  audit.see(status(9n, 1));
  await expect.poll(() => warned).toEqual([undefined]);
  audit.looked(10n);
  expect(audit.advance(asNextOffset(10n))).toBe(0n);
  expect(warned).toEqual([undefined, 'row-counts-differ']);
});

test('records that a truncated log does not hold any more are not waited for', async () => {
  let end = 10n;
  const asked: bigint[] = [];
  const { audit, told } = setUp({
    logEnd: async () => {
      asked.push(end);
      if (asked.length === 1) throw new Error('nobody answers');
      return asNextOffset(end);
    },
  });
  audit.see(status(9n, 1));
  await expect.poll(() => told).toEqual(['read again from 0', 'commit']);
  const advance = (): unknown => audit.advance(asNextOffset(4n));
  const askedOnceMore = async (times: number): Promise<void> => {
    expect(advance()).toBe(0n);
    expect(advance()).toBe(0n);
    await new Promise((resolve) => setImmediate(resolve));
    expect(asked).toHaveLength(times);
  };
  await askedOnceMore(1);
  await askedOnceMore(2);
  expect(told).toHaveLength(2);
  end = 8n;
  await askedOnceMore(3);
  expect(told.slice(2)).toEqual([expect.stringContaining('the log ends at 8: it was truncated')]);
});

test('where nobody is to look for rows, a stretch of which it is not known whether all came is named', () => {
  const logger = { ...silentLogger, warn: vi.fn() };
  const { audit, context } = setUp({}, { lateRejections: 'count' });
  Object.assign(context, { logger });
  audit.see({ ...status(9n, 0), rowsInsertedEver: 7 }, null);
  expect(logger.warn.mock.calls).toEqual([
    [
      { code: 'not-verified', table: 'ORDERS', topic: 'orders', partition: 0, from: '0', to: '9', count: 0 },
      'Rows of topic orders, partition 0, table ORDERS, offsets 0 to 9 were sent by somebody who did not account for them: Snowflake counts 7. They are not looked for.',
    ],
  ]);
  expect(audit.advance(asNextOffset(10n))).toBe(10n);
});
