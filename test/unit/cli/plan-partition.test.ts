import { expect, test } from 'vitest';
import { type PartitionFacts, planPartition } from '../../../src/cli/migrate/plan-partition.ts';

const facts: PartitionFacts = {
  topic: 'orders',
  partition: 0,
  table: 'ORDERS',
  logStart: 0n,
  logEnd: 100n,
  committed: null,
  isOurs: false,
  channels: [],
  highestRow: null,
  pendingFiles: null,
};
const channel = (token: string | null) => ({ name: 'orders_0', token });
const planned = (changes: Partial<PartitionFacts>) => planPartition({ ...facts, ...changes });

test.each<[string, Partial<PartitionFacts>, object]>([
  [
    'behind the token',
    { channels: [channel('41')], committed: 42n, highestRow: 41n },
    { kind: 'take-over', start: 42n },
  ],
  [
    'a commit that lags',
    { channels: [channel('41')], committed: 30n, highestRow: 41n },
    { kind: 'take-over', start: 42n },
  ],
  ['the highest of two names', { channels: [channel('9'), channel('41')] }, { kind: 'take-over', start: 42n }],
  [
    'a channel without a token',
    { channels: [channel(null)], committed: 5n, highestRow: 4n },
    { kind: 'take-over', start: 5n },
  ],
  ['nothing at all', {}, { kind: 'new' }],
  [
    'only a commit: files may be under way',
    { committed: 50n, highestRow: 40n },
    { kind: 'take-over', start: 50n, doubts: [expect.stringContaining('SYSTEM$PIPE_STATUS')] },
  ],
  [
    'a pipe that has loaded all',
    { committed: 50n, highestRow: 40n, pendingFiles: 0 },
    { kind: 'take-over', doubts: [] },
  ],
  [
    'a pipe that is still loading',
    { committed: 50n, highestRow: 40n, pendingFiles: 3 },
    { kind: 'stop', because: expect.stringContaining('3 files') },
  ],
  [
    'a table that cannot be read',
    { channels: [channel('41')], highestRow: undefined },
    { kind: 'take-over', doubts: [expect.stringContaining('not proven')] },
  ],
  [
    'a second run',
    { channels: [channel('41')], committed: 50n, isOurs: true, highestRow: 41n },
    { kind: 'take-over', start: 50n },
  ],
  [
    'a commit ahead of the token',
    { channels: [channel('41')], committed: 50n },
    { kind: 'stop', because: expect.stringContaining('offsets 42 to 49') },
  ],
  [
    'rows above the start',
    { channels: [channel('41')], highestRow: 43n },
    { kind: 'stop', because: expect.stringContaining('written twice') },
  ],
  [
    'a partition that nobody knows, of a table that cannot be read',
    { highestRow: undefined },
    { kind: 'stop', because: expect.stringMatching(/SELECT.*--from-group.*offset to 0/) },
  ],
  ['the same without a record', { highestRow: undefined, logEnd: 0n }, { kind: 'new' }],
  ['rows from nobody', { highestRow: 3n }, { kind: 'stop', because: expect.stringContaining('--from-group') }],
  [
    'retention',
    { channels: [channel('1')], logStart: 5n },
    { kind: 'stop', because: expect.stringContaining('3 offsets are lost') },
  ],
  [
    'another log',
    { channels: [channel('500')] },
    { kind: 'stop', because: expect.stringContaining('log ends at 100') },
  ],
  [
    'a token of another program',
    { channels: [channel('batch-7')] },
    { kind: 'stop', because: expect.stringContaining('no Kafka offset') },
  ],
])('%s', (_, changes, expected) => {
  expect(planned(changes)).toMatchObject(expected);
});
