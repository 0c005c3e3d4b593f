import { expect, test } from 'vitest';
import { type CommitOutcome, type PipeName, type RowStore, StreamingService } from '../../src/streaming/index.ts';
import { type HostedRows, StreamingHost } from '../../src/streaming-host.ts';
import { ThroughputStats } from '../../src/throughput-stats.ts';

const pipe: PipeName = { database: 'DB', schema: 'PUBLIC', pipe: 'T-STREAMING' };
const outcome: CommitOutcome = { rowsInserted: 1, rowsErrorCount: 0, lastError: null };

test('a freeze is answered when the commit under way is done: no row appears after it', async () => {
  const begun = Promise.withResolvers<void>();
  const stored = Promise.withResolvers<void>();
  const store: RowStore<HostedRows> = {
    commit: async (commits) => {
      begun.resolve();
      await stored.promise;
      return commits.map(() => outcome);
    },
    saveChannel: async () => {},
    removeChannel: async () => {},
  };
  const service = new StreamingService<HostedRows>(
    { resolvePipe: () => ({ table: { database: 'DB', schema: 'PUBLIC', table: 'T' }, tableId: '1' }) },
    { commitDelayMs: 0, channelsPerPipe: 1, appendsPerSecond: null },
  );
  const host = new StreamingHost({ service, store, stats: new ThroughputStats(), nowMs: () => 0, onProblem: () => {} });
  await host.open(pipe, 'c', { offsetToken: null, failOnUncommittedRows: false });
  const rows = { rowCount: 1, rawBytes: 1 };
  await host.append(
    pipe,
    'c',
    { continuationToken: '0_1', startOffsetToken: '0', endOffsetToken: '0', rows },
    rows.rawBytes,
  );
  await begun.promise;
  let answered = false;
  const frozen = host.freeze().then(() => {
    answered = true;
  });
  await new Promise(setImmediate);
  expect(answered).toBe(false);
  stored.resolve();
  await frozen;
  expect(service.status(pipe, ['c']).ok?.['c']?.last_committed_offset_token).toBe('0');
});
