import { expect, test } from 'vitest';
import { isExactlyOnce, judge } from '../../support/oracle.ts';
import { createOrder, seededRandom } from '../../support/orders.ts';

const produced = [0n, 1n, 2n].map((offset) => ({ topic: 't', partition: 0, offset }));
const row = (offset: number, rows = 1) => ({ origin: `t/0/${offset}`, rows });

test('stored and dead-lettered together are all: exactly once', () => {
  const verdict = judge(produced, [row(0), row(2)], ['t/0/1', 't/0/1']);
  expect(isExactlyOnce(verdict)).toBe(true);
  expect(verdict).toMatchObject({ produced: 3, stored: 2, deadLettered: 1, deadLettersRepeated: 1 });
});

test('the oracle sees what is missing, twice, or from nowhere', () => {
  const missing = judge(produced, [row(0), row(2)], []);
  const twice = judge(produced, [row(0, 2), row(1), row(2)], []);
  const both = judge(produced, [row(0), row(1), row(2)], ['t/0/2']);
  const unexpected = judge(produced, [row(0), row(1), row(2), row(3)], []);
  expect(missing.missing).toEqual(['t/0/1']);
  expect(twice.twice).toEqual(['t/0/0']);
  expect(both.twice).toEqual(['t/0/2']);
  expect(unexpected.unexpected).toEqual(['t/0/3']);
  expect([missing, twice, both, unexpected].map(isExactlyOnce)).toEqual([false, false, false, false]);
});

const parses = (value: Buffer): boolean => {
  try {
    JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(value));
    return true;
  } catch {
    return false;
  }
};

test('orders repeat by their seed, and malformed is what no strict JSON parser takes', () => {
  const make = (seed: number) => {
    const random = seededRandom(seed);
    return Array.from({ length: 500 }, (_, id) => createOrder(id, random, 5));
  };
  expect(make(1)).toEqual(make(1));
  expect(make(1)).not.toEqual(make(2));
  for (const { value, malformed } of make(3)) expect(parses(value)).toBe(!malformed);
});
