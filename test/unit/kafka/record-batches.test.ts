import { describe, expect, test } from 'vitest';
import type { ProducerRecord } from '../../../src/api/index.ts';
import { encodeRecordBatch } from '../../../src/kafka/encode-record-batch.ts';
import { FetchedPartition } from '../../../src/kafka/fetched-partition.ts';
import { crc32c } from '../../../src/util/crc32c.ts';

const record = (value: string): ProducerRecord => ({ topic: 't', key: null, value: Buffer.from(value), headers: [] });

/** A batch of data at an offset; `producer` puts it into a transaction. */
const data = async (baseOffset: number, count: number, producer?: number): Promise<Buffer> => {
  const batch = await encodeRecordBatch(
    Array.from({ length: count }, (_, i) => record(`v${i}`)),
    'none',
    5,
  );
  return at(batch, baseOffset, producer === undefined ? 0 : 0x10, producer ?? -1);
};
const at = (batch: Buffer, baseOffset: number, attributes: number, producer: number): Buffer => {
  batch.writeBigInt64BE(BigInt(baseOffset), 0);
  batch.writeInt16BE(batch.readInt16BE(21) | attributes, 21);
  batch.writeBigInt64BE(BigInt(producer), 43);
  return batch;
};
/** A transaction marker: key = version (int16), type (int16; 0 abort, 1 commit). */
const marker = async (baseOffset: number, producer: number, type: 0 | 1): Promise<Buffer> => {
  const key = Buffer.from([0, 0, 0, type]);
  const batch = await encodeRecordBatch([{ ...record(''), key, value: Buffer.alloc(6) }], 'none', 5);
  return at(batch, baseOffset, 0x30, producer);
};

const fetched = (from: number, sets: readonly Buffer[], aborted: readonly [producer: number, first: number][] = []) =>
  new FetchedPartition('t', String(from), {
    partition: 3,
    highWatermark: '1000',
    abortedTransactions: aborted.map(([producer, first]) => ({
      producerId: String(producer),
      firstOffset: String(first),
    })),
    messages: Buffer.concat(sets),
  });
const offsetsOf = ({ recordBatches }: FetchedPartition) => recordBatches.map(({ baseOffset }) => Number(baseOffset));

test('header fields of a batch', async () => {
  const [batch] = fetched(10, [await data(10, 4)]).recordBatches;
  expect(batch).toMatchObject({
    baseOffset: 10n,
    lastOffset: 13n,
    recordCount: 4,
    codec: 'none',
    timestampType: 'CreateTime',
    baseTimestamp: 5n,
    maxTimestamp: 5n,
  });
  expect(batch?.crc).toBe(crc32c(batch?.bytes.subarray(21) ?? new Uint8Array()));
});

test('batches wholly before the fetch offset and a cut-off last one are left out; one that straddles it stays', async () => {
  const last = await data(30, 5);
  const answer = fetched(12, [
    await data(0, 10),
    await data(10, 10),
    await data(20, 10),
    last.subarray(0, last.length - 1),
  ]);
  expect(offsetsOf(answer)).toEqual([10, 20]);
  expect(answer.nextOffset).toBe(30n);
  expect(answer.recordCount).toBe(20);
});

test('an answer of control batches only still moves the position', async () => {
  const answer = fetched(7, [await marker(7, 1, 1)]);
  expect(answer.recordBatches).toEqual([]);
  expect(answer.isEmpty()).toBe(false);
  expect(answer.lastOffset()).toBe('7');
});

test('an empty answer does not', () => {
  const answer = fetched(7, []);
  expect(answer.isEmpty()).toBe(true);
  expect(answer.nextOffset).toBe(7n);
});

describe('aborted transactions', () => {
  test('overlapping ones, listed in any order', async () => {
    const sets = [
      await data(0, 1, 1),
      await data(1, 1, 2),
      await marker(2, 2, 0),
      await data(3, 1, 2),
      await data(4, 1, 1),
      await marker(5, 1, 0),
      await marker(6, 2, 1),
      await data(7, 1, 1),
      await marker(8, 1, 1),
    ];
    const expected = [3, 7];
    expect(
      offsetsOf(
        fetched(0, sets, [
          [1, 0],
          [2, 1],
        ]),
      ),
    ).toEqual(expected);
    expect(
      offsetsOf(
        fetched(0, sets, [
          [2, 1],
          [1, 0],
        ]),
      ),
    ).toEqual(expected);
  });
  test('two aborts of one producer', async () => {
    const sets = [
      await data(0, 1, 1),
      await marker(1, 1, 0),
      await data(2, 1, 1),
      await marker(3, 1, 0),
      await data(4, 1),
    ];
    expect(
      offsetsOf(
        fetched(0, sets, [
          [1, 0],
          [1, 2],
        ]),
      ),
    ).toEqual([4]);
  });
  test('one whose marker is in a later answer', async () => {
    expect(offsetsOf(fetched(0, [await data(0, 1, 1), await data(1, 1)], [[1, 0]]))).toEqual([1]);
  });
  test('one that began before the fetch offset', async () => {
    expect(offsetsOf(fetched(5, [await data(5, 1, 1), await marker(6, 1, 0), await data(7, 1)], [[1, 2]]))).toEqual([
      7,
    ]);
  });
});

test('message formats of before Kafka 0.11 are refused in words', async () => {
  const old = await data(0, 1);
  old[16] = 1;
  expect(() => fetched(0, [old])).toThrow(/t-3 at offset 0: .*message format 1, which Kafka wrote before 0\.11/);
});

test('bytes without a whole batch are an error, never a silent loop', async () => {
  const batch = await data(0, 5);
  expect(() => fetched(0, [batch.subarray(0, 50)])).toThrow(/without one whole record batch/);
});
