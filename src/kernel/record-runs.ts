import type { RecordBatch, RecordView, TopicPartition } from '../api/index.ts';
import { type BatchOpener, blockCodecs, crcMismatch } from './batch-opener.ts';
import { corruptBatch, readOrCorrupt } from './corrupt-batch.ts';
import { GzipUnpacker } from './gzip-unpacker.ts';
import type { KernelMemory, Region } from './kernel-memory.ts';
import { batchHeaderBytes, crcFrom, RecordCursor } from './record-bytes.ts';
import { ZstdUnpacker } from './zstd-unpacker.ts';

/** Whole records that follow one another in the kernel's memory. */
export interface RecordRun {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** A single record that is larger than any room in the kernel's memory: the host makes its row. */
export interface LargeRecord {
  readonly large: RecordView;
}

/** Brings the records of a batch to where the kernel can read them: at best they are there already. */
export class RecordRuns {
  readonly #memory: KernelMemory;
  readonly #opener: BatchOpener;
  readonly #checkCrcs: boolean;
  readonly #unpackers = { gzip: new GzipUnpacker(), zstd: new ZstdUnpacker() };

  constructor(memory: KernelMemory, opener: BatchOpener, checkCrcs: boolean) {
    this.#memory = memory;
    this.#opener = opener;
    this.#checkCrcs = checkCrcs;
  }

  /** Each run is valid until the next one is asked for. Throws ConnectError (corruptBatch). */
  of(batch: RecordBatch, where: TopicPartition): Iterable<RecordRun | LargeRecord> {
    if (this.#checkCrcs) this.#checkCrc(batch, where);
    const run = this.#inPlace(batch) ?? this.#unpackedHere(batch, where);
    return run === null ? this.#staged(this.#opener.open(batch, where), batch, where) : [run];
  }

  #checkCrc(batch: RecordBatch, where: TopicPartition): void {
    if (!this.#memory.holds(batch.bytes)) {
      this.#opener.checkCrc(batch, where);
      return;
    }
    const crc = this.#memory.kernel.crc32c(batch.bytes.byteOffset + crcFrom, batch.bytes.length - crcFrom) >>> 0;
    if (crc !== batch.crc) throw crcMismatch(batch, where, crc);
  }

  #inPlace({ codec, bytes, recordCount }: RecordBatch): RecordRun | null {
    if (codec !== 'none' || !this.#memory.holds(bytes)) return null;
    return { from: bytes.byteOffset + batchHeaderBytes, to: bytes.byteOffset + bytes.length, count: recordCount };
  }

  /** Where source and result fit. */
  #unpackedHere(batch: RecordBatch, where: TopicPartition): RecordRun | null {
    if (batch.codec === 'none') return null;
    if (batch.codec === 'gzip' || batch.codec === 'zstd')
      return this.#inflatedHere(batch, this.#unpackers[batch.codec]);
    const { bound, decompress } = blockCodecs[batch.codec];
    const { heap, kernel, staging, unpacked } = this.#memory;
    let body = batch.bytes.subarray(batchHeaderBytes);
    if (!this.#memory.holds(body)) {
      if (body.length > staging.bytes) return null;
      heap.set(body, staging.at);
      body = heap.subarray(staging.at, staging.at + body.length);
    }
    try {
      if (bound(body) > unpacked.bytes) return null;
      const to = decompress(kernel, body, unpacked.at, unpacked.at + unpacked.bytes);
      return { from: unpacked.at, to, count: batch.recordCount };
    } catch (error) {
      throw corruptBatch(where, batch, error instanceof Error ? error.message : String(error), error);
    }
  }

  #inflatedHere({ bytes, recordCount }: RecordBatch, unpacker: GzipUnpacker | ZstdUnpacker): RecordRun | null {
    const { heap, unpacked } = this.#memory;
    const target = heap.subarray(unpacked.at, unpacked.at + unpacked.bytes);
    const length = unpacker.unpack(bytes.subarray(batchHeaderBytes), target);
    return length < 0 ? null : { from: unpacked.at, to: unpacked.at + length, count: recordCount };
  }

  /** Copies records in, as many whole ones at a time as there is room for; a large one alone, to a room of its own. */
  *#staged(records: Uint8Array, batch: RecordBatch, where: TopicPartition): Generator<RecordRun | LargeRecord> {
    const { heap, staging, largeRecord } = this.#memory;
    const cursor = new RecordCursor(records);
    const skip = (): number => readOrCorrupt(batch, where, () => cursor.skip());
    let from = 0;
    let end = 0;
    let count = 0;
    const run = (room: Region): RecordRun => {
      heap.set(records.subarray(from, end), room.at);
      return { from: room.at, to: room.at + end - from, count };
    };
    for (let i = 0; i < batch.recordCount; i++) {
      const next = skip();
      if (next - from > staging.bytes) {
        if (count > 0) yield run(staging);
        from = end;
        count = 0;
      }
      end = next;
      count++;
      if (next - from <= staging.bytes) continue;
      if (next - from <= largeRecord.bytes) yield run(largeRecord);
      else yield { large: readOrCorrupt(batch, where, () => new RecordCursor(records, from, next).next(batch)) };
      from = next;
      count = 0;
    }
    if (end !== records.length)
      throw corruptBatch(where, batch, `${records.length - end} bytes are left behind its records`);
    if (count > 0) yield run(staging);
  }
}
