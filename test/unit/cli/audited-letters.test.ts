import { expect, test } from 'vitest';
import type { PartitionVerdict } from '../../../src/cli/audit/audit-partition.ts';
import { deadLettersOf, letteredByOthers } from '../../../src/cli/audit/dead-letters.ts';

async function* letters() {
  for (const [writer, offset] of [
    ['old', '8'],
    ['old', '7'],
    ['new', '9'],
    [null, '3'],
    ['other', '100'],
    ['old', 'none'],
  ] as const) {
    const context = new Map([
      ['topic', 't'],
      ['partition', '0'],
      ['offset', offset],
    ]);
    if (writer !== null) context.set('connector.name', writer);
    yield { context };
  }
}

test('a missing record that the connector before has dead-lettered under its own name is told of', async () => {
  const found = await deadLettersOf(letters(), 'new');
  expect(found.get('new')?.get('t-0')).toEqual([
    { first: 3, last: 3 },
    { first: 9, last: 9 },
  ]);
  const verdict = { topic: 't', partition: 0, missing: [{ first: 5, last: 9 }] } as unknown as PartitionVerdict;
  expect(letteredByOthers([verdict], found, 'new')).toEqual([
    'Of the missing records of t-0 2 have dead letters of connector old: if new has taken over from it, that is where they are.',
  ]);
});
