import { asNextOffset, type FetchedBatch, type NextOffset, type SinkRecord, type SinkTask } from '../api/index.ts';
import type { DeadLetterBook } from '../dlq/index.ts';
import type { RecordReader } from './plugins.ts';
import type { RecordConverter } from './record-converter.ts';

/** Converted records that the task has not taken yet, and the position behind them. */
interface Chunk {
  readonly records: readonly SinkRecord[];
  readonly next: NextOffset;
}

/** Records that are left alone: they have their dead letter. */
export type SettledRecords = Pick<DeadLetterBook, 'has' | 'countWithin'>;

/**
 * One fetched batch on its way to the task. `run` may be called again after the task threw a RetriableError: it goes on with the
 * very same converted records. Records are views on the batch, and on a decompressed one only until the next is read, so each
 * record batch is put by itself. Whoever holds a delivery ends it with `release`.
 */
export class Delivery {
  readonly batch: FetchedBatch;
  readonly #task: SinkTask;
  readonly #converter: RecordConverter;
  readonly #chunks: AsyncGenerator<Chunk, void>;
  readonly #asBytes: boolean;
  #chunk: Chunk | null = null;
  /** Records that were put. */
  putCount = 0;

  constructor(
    batch: FetchedBatch,
    task: SinkTask,
    converter: RecordConverter,
    reader: RecordReader,
    canPutBytes: boolean,
    settled: SettledRecords,
  ) {
    this.batch = batch;
    this.#task = task;
    this.#converter = converter;
    this.#chunks = chunksOf(batch, converter, reader, settled);
    const bytesWillDo = canPutBytes && settled.countWithin(batch, batch.fetchOffset, batch.nextOffset) === 0;
    this.#asBytes = bytesWillDo && task.putBytes !== undefined;
  }

  /** Puts what is left; `taken` hears how far after each part. Stops early where `isAbandoned` says that nobody wants the rest. */
  async run(taken: (next: NextOffset) => void, isAbandoned: () => boolean): Promise<void> {
    if (this.#asBytes) {
      await this.#task.putBytes?.(this.batch, this.#converter.pathFor(this.batch));
      this.putCount = this.batch.recordCount;
    } else if (!(await this.#putRecords(taken, isAbandoned))) return;
    taken(this.batch.nextOffset);
  }

  async #putRecords(taken: (next: NextOffset) => void, isAbandoned: () => boolean): Promise<boolean> {
    for (;;) {
      this.#chunk ??= (await this.#chunks.next()).value ?? null;
      if (this.#chunk === null) return true;
      // A conversion may have waited (for a registry), and a rewind come meanwhile.
      if (isAbandoned()) return false;
      await this.#task.put(this.#chunk.records);
      this.putCount += this.#chunk.records.length;
      taken(this.#chunk.next);
      this.#chunk = null;
      if (isAbandoned()) return false;
    }
  }

  release(): void {
    this.batch.release();
  }
}

async function* chunksOf(
  batch: FetchedBatch,
  converter: RecordConverter,
  reader: RecordReader,
  settled: SettledRecords,
): AsyncGenerator<Chunk, void> {
  for (const recordBatch of batch.batches) {
    const records: SinkRecord[] = [];
    for (const view of reader.read(recordBatch, batch.fetchOffset, batch)) {
      if (settled.has(batch, view.offset)) continue;
      const converted = converter.convert(batch, view);
      const record = converted instanceof Promise ? await converted : converted;
      if (record !== null) records.push(record);
    }
    yield { records, next: asNextOffset(recordBatch.lastOffset + 1n) };
  }
}
