import { expect, test } from 'vitest';
import { hideAborted } from '../../support/committed-kafkajs.ts';

const marker = (offset: number, producerId: string, type: 0 | 1) => ({
  ...{ offset: String(offset), key: Buffer.from([0, 0, 0, type]), isControlRecord: true },
  batchContext: { producerId, inTransaction: true },
});
const letter = (offset: number, producerId: string) => ({
  ...{ offset: String(offset), key: null, isControlRecord: false },
  batchContext: { producerId, inTransaction: true },
});

test('transactions that overlap are hidden in whatever order the broker lists them', () => {
  const messages = [
    letter(0, 'a'),
    letter(1, 'b'),
    marker(2, 'b', 0),
    letter(3, 'a'),
    marker(4, 'a', 0),
    letter(5, 'a'),
    marker(6, 'a', 1),
  ];
  // b ended first
  const abortedTransactions = [
    { producerId: 'b', firstOffset: '1' },
    { producerId: 'a', firstOffset: '0' },
  ];
  hideAborted({ messages, abortedTransactions });
  expect(messages.filter((each) => !each.isControlRecord).map(({ offset }) => offset)).toEqual(['5']);
});

test('transactions that began before the fetch are hidden from its first record on', () => {
  const messages = [letter(7, 'b'), letter(8, 'a'), marker(9, 'a', 0), marker(10, 'b', 0), letter(11, 'c')];
  const abortedTransactions = [
    { producerId: 'a', firstOffset: '3' },
    { producerId: 'b', firstOffset: '2' },
  ];
  hideAborted({ messages, abortedTransactions });
  expect(messages.filter((each) => !each.isControlRecord).map(({ offset }) => offset)).toEqual(['11']);
});
