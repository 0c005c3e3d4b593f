import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Catalog, type PipeName, StreamingService } from '../../src/streaming/index.ts';

interface Rows {
  readonly rowCount: number;
  readonly values: readonly number[];
}

const pipe: PipeName = { database: 'DB', schema: 'PUBLIC', pipe: 'T-STREAMING' };
const limits = { commitDelayMs: 100, channelsPerPipe: 3, appendsPerSecond: null };

/** One table, which a test may drop or replace. */
const world = (overrides: Partial<typeof limits> | { appendsPerSecond: number } = {}) => {
  const state = { tableId: 'first' as string | null, table: [] as number[] };
  const catalog: Catalog = {
    resolvePipe: () =>
      state.tableId === null
        ? { missing: 'table' }
        : { table: { database: 'DB', schema: 'PUBLIC', table: 'T' }, tableId: state.tableId },
  };
  const service = new StreamingService<Rows>(catalog, { ...limits, ...overrides });
  const open = (nowMs: number, failOnUncommittedRows = false, offsetToken: string | null = null) =>
    service.open(pipe, 'c', { offsetToken, failOnUncommittedRows }, nowMs);
  const append = (continuationToken: string, values: readonly number[], nowMs: number) =>
    service.append(
      pipe,
      'c',
      {
        continuationToken,
        startOffsetToken: String(values[0]),
        endOffsetToken: String(values.at(-1)),
        rows: { rowCount: values.length, values },
      },
      nowMs,
    );
  const commit = (nowMs: number): void => {
    for (const due of service.takeDue(nowMs)) {
      const values = due.batches.flatMap(({ rows }) => rows.values);
      state.table.push(...values);
      service.settle(due, { rowsInserted: values.length, rowsErrorCount: 0, lastError: null }, nowMs);
    }
  };
  const committed = (): string | null => service.status(pipe, ['c']).ok?.['c']?.last_committed_offset_token ?? null;
  return { state, service, open, append, commit, committed };
};

test('tokens run 0_1, 0_2 and after a reopen 1_1', () => {
  const { open, append } = world();
  expect(open(0).ok?.nextContinuationToken).toBe('0_1');
  expect(append('0_1', [1], 0).ok).toEqual({ nextContinuationToken: '0_2', taken: true });
  expect(open(0).ok?.nextContinuationToken).toBe('1_1');
});

test('a used token takes nothing and gives the current one', () => {
  const { open, append, commit, state, committed } = world();
  open(0);
  append('0_1', [1, 2], 0);
  expect(append('0_1', [1, 2, 3], 0).ok).toEqual({ nextContinuationToken: '0_2', taken: false });
  commit(100);
  expect(state.table).toEqual([1, 2]);
  expect(committed()).toBe('2');
});

test.each(['1_1', '0_3', '7_9'])('token %s is stale', (token) => {
  const { open, append } = world();
  open(0);
  expect(append(token, [1], 0).error).toMatchObject({ httpStatus: 400, code: 'STALE_CONTINUATION_TOKEN_SEQUENCER' });
});

test('the first opener is fenced by the second', () => {
  const { open, append } = world();
  open(0);
  open(0);
  expect(append('0_1', [1], 0).error?.code).toBe('STALE_CONTINUATION_TOKEN_SEQUENCER');
  expect(append('1_1', [1], 0).ok?.taken).toBe(true);
});

test('uncommitted rows: refused with the flag, discarded without', () => {
  const { open, append, commit, state } = world();
  open(0);
  append('0_1', [1], 0);
  expect(open(50, true).error).toMatchObject({ httpStatus: 409, code: 'ERR_CHANNEL_HAS_UNCOMMITTED_DATA' });
  open(50);
  commit(1000);
  expect(state.table).toEqual([]);
});

test('an open waits for a commit that is being written', () => {
  const { open, append, service } = world();
  open(0);
  append('0_1', [1], 0);
  const [commit] = service.takeDue(100);
  expect(open(100).error?.code).toBe('ERR_OPEN_CHANNEL_IN_PROGRESS');
  if (commit !== undefined) service.settle(commit, { rowsInserted: 1, rowsErrorCount: 0, lastError: null }, 100);
  expect(open(100).ok?.status.last_committed_offset_token).toBe('1');
});

