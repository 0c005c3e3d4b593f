import { Decimal, TypedNumber } from '../api/index.ts';
import { decimalText, integerBits } from '../util/big-decimal.ts';
import { numberFormat } from '../util/java-error.ts';

/** A value that is a java.lang.Number: what Number.intValue and its like narrow. */
export type JavaNumber = number | bigint | TypedNumber | Decimal;

export const isJavaNumber = (value: unknown): value is JavaNumber =>
  typeof value === 'number' || typeof value === 'bigint' || value instanceof TypedNumber || value instanceof Decimal;

const int64 = { min: -(2n ** 63n), max: 2n ** 63n - 1n };
const int32 = { min: -2_147_483_648, max: 2_147_483_647 };

/** longValue: integers and decimals wrap, floating point saturates, NaN is 0. */
export const longValue = (value: JavaNumber): bigint => {
  if (typeof value === 'bigint') return BigInt.asIntN(64, value);
  if (value instanceof Decimal) return BigInt.asIntN(64, integerBits(value));
  const number = value instanceof TypedNumber ? value.value : value;
  if (Number.isNaN(number)) return 0n;
  if (number >= 2 ** 63) return int64.max;
  if (number <= -(2 ** 63)) return int64.min;
  return BigInt(Math.trunc(number));
};

/** intValue, of which byteValue and shortValue take the low bits. */
export const intValue = (value: JavaNumber): number => {
  if (typeof value === 'bigint' || value instanceof Decimal) return Number(BigInt.asIntN(32, longValue(value)));
  const number = value instanceof TypedNumber ? value.value : value;
  if (Number.isNaN(number)) return 0;
  return Math.min(int32.max, Math.max(int32.min, Math.trunc(number))) + 0;
};

export const doubleValue = (value: JavaNumber): number => {
  if (value instanceof TypedNumber) return value.value;
  return value instanceof Decimal ? Number(decimalText(value)) + 0 : Number(value);
};

/** Rounded once: a long goes to float directly, not by way of a double. */
export const floatValue = (value: JavaNumber): number => {
  if (typeof value !== 'bigint') return Math.fround(doubleValue(value));
  const magnitude = value < 0n ? -value : value;
  if (magnitude < 2n ** 53n) return Math.fround(Number(value));
  // The eleven lowest bits can only break a tie: one sticky bit stands for them.
  const sticky = (magnitude & 0x7ffn) === 0n ? 0n : 1n;
  const rounded = Math.fround(Number((magnitude >> 11n) | sticky) * 2048);
  return value < 0n ? -rounded : rounded;
};

/** Byte.parseByte, Short.parseShort, Integer.parseInt, Long.parseLong. @throws a NumberFormatException */
export const parseInteger = (text: string, bits: 8 | 16 | 32 | 64): bigint => {
  const value = /^[+-]?\d+$/.test(text) ? BigInt(text.replace(/^\+/, '')) : null;
  if (value === null || BigInt.asIntN(bits, value) !== value) throw numberFormat('not an integer of that size');
  return value;
};

const decimalPattern = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[fFdD]?$/;
const hexPattern = /^([+-]?)0[xX]([0-9a-fA-F]*)\.?([0-9a-fA-F]*)[pP]([+-]?\d+)[fFdD]?$/;

/** Double.parseDouble: blanks around it, a type suffix, hexadecimal. @throws a NumberFormatException */
export const parseDouble = (text: string): number => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: String.trim of Java takes them
  const trimmed = text.replace(/^[\u0000-\u0020]+|[\u0000-\u0020]+$/g, '');
  if (decimalPattern.test(trimmed)) return Number(trimmed.replace(/[fFdD]$/, ''));
  if (/^[+-]?NaN$/.test(trimmed)) return Number.NaN;
  if (/^[+-]?Infinity$/.test(trimmed)) return Number(trimmed);
  const [, sign, whole = '', fraction = '', exponent] = hexPattern.exec(trimmed) ?? [];
  if (whole === '' && fraction === '') throw numberFormat('not a number');
  const magnitude = Number(BigInt(`0x${whole}${fraction}`)) * 2 ** (Number(exponent) - 4 * fraction.length);
  return sign === '-' ? -magnitude : magnitude;
};
