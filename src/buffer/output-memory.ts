/** Who still needs a buffer of compressed bytes: the compressor that writes to it, and the bodies that have bytes in it. */
const holders = new WeakMap<ArrayBufferLike, number>();

/**
 * Compressed bytes lie outside V8's heap, in buffers that only a collection of the whole old generation would free: bodies long
 * sent were a quarter of the process's memory. So their buffers are counted, and freed with the last holder. A holder that cannot tell
 * whether somebody still reads its bytes just keeps quiet: then the collector frees them.
 */
export const outputMemory = {
  /** A compressor begins to write to this buffer. */
  begin(buffer: ArrayBufferLike): void {
    holders.set(buffer, 1);
  },
  /** A body has bytes in it. Buffers that no compressor began are left alone. */
  hold(buffer: ArrayBufferLike): void {
    const count = holders.get(buffer);
    if (count !== undefined) holders.set(buffer, count + 1);
  },
  letGo(buffer: ArrayBufferLike): void {
    const count = holders.get(buffer);
    if (count === undefined) return;
    holders.set(buffer, count - 1);
    if (count > 1) return;
    holders.delete(buffer);
    if (buffer instanceof ArrayBuffer) buffer.transfer(0);
  },
};