test('the token advances over rejected rows and error counters survive a reopen', () => {
  const { open, append, service, committed } = world();
  open(0);
  append('0_1', [1, 2], 0);
  for (const due of service.takeDue(100))
    service.settle(
      due,
      { rowsInserted: 1, rowsErrorCount: 1, lastError: { message: 'no', offsetUpperBound: '2' } },
      100,
    );
  expect(committed()).toBe('2');
  expect(open(200).ok?.status).toMatchObject({ rows_inserted: 1, rows_parsed: 2, rows_error_count: 1 });
});

test('from outside: what waits, since when, and the token that it leads to', () => {
  const { service, open, append, commit } = world();
  open(0);
  append('0_1', [1, 2], 10);
  append('0_2', [3], 50);
  expect([...service.channels()]).toMatchObject([{ pendingRows: 3, acceptedToken: '3', waitingSinceMs: 10 }]);
  commit(110);
  expect([...service.channels()]).toMatchObject([{ pendingRows: 1, acceptedToken: '3', waitingSinceMs: 50 }]);
  commit(150);
  expect([...service.channels()]).toMatchObject([{ pendingRows: 0, acceptedToken: '3', waitingSinceMs: null }]);
});

test('a seed overwrites the committed token', () => {
  const { open, committed } = world();
  open(0, false, '41');
  expect(committed()).toBe('41');
});

test('a dropped table shows in the status, a replaced one forgets its channels', () => {
  const { open, append, commit, state, service, committed } = world();
  open(0);
  append('0_1', [1], 0);
  commit(100);
  state.tableId = null;
  expect(service.status(pipe, ['c']).ok?.['c']?.channel_status_code).toBe('ERR_TABLE_DOES_NOT_EXIST_NOT_AUTHORIZED');
  expect(append('0_2', [2], 200).error?.httpStatus).toBe(404);
  state.tableId = 'second';
  expect(committed()).toBe(null);
  expect(open(300).ok?.nextContinuationToken).toBe('1_1');
});

test('a channel that was dropped and made again refuses the tokens of its predecessor', () => {
  const { open, append, service } = world();
  open(0);
  expect(service.drop(pipe, 'c', false).ok).toEqual({ dropped: true });
  expect(open(1).ok?.nextContinuationToken).toBe('1_1');
  expect(append('0_1', [1], 1).error?.code).toBe('STALE_CONTINUATION_TOKEN_SEQUENCER');
});

test('limits: channels per pipe, appends per second', () => {
  const { service, append } = world({ appendsPerSecond: 2 });
  for (const name of ['c', 'd', 'e']) service.open(pipe, name, { offsetToken: null, failOnUncommittedRows: false }, 0);
  expect(service.open(pipe, 'f', { offsetToken: null, failOnUncommittedRows: false }, 0).error).toBeDefined();
  append('0_1', [1], 0);
  append('0_2', [2], 0);
  expect(append('0_3', [3], 999).error?.httpStatus).toBe(429);
  expect(append('0_3', [3], 1001).ok?.taken).toBe(true);
});

/** A client that obeys the rules, over a network that loses requests and replies, with a rival and slow commits. */
test('a client that retries identically and rewinds after fencing stores every row once, in order', () => {
  const step = fc.constantFrom('append', 'lost-request', 'lost-reply', 'commit', 'rival', 'tick' as const);
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), fc.integer({ min: 1, max: 5 }), (steps, batch) => {
      const { open, append, commit, state, committed } = world();
      let now = 0;
      let next = 0;
      let token = '';
      let inDoubt: number[] | null = null;
      const reopen = (): void => {
        token = open(now).ok?.nextContinuationToken ?? '';
        const last = committed();
        next = last === null ? 0 : Number(last) + 1;
        inDoubt = null;
      };
      const send = (values: number[], replyArrives: boolean): void => {
        const reply = append(token, values, now);
        if (reply.error !== undefined) {
          reopen();
          return;
        }
        inDoubt = replyArrives ? null : values;
        if (!replyArrives) return;
        token = reply.ok.nextContinuationToken;
        next = (values.at(-1) ?? 0) + 1;
      };
      reopen();
      const values = (): number[] => inDoubt ?? Array.from({ length: batch }, (_, index) => next + index);
      for (const what of steps) {
        if (what === 'append') send(values(), true);
        if (what === 'lost-reply') send(values(), false);
        if (what === 'lost-request') inDoubt = values();
        if (what === 'commit') commit(now);
        if (what === 'rival') open(now);
        if (what === 'tick') now += 70;
      }
      send(values(), true);
      send(values(), true);
      now += 1000;
      commit(now);
      expect(state.table).toEqual(state.table.map((_, index) => index));
      expect(state.table.length).toBe(Number(committed() ?? -1) + 1);
    }),
  );
});
