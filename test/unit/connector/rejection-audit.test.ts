import { expect, test } from 'vitest';
import { asLastOffset, asNextOffset, type ChannelStatus, noMetrics, silentLogger } from '../../../src/api/index.ts';
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
const setUp = () => {
  const told: string[] = [];
  const context = {
    id: { connector: 'c', task: 0 },
    logger: silentLogger,
    metrics: noMetrics,
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
    rewind: (to: bigint) => told.push(`read again from ${to}`),
    fail: (what: string) => told.push(what),
  } as unknown as RejectionAuditOptions;
  return { told, audit: new RejectionAudit(options, '1', { last: -1n, count: 0, rows: null }) };
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
