import type { EncodedRows, RowSink } from '../api/index.ts';
import type { Region } from './kernel-memory.ts';

const lineBreak = 0x0a;

/** Slots of finished rows: taken when rows are made, given back when they are compressed. */
export class RowSlots {
  readonly #free: Region[];
  readonly #waiting: ((slot: Region) => void)[] = [];
  readonly bytes: number;

  constructor(slots: readonly Region[]) {
    this.#free = [...slots];
    this.bytes = Math.min(...slots.map((slot) => slot.bytes));
  }

  take(): Region | Promise<Region> {
    const slot = this.#free.pop();
    if (slot !== undefined) return slot;
    const { promise, resolve } = Promise.withResolvers<Region>();
    this.#waiting.push(resolve);
    return promise;
  }

  give(slot: Region): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free.push(slot);
    else next(slot);
  }
}

/**
 * Collects the rows of one call of `encode` in slots and passes full ones on, in order. One `add` may be under way while the
 * next slot is being filled, never two. A row that no slot holds goes alone in a large one.
 */
export class SlotWriter {
  readonly #heap: Buffer;
  readonly #slots: RowSlots;
  readonly #largeSlots: RowSlots;
  readonly #sink: RowSink;
  readonly #onNewSlot: () => void;
  #slot: Region | null = null;
  /** Where the slot is from. */
  #pool: RowSlots;
  #adding: Promise<void> | undefined;
  #firstOffset = 0n;
  #lastOffset = 0n;
  rowCount = 0;
  /** Where the next row goes; meaningful while `isOpen`. */
  target = 0;

  /** @param onNewSlot called when a slot is taken, before its first row is made */
  constructor(
    heap: Buffer,
    { usual, large }: { readonly usual: RowSlots; readonly large: RowSlots },
    sink: RowSink,
    onNewSlot: () => void,
  ) {
    this.#heap = heap;
    this.#slots = usual;
    this.#largeSlots = large;
    this.#pool = usual;
    this.#sink = sink;
    this.#onNewSlot = onNewSlot;
  }

  get isOpen(): boolean {
    return this.#slot !== null;
  }

  get limit(): number {
    return this.#slot === null ? 0 : this.#slot.at + this.#slot.bytes;
  }

  get isLarge(): boolean {
    return this.#pool === this.#largeSlots;
  }

  /** Rows that may still go into the slot. */
  get rowRoom(): number {
    const room = this.#sink.rowRoom?.() ?? Number.MAX_SAFE_INTEGER;
    return Math.max(0, (this.isLarge ? 1 : room) - this.rowCount);
  }

  /** @param forLarge for a row that the usual slots do not hold */
  async open(forLarge = false): Promise<void> {
    this.#pool = forLarge ? this.#largeSlots : this.#slots;
    this.#slot = await this.#pool.take();
    this.target = this.#slot.at;
    this.#onNewSlot();
  }

  /** Books rows that were written between `target` and `end`. */
  wrote(rowCount: number, end: number, firstOffset: bigint, lastOffset: bigint): void {
    if (rowCount === 0) return;
    if (this.rowCount === 0) this.#firstOffset = firstOffset;
    this.#lastOffset = lastOffset;
    this.rowCount += rowCount;
    this.target = end;
  }

  /** A row made elsewhere, without its line break. */
  async append(row: Uint8Array, offset: bigint): Promise<void> {
    const length = row.length + 1;
    if (length > this.limit - this.target || this.rowRoom === 0) await this.handOver();
    if (length > this.#largeSlots.bytes) {
      const bytes = new Uint8Array(length);
      bytes.set(row);
      bytes[row.length] = lineBreak;
      return this.#add({ bytes, rowCount: 1, firstOffset: offset, lastOffset: offset, release: () => {} });
    }
    if (!this.isOpen) await this.open(length > this.#slots.bytes);
    this.#heap.set(row, this.target);
    this.#heap[this.target + row.length] = lineBreak;
    this.wrote(1, this.target + length, offset, offset);
  }

  /** Passes on what is in the slot. */
  async handOver(): Promise<void> {
    const slot = this.#slot;
    if (slot === null) return;
    const pool = this.#pool;
    this.#slot = null;
    this.#pool = this.#slots;
    const { target: end, rowCount } = this;
    this.target = 0;
    this.rowCount = 0;
    if (rowCount === 0) return pool.give(slot);
    let held = true;
    await this.#add({
      bytes: this.#heap.subarray(slot.at, end),
      rowCount,
      firstOffset: this.#firstOffset,
      lastOffset: this.#lastOffset,
      release: () => {
        if (held) pool.give(slot);
        held = false;
      },
    });
  }

  /** Everything is passed on and taken, or the error of the sink that refused. */
  async finish(): Promise<void> {
    await this.handOver();
    await this.#adding;
  }

  /** After a failure: gives back the slot in hand, its rows unsent; waits until the sink is done with earlier ones. */
  async abandon(): Promise<void> {
    if (this.#slot !== null) this.#pool.give(this.#slot);
    this.#slot = null;
    await this.#adding?.catch(() => {});
  }

  async #add(rows: EncodedRows): Promise<void> {
    try {
      await this.#adding;
    } catch (error) {
      rows.release();
      throw error;
    }
    this.#adding = this.#offer(rows);
    this.#adding.catch(() => {}); // whoever awaits it next reports it
  }

  async #offer(rows: EncodedRows): Promise<void> {
    try {
      await this.#sink.add(rows);
    } catch (error) {
      rows.release();
      throw error;
    }
  }
}
