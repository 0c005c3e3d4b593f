import type { RecordBatch, RecordView, TopicPartition } from '../api/index.ts';
import { BatchOpener } from './batch-opener.ts';
import { corruptBatch, readOrCorrupt } from './corrupt-batch.ts';
import { RecordCursor } from './record-bytes.ts';

/**
 * Records of a batch as views. They hold until the batch is released or, where it is compressed, until the next `read`.
 * A batch that cannot be read ends the iteration with a ConnectError that names topic, partition and offsets.
 */
export class RecordReader {
  readonly #opener = new BatchOpener();
  readonly #checkCrcs: boolean;

  constructor({ checkCrcs }: { readonly checkCrcs: boolean }) {
    this.#checkCrcs = checkCrcs;
  }

  /** @param from records below this offset are left out */
  *read(batch: RecordBatch, from: bigint, where: TopicPartition): Generator<RecordView, void, undefined> {
    if (this.#checkCrcs) this.#opener.checkCrc(batch, where);
    const records = this.#opener.open(batch, where);
    const cursor = new RecordCursor(records);
    const next = (): RecordView => cursor.next(batch);
    for (let i = 0; i < batch.recordCount; i++) {
      const record = readOrCorrupt(batch, where, next);
      if (record.offset >= from) yield record;
    }
    if (cursor.position !== records.length)
      throw corruptBatch(where, batch, `${records.length - cursor.position} bytes are left behind its records`);
  }
}
