import type { Decimal } from '../../api/index.ts';
import { parseDecimal, precisionOf } from '../../util/big-decimal.ts';
import { jsonString } from '../renderer.ts';
import { type ColumnInput, kindOf, textOf } from './column-input.ts';
import type { ColumnRule } from './column-json.ts';
import { invalidValue, numberOutOfRange, typeNotAllowed } from './refusal.ts';
import type { TypedColumn } from './typed-column.ts';

const maxPrecision = 38;
const allowed = 'int, long, byte, short, float, double, BigDecimal, BigInteger, String';

/** Rounded half up to the scale, then within the range; Snowflake rounds by itself, so the text goes as it came. */
export const numberColumn: ColumnRule = (column, input) => {
  const [precision = maxPrecision, scale = 0] = column.typeArguments;
  if (isShortInteger(input.json, precision - scale)) return input.json;
  const text = numericText(column, input);
  const decimal = text === null ? null : parseDecimal(text);
  if (text === null || decimal === null) throw invalidValue(column, 'NUMBER', 'Not a valid number');
  if (wholeDigits(decimal, scale) > precision - scale) {
    const error = numberOutOfRange(column, precision - scale, roundedText(decimal, scale));
    const needed = wholeDigits(decimal, scale) + scale;
    error.wider = needed > maxPrecision ? null : `NUMBER(${needed},${scale})`;
    throw error;
  }
  return sameOrText(text, input);
};

/** A number stays one, a text a text. */
const sameOrText = (text: string, { json }: ColumnInput): string => (text === json ? text : jsonString(text));

/** The case of nearly all numbers, without a big one: only digits, and no more of them than the column has before its point. */
const isShortInteger = (json: string, digits: number): boolean => {
  if (json.length > digits) return false;
  for (let at = 0; at < json.length; at++) {
    const code = json.charCodeAt(at);
    if (code < 0x30 || code > 0x39) return false;
  }
  return true;
};

/** Trimmed; null for a boolean of v3's texts and the like. */
const numericText = (column: TypedColumn, input: ColumnInput): string | null => {
  switch (kindOf(input)) {
    case 'number':
      return input.json;
    case 'text':
      return textOf(input).trim();
    default:
      throw typeNotAllowed(column, 'NUMBER', input, allowed);
  }
};

/** Digits before the point once the number is rounded half up to `scale`. */
const wholeDigits = (decimal: Decimal, scale: number): number => {
  if (decimal.unscaled === 0n) return 0;
  const digits = precisionOf(decimal) - decimal.scale;
  if (digits < 0 || decimal.scale <= scale) return Math.max(0, digits);
  const magnitude = decimal.unscaled < 0n ? -decimal.unscaled : decimal.unscaled;
  // All nines before the place that is cut off may round up to one digit more.
  const cut = 10n ** BigInt(decimal.scale - scale);
  const rounded = (magnitude + cut / 2n) / cut;
  return rounded === 0n ? 0 : Math.max(0, rounded.toString().length - scale);
};

/** BigDecimal.setScale(scale, HALF_UP).toPlainString. */
const roundedText = ({ unscaled, scale: own }: Decimal, scale: number): string => {
  const magnitude = unscaled < 0n ? -unscaled : unscaled;
  const cut = 10n ** BigInt(Math.abs(own - scale));
  const rounded = own > scale ? (magnitude + cut / 2n) / cut : magnitude * cut;
  const digits = rounded.toString().padStart(scale + 1, '0');
  const text = scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
  return unscaled < 0n ? `-${text}` : text;
};

/** What the validator calls so in any case; the rest is Double.parseDouble's grammar. */
const notFinite: ReadonlyMap<string, string> = new Map([
  ['nan', '"NaN"'],
  ['inf', '"inf"'],
  ['-inf', '"-inf"'],
]);
const javaDouble = /^([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)[fFdD]?$/;
const javaNotFinite = /^([+-]?)(NaN|Infinity)$/;

export const floatColumn: ColumnRule = (column, input) => {
  switch (kindOf(input)) {
    case 'number':
      return input.json;
    case 'text':
      return floatJson(column, input);
    default:
      throw typeNotAllowed(column, 'REAL', input, 'Number, String');
  }
};

const floatJson = (column: TypedColumn, input: ColumnInput): string => {
  const text = textOf(input).trim();
  const word = notFinite.get(text.toLowerCase());
  if (word !== undefined) return word;
  const digits = javaDouble.exec(text)?.[1];
  if (digits !== undefined) return Number.isFinite(Number(digits)) ? sameOrText(digits, input) : infinity(digits);
  const match = javaNotFinite.exec(text);
  if (match === null) throw invalidValue(column, 'REAL', 'Not a valid decimal number');
  return match[2] === 'NaN' ? '"NaN"' : infinity(text);
};

const infinity = (text: string): string => (text.startsWith('-') ? '"-inf"' : '"inf"');
