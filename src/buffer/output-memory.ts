/** Smaller ones would come from malloc's heap, which keeps what is given back; of larger ones each compressor has more that is not in use. */
const outputBytes = 128 * 1024;
/** 8 MB: bodies end in bursts. With 1 MB a row of 1 KiB costs 3 to 6 % more CPU, for fresh pages. */
const maxSpare = 64;

/**
 * Compressed bytes lie outside V8's heap, in buffers that only a collection of the whole old generation would free: bodies long
 * sent were a quarter of the process's memory. So the holders of each are counted: the compressor that writes to it, and the bodies that have
 * bytes in it. With the last one it is used again, because fresh memory is paid for page by page, or freed. A holder that cannot tell
 * whether somebody still reads its bytes just keeps quiet: then the collector frees them.
 */
export class OutputMemory {
  readonly #holders = new WeakMap<ArrayBufferLike, number>();
  readonly #spare: ArrayBuffer[] = [];
  /** Spare ones that nobody has needed since `freeUnused`. */
  #unused = 0;
  #closed = false;

  /** For a compressor to write to. */
  take(): ArrayBuffer {
    const buffer = this.#spare.pop() ?? Buffer.allocUnsafeSlow(outputBytes).buffer;
    this.#unused = Math.min(this.#unused, this.#spare.length);
    this.#holders.set(buffer, 1);
    return buffer;
  }

  /** A body has bytes in it. Buffers that were not taken here are left alone. */
  hold(buffer: ArrayBufferLike): void {
    const count = this.#holders.get(buffer);
    if (count !== undefined) this.#holders.set(buffer, count + 1);
  }

  letGo(buffer: ArrayBufferLike): void {
    const count = this.#holders.get(buffer);
    if (count === undefined) return;
    this.#holders.set(buffer, count - 1);
    if (count > 1 || !(buffer instanceof ArrayBuffer)) return;
    this.#holders.delete(buffer);
    if (this.#spare.length < maxSpare && !this.#closed) this.#spare.push(buffer);
    else buffer.transfer(0);
  }

  /** Gives back the memory that nobody uses. */
  freeSpare(): void {
    this.#free(this.#spare.length);
  }

  /** Gives back what nobody has needed since the last time. */
  freeUnused(): void {
    this.#free(this.#unused);
  }

  #free(count: number): void {
    for (const buffer of this.#spare.splice(0, count)) buffer.transfer(0);
    this.#unused = this.#spare.length;
  }

  /** From now on nothing is kept. */
  close(): void {
    this.#closed = true;
    this.freeSpare();
  }
}
