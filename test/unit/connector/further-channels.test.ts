import { expect, test } from 'vitest';
import { type Assignment, asLastOffset, asNextOffset, type ChannelStatus } from '../../../src/api/index.ts';
import { FurtherChannels } from '../../../src/connector/further-channels.ts';
import type { TopicPartitionWriter } from '../../../src/connector/topic-partition-writer.ts';
import { encodeCommitMetadata } from '../../../src/offsets/index.ts';

const lanes = ['T 1/3', 'T 2/3', 'T 3/3'];
const metadata = encodeCommitMetadata({
  token: asLastOffset(90n),
  topicId: 'T1',
  incarnation: '1',
  lanes: 3,
  laneRows: [{ below: asNextOffset(120n), rows: 40, incarnation: '2' }, null],
  tables: new Map([['T 2/3', asLastOffset(115n)]]),
  rejectedByTable: new Map([['T 2/3', 5]]),
});
const assignment = { committed: { offset: asNextOffset(100n), metadata } } as Assignment;
const begun = (at: bigint, beginsAnew = false): FurtherChannels =>
  new FurtherChannels({ assignment, lanes, begunAt: asNextOffset(at), beginsAnew, bringsAll: false });
const opened = (committed: bigint, incarnation = '2'): ChannelStatus => ({
  committed: asLastOffset(committed),
  rowsRejected: 0,
  rowsRejectedEver: 7,
  rowsInsertedEver: 60,
  lastRejection: null,
  incarnation,
});

test('a lane goes on from what its last commit knew of its rows, and notes the same', () => {
  const channels = begun(100n);
  expect(channels.verified('T 2/3', opened(150n), null)).toEqual({ last: 119n, count: 5, rows: 40 });
  expect(channels.noted).toMatchObject({ lanes: 3, laneRows: [{ below: 120n, rows: 40, incarnation: '2' }, null] });
});

test('a channel made anew since has all its rows from the beginning on', () => {
  expect(begun(100n).verified('T 2/3', opened(150n, '9'), null)).toEqual({ last: 99n, count: 0, rows: 0 });
});

test('what is behind the beginning is accounted for; of rows past it that no commit notes nothing is known', () => {
  expect(begun(200n).verified('T 2/3', opened(150n), null)).toEqual({ last: 199n, count: 7, rows: 67 });
  expect(begun(100n).verified('T 3/3', opened(150n), null)).toEqual({ last: 99n, count: 0, rows: null });
  expect(begun(100n, true).noted.laneRows).toEqual([null, null]);
});

test('a channel that is used first when its partition was committed further has no rows before that', () => {
  const verified = begun(200n).verified('T 2/3', opened(150n), asNextOffset(260n));
  expect(verified).toEqual({ last: 259n, count: 7, rows: 67 });
});

test('where a lane’s token went back, all up to it is there', () => {
  expect(begun(100n).verified('T 2/3', opened(110n), null)).toEqual({ last: 110n, count: 7, rows: 67 });
});

test('where retention took what the commit led to, only rows that are still read count', () => {
  expect(begun(130n).verified('T 2/3', opened(150n), null)).toEqual({ last: 129n, count: 5, rows: 67 });
});

test('dropped rows of a channel that is gone are not held against the one in its place', () => {
  const channels = begun(100n);
  const audit = { verified: { last: 150n, count: 0, rows: 3 } };
  channels.note('T 2/3', { token: asLastOffset(150n), incarnation: '9', audit } as TopicPartitionWriter);
  expect(channels.noted.rejectedByTable).toEqual(new Map());
  expect(channels.noted.laneRows[0]).toEqual({ below: 151n, rows: 3, incarnation: '9' });
});

test('sixteen lanes leave half of a commit’s room', () => {
  const lane = { below: asNextOffset(123_456_789_012n), rows: 12_345_678_901, incarnation: '1700000000000' };
  const noted = {
    token: asLastOffset(123_456_789_011n),
    topicId: 'JKVHnVSdTsiRL1tqHTeBoA',
    incarnation: '1700000000000',
  };
  const text = encodeCommitMetadata({ ...noted, lanes: 16, laneRows: Array.from({ length: 15 }, () => lane) });
  expect(text.length).toBeLessThan(1000);
});
