/** Copies that are too short for the way through a native call; past the end of `out` nothing is written. Each returns the position behind. */
export const writeBytes = (bytes: Uint8Array, out: Uint8Array, at: number): number => {
  for (let index = 0; index < bytes.length; index++) out[at + index] = bytes[index] as number;
  return at + bytes.length;
};

export const writeText = (text: string, out: Uint8Array, at: number): number => {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code > 0x7f) return writeBytes(Buffer.from(text), out, at);
    out[at + index] = code;
  }
  return at + text.length;
};

const part = 1_000_000_000;

/** Decimal digits of an integer from 0 to 2^53. */
export const writeDigits = (integer: number, out: Uint8Array, at: number): number => {
  if (integer < part) return writeSmall(integer, digitsOf(integer), out, at);
  const high = Math.floor(integer / part);
  return writeSmall(integer - high * part, 9, out, writeDigits(high, out, at));
};

const writeSmall = (integer: number, digits: number, out: Uint8Array, at: number): number => {
  let left = integer | 0;
  for (let index = at + digits - 1; index >= at; index--) {
    const next = (left / 10) | 0;
    out[index] = 0x30 + left - next * 10;
    left = next;
  }
  return at + digits;
};

const digitsOf = (integer: number): number => {
  let digits = 1;
  for (let limit = 10; integer >= limit; limit *= 10) digits++;
  return digits;
};
