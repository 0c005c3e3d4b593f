import { isUtf8 } from 'node:buffer';

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

const quote = 0x22;
const backslash = 0x5c;
const minus = 0x2d;
const point = 0x2e;
const zero = 0x30;

/** The text that lies in `source` as a JSON string. */
export const writeJsonString = (source: Buffer, from: number, end: number, out: Uint8Array, at: number): number => {
  let to = at;
  let bits = 0;
  out[to++] = quote;
  for (let index = from; index < end; index++) {
    const byte = source[index] as number;
    if (byte < 0x20 || byte === quote || byte === backslash) return writeEscaped(source, from, end, out, at);
    bits |= byte;
    out[to++] = byte;
  }
  out[to] = quote;
  if (bits > 0x7f && !isUtf8(source.subarray(from, end))) return writeEscaped(source, from, end, out, at);
  return to + 1;
};

const writeEscaped = (source: Buffer, from: number, end: number, out: Uint8Array, at: number): number =>
  writeText(JSON.stringify(source.toString('utf8', from, end)), out, at);

const part = 1_000_000_000;

/** An integer of at most 2^53 either way. */
export const writeInteger = (integer: number, out: Uint8Array, at: number): number => {
  if (integer >= 0) return writeDigits(integer, out, at);
  out[at] = minus;
  return writeDigits(-integer, out, at + 1);
};

/** Decimal digits of an integer from 0 to 2^53. */
export const writeDigits = (integer: number, out: Uint8Array, at: number): number => {
  if (integer < part) return writePadded(integer, digitsOf(integer), out, at);
  const high = Math.floor(integer / part);
  return writePadded(integer - high * part, 9, out, writeDigits(high, out, at));
};

/** The last `digits` digits of an integer below 10^9. */
export const writePadded = (integer: number, digits: number, out: Uint8Array, at: number): number => {
  let left = integer | 0;
  for (let index = at + digits - 1; index >= at; index--) {
    const next = (left / 10) | 0;
    out[index] = zero + left - next * 10;
    left = next;
  }
  return at + digits;
};

/** How many digits an integer from 0 to 2^53 has. */
export const digitsOf = (integer: number): number => {
  let digits = 1;
  for (let limit = 10; integer >= limit; limit *= 10) digits++;
  return digits;
};

/** `unscaled` × 10^-scale in plain notation; `scale` at most 18, `unscaled` within 2^48. */
export const writeDecimal = (unscaled: number, scale: number, out: Uint8Array, at: number): number => {
  if (scale === 0) return writeInteger(unscaled, out, at);
  let to = at;
  if (unscaled < 0) out[to++] = minus;
  const magnitude = Math.abs(unscaled);
  const unit = 10 ** scale;
  const whole = Math.floor(magnitude / unit);
  to = writeDigits(whole, out, to);
  out[to++] = point;
  const fraction = magnitude - whole * unit;
  if (scale <= 9) return writePadded(fraction, scale, out, to);
  const high = Math.floor(fraction / part);
  return writePadded(fraction - high * part, 9, out, writePadded(high, scale - 9, out, to));
};
