/**
 * Gives back memory outside V8's heap at once, where only a full collection would. All of the bytes' buffer goes, so nobody else may have
 * bytes in it; small Buffers, which share one, are left alone.
 */
export const freeBytes = ({ buffer }: Uint8Array): void => {
  if (buffer instanceof ArrayBuffer && buffer.byteLength > Buffer.poolSize) buffer.transfer(0);
};
