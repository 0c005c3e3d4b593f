import { expect, test } from 'vitest';
import { asNextOffset, type FetchedBatch, type SinkRecord, type SinkTask } from '../../../src/api/index.ts';
import { Delivery } from '../../../src/runtime/delivery.ts';
import type { RecordReader } from '../../../src/runtime/plugins.ts';
import type { RecordConverter } from '../../../src/runtime/record-converter.ts';

test('a rewind while records are being converted: they are not put, for they come again', async () => {
  const batch = {
    topic: 't',
    partition: 0,
    fetchOffset: asNextOffset(0n),
    nextOffset: asNextOffset(1n),
    batches: [{ lastOffset: 0n }],
    release: () => {},
  } as unknown as FetchedBatch;
  const reader = { read: () => [{ offset: 0n }] } as unknown as RecordReader;
  const converting = Promise.withResolvers<SinkRecord>();
  const converter = { convert: () => converting.promise } as unknown as RecordConverter;
  const puts: number[] = [];
  const task = { put: async (records: readonly SinkRecord[]) => void puts.push(records.length) } as unknown as SinkTask;
  const settled = { has: () => false, countWithin: () => 0 };
  const taken: bigint[] = [];
  let abandoned = false;
  const running = new Delivery(batch, task, converter, reader, false, settled).run(
    (next) => taken.push(next),
    () => abandoned,
  );
  abandoned = true;
  converting.resolve({} as SinkRecord);
  await running;
  expect([puts, taken]).toEqual([[], []]);
});
