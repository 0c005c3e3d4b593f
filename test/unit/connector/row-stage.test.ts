import { expect, test } from 'vitest';
import type { EncodedRows } from '../../../src/api/index.ts';
import { RowRooms, RowStage } from '../../../src/connector/row-stage.ts';
import type { WriterLease } from '../../../src/connector/topic-partition-writer.ts';

const text = ({ bytes }: EncodedRows): string => Buffer.from(bytes).toString();

/** A writer that compresses when told. */
const lease = (taken: EncodedRows[], rowRoom = 1000): WriterLease => ({
  taken: null,
  add: (rows) => void taken.push(rows),
  rowRoom: () => rowRoom,
});

const fill = async (stage: RowStage, rows: readonly string[]): Promise<void> => {
  for (const [index, row] of rows.entries()) await stage.add(Buffer.from(row), BigInt(index));
  await stage.handOver();
};

test('rows go in their order, as many at a time as the writer has room for', async () => {
  const taken: EncodedRows[] = [];
  await fill(new RowStage(lease(taken, 2), new RowRooms()), ['a', 'b', 'c']);
  expect(taken.map(text)).toEqual(['a\nb\n', 'c\n']);
  expect(taken.map(({ firstOffset, lastOffset, rowCount }) => [firstOffset, lastOffset, rowCount])).toEqual([
    [0n, 1n, 2],
    [2n, 2n, 1],
  ]);
});

test('a room is used again when its rows are compressed, not before, and once for each time', async () => {
  const taken: EncodedRows[] = [];
  const rooms = new RowRooms();
  const fillAnother = (row: string): Promise<void> => fill(new RowStage(lease(taken), rooms), [row]);
  await fillAnother('first');
  await fillAnother('second');
  expect(taken.map(text)).toEqual(['first\n', 'second\n']);
  taken[0]?.release();
  taken[0]?.release();
  await fillAnother('third');
  await fillAnother('fourth');
  expect(taken.slice(1).map(text)).toEqual(['second\n', 'third\n', 'fourth\n']);
  expect(taken[2]?.bytes.buffer).toBe(taken[0]?.bytes.buffer);
  expect(new Set(taken.map(({ bytes }) => bytes.buffer)).size).toBe(3);
});

test('a row larger than a room that was taken for it has another one, freed when it is compressed', async () => {
  const taken: EncodedRows[] = [];
  const stage = new RowStage(lease(taken), new RowRooms());
  await stage.room(0);
  const large = 'x'.repeat(300 * 1024);
  await stage.add(Buffer.from(large), 0n);
  await stage.handOver();
  expect(taken.map(text)).toEqual([`${large}\n`]);
  taken[0]?.release();
  taken[0]?.release();
  expect(taken[0]?.bytes.length).toBe(0);
});

test('a row larger than a room has one of its own', async () => {
  const taken: EncodedRows[] = [];
  const large = 'x'.repeat(300 * 1024);
  await fill(new RowStage(lease(taken), new RowRooms()), ['a', large, 'b']);
  expect(taken.map(text)).toEqual(['a\n', `${large}\n`, 'b\n']);
});
