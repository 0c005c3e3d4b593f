import type { EncodedRows } from '../api/index.ts';
import { freeBytes } from '../util/free-bytes.ts';
import type { WriterLease } from './topic-partition-writer.ts';

const stageBytes = 256 * 1024;
const lineBreak = 10;

/** Rooms kept for the next stage: one that is being filled, and those of the partitions whose rows are being compressed. */
const maxFreeRooms = 4;

/** Counting a short text's bytes takes as long as writing them. */
const mostBytes = (row: string | Uint8Array): number =>
  typeof row === 'string' && row.length < stageBytes / 4 ? row.length * 3 : Buffer.byteLength(row);

/** Room for rows, used again once they are compressed: a record batch often fills a tenth of one. */
export class RowRooms {
  readonly #free: Buffer[] = [];

  /** At least so many bytes. */
  take(least: number): Buffer {
    if (least > stageBytes) return Buffer.allocUnsafeSlow(least);
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(stageBytes);
  }

  /** Large ones lie outside V8's heap, where only a full collection would free them. */
  give(room: Buffer): void {
    if (room.length > stageBytes) freeBytes(room);
    else if (this.#free.length < maxFreeRooms) this.#free.push(room);
  }
}

/** Gathers rows that were made one by one into pieces worth compressing; order is kept. */
export class RowStage {
  readonly #lease: WriterLease;
  readonly #rooms: RowRooms;
  #bytes: Buffer | null = null;
  #used = 0;
  #rowCount = 0;
  #firstOffset = 0n;
  #lastOffset = 0n;

  constructor(lease: WriterLease, rooms: RowRooms) {
    this.#lease = lease;
    this.#rooms = rooms;
  }

  /** A promise: wait before the next one. `rowCount`: lines in the row, where one record makes several. */
  add(row: string | Uint8Array, offset: bigint, rowCount = 1): Promise<void> | null {
    const most = mostBytes(row);
    if (this.#bytes === null || this.#used + most >= this.#bytes.length)
      return this.#addIntoRoom(row, most, offset, rowCount);
    if (typeof row === 'string') return this.written(this.#used + this.#bytes.write(row, this.#used), offset, rowCount);
    this.#bytes.set(row, this.#used);
    return this.written(this.#used + row.length, offset, rowCount);
  }

  async #addIntoRoom(row: string | Uint8Array, most: number, offset: bigint, rowCount: number): Promise<void> {
    await this.room(most + 1);
    await this.add(row, offset, rowCount);
  }

  /** Bytes of which those from `used` on are free; at least so many. */
  async room(least: number): Promise<Buffer> {
    if (this.#bytes !== null && this.#used + least > this.#bytes.length) await this.handOver();
    this.#bytes ??= this.#rooms.take(least);
    return this.#bytes;
  }

  /** What is there already; null: `room` makes some. */
  get bytes(): Buffer | null {
    return this.#bytes;
  }

  get used(): number {
    return this.#used;
  }

  /** A row was written into the room, up to `end`, where a byte is left for the line break. A promise: wait before the next one. */
  written(end: number, offset: bigint, rowCount = 1): Promise<void> | null {
    if (this.#bytes !== null) this.#bytes[end] = lineBreak;
    this.#used = end + 1;
    return this.#count(offset, rowCount);
  }

  #count(offset: bigint, rowCount: number): Promise<void> | null {
    if (this.#rowCount === 0) this.#firstOffset = offset;
    this.#rowCount += rowCount;
    this.#lastOffset = offset;
    return this.#rowCount >= this.#lease.rowRoom() ? this.handOver() : null;
  }

  async handOver(): Promise<void> {
    const room = this.#bytes;
    if (room === null) return;
    this.#bytes = null;
    if (this.#rowCount === 0) return this.#rooms.give(room);
    let held = true;
    const rows: EncodedRows = {
      bytes: room.subarray(0, this.#used),
      rowCount: this.#rowCount,
      firstOffset: this.#firstOffset,
      lastOffset: this.#lastOffset,
      release: () => {
        if (held) this.#rooms.give(room);
        held = false;
      },
    };
    this.#used = 0;
    this.#rowCount = 0;
    await this.#lease.add(rows);
  }
}
