import { expect, test } from 'vitest';
import { asNextOffset } from '../../../src/api/index.ts';
import { type FetchFrom, FetchSession } from '../../../src/kafka/fetch-session.ts';

const from = (partition: number, offset: number): [string, FetchFrom] => [
  `orders-${partition}`,
  { topic: 'orders', partition, offset: asNextOffset(BigInt(offset)) },
];
const ok = (sessionId: number, ...partitions: string[]) => ({ errorCode: 0, sessionId, partitions });
const named = (partitions: readonly { readonly partition: number }[]): readonly number[] =>
  partitions.map(({ partition }) => partition);

/** A session that the broker keeps under number 7, with partitions 0 and 1 at 10. */
const established = (): FetchSession => {
  const session = new FetchSession();
  session.next(new Map([from(0, 10), from(1, 10)]));
  expect(session.answered(ok(7, 'orders-0', 'orders-1'))).toBe(true);
  return session;
};

test('only what is new, gone or read from elsewhere is named', () => {
  const session = established();
  const nothing = session.next(new Map([from(0, 10), from(1, 10)]));
  expect(nothing).toEqual({ sessionId: 7, sessionEpoch: 1, partitions: [], forgotten: [] });
  session.answered(ok(7));
  const moved = session.next(new Map([from(0, 11), from(2, 5)]));
  expect(moved).toMatchObject({ sessionId: 7, sessionEpoch: 2 });
  expect([named(moved.partitions), named(moved.forgotten)]).toEqual([[0, 2], [1]]);
  session.answered(ok(7, 'orders-2'));
  const back = session.next(new Map([from(0, 3), from(1, 10), from(2, 5)]));
  expect([named(back.partitions), named(back.forgotten)], 'a seek back, and one that was resumed').toEqual([
    [0, 1],
    [],
  ]);
});

test('a broker without room for a session is asked for everything each time', () => {
  const session = new FetchSession();
  for (const _ of [1, 2]) {
    const request = session.next(new Map([from(0, 10)]));
    expect(request).toMatchObject({ sessionId: 0, sessionEpoch: 0 });
    expect(named(request.partitions)).toEqual([0]);
    expect(session.answered(ok(0, 'orders-0'))).toBe(true);
  }
});

for (const { what, answer, usable, sessionId } of [
  { what: 'evicted (70)', answer: { errorCode: 70, sessionId: 0, partitions: [] }, usable: false, sessionId: 0 },
  { what: 'out of step (71)', answer: { errorCode: 71, sessionId: 0, partitions: [] }, usable: false, sessionId: 7 },
  { what: 'of another session', answer: ok(8), usable: false, sessionId: 7 },
  { what: 'of a partition that is not in it', answer: ok(7, 'orders-9'), usable: false, sessionId: 7 },
  { what: 'the last: the broker has closed it', answer: ok(0, 'orders-0'), usable: true, sessionId: 0 },
  { what: 'none', answer: null, usable: false, sessionId: 7 },
]) {
  test(`everything is named again after an answer that is ${what}`, () => {
    const session = established();
    session.next(new Map([from(0, 12), from(1, 10)]));
    if (answer === null) session.failed();
    else expect(session.answered(answer)).toBe(usable);
    const request = session.next(new Map([from(0, 12), from(1, 10)]));
    expect(request).toMatchObject({ sessionId, sessionEpoch: 0, forgotten: [] });
    expect(named(request.partitions)).toEqual([0, 1]);
  });
}
