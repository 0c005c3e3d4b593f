import { Decimal, logicalNames, type Schema, type ValueInput, type ValueLayout } from '../api/index.ts';
import { decimalText, precisionOf } from '../util/big-decimal.ts';
import { doubleText, floatText } from '../util/java-number-text.ts';
import { isoText, legacyIsoText, timeText } from './date-text.ts';
import { jsonString } from './renderer.ts';
import { sameSchema } from './same-schema.ts';
import type { ValueRules } from './value-rules.ts';
import type { ValueWriter } from './value-writer.ts';
import { isPlainMoment, millisOf, writeDateAndSeconds, writeSeconds } from './write-moment.ts';
import {
  digitsOf,
  writeBytes,
  writeDecimal,
  writeInteger,
  writeJsonString,
  writePadded,
  writeText,
} from './write-text.ts';

/** Reads one value and writes its JSON; the position behind it. -1: not plain, the object path decides about the record. */
export type WriteValue = (input: ValueInput, out: Uint8Array, at: number) => number;

/**
 * What ValueWriter makes of a value with a schema, from the value's bytes to those of its JSON without an object between. Made once per
 * layout; what is not here is read as an object and written by the ValueWriter.
 */
export class ValueBytes {
  readonly #writer: ValueWriter;
  readonly #rules: ValueRules;
  readonly #made = new WeakMap<ValueLayout, WriteValue>();

  constructor(rules: ValueRules, writer: ValueWriter) {
    this.#rules = rules;
    this.#writer = writer;
  }

  writeOf(layout: ValueLayout): WriteValue {
    const known = this.#made.get(layout);
    if (known !== undefined) return known;
    // Structs may contain themselves.
    let made: WriteValue | null = null;
    this.#made.set(layout, (input, out, at) => (made === null ? -1 : made(input, out, at)));
    made = this.#make(layout);
    this.#made.set(layout, made);
    return made;
  }

  #make(layout: ValueLayout): WriteValue {
    const { schema, shape } = layout;
    const kind = logicalKind(layout);
    switch (kind) {
      case 'boolean':
        return writeBoolean;
      case 'int':
        return (input, out, at) => writeInteger(input.int(), out, at);
      case 'long':
        return writeLong;
      case 'float':
        return this.#float(schema, (input) => input.float(), floatText);
      case 'double':
        return this.#float(schema, (input) => input.double(), doubleText);
      case 'text':
        return writeString;
      case 'date':
        return momentWriter(this.#rules.date, readDate);
      case 'timestamp':
        return momentWriter(this.#rules.timestamp, readTimestamp);
      case 'time':
        return this.#rules.time === timeText ? writeTime : this.#object(layout);
    }
    switch (shape.kind) {
      case 'symbol':
        return symbolWriter(shape.symbols);
      case 'bytes':
        return (kind === 'decimal' ? decimalWriter(layout, anyDigits) : null) ?? this.#object(layout);
      case 'optional':
        return optionalWriter(shape.at, this.writeOf(shape.of), Buffer.from(this.#writer.write(schema, null)));
      case 'list':
        return listWriter(this.writeOf(shape.items));
      case 'struct':
        if (!this.#rules.valueDecidesShape && !sameSchema(schema, shape.schema)) return this.#object(layout);
        return structWriter(
          shape.schema.fields?.map(({ name }) => jsonString(name)) ?? [],
          shape.fields.map((field) => this.writeOf(field)),
        );
      default:
        return this.#object(layout);
    }
  }

  #object({ schema, read }: ValueLayout): WriteValue {
    return (input, out, at) => writeText(this.#writer.write(schema, read(input)), out, at);
  }

  #float(schema: Schema, read: (input: ValueInput) => number, text: (value: number) => string): WriteValue {
    return (input, out, at) => {
      const value = read(input);
      return writeText(Number.isFinite(value) ? text(value) : this.#writer.write(schema, value), out, at);
    };
  }
}

type LogicalKind =
  | Exclude<ValueLayout['shape']['kind'], 'object'>
  | 'object'
  | 'date'
  | 'time'
  | 'timestamp'
  | 'decimal';

/** Logical types that lie as they should; in another place their names are the object path's business. */
export const logicalKind = ({ schema, shape }: ValueLayout): LogicalKind => {
  switch (schema.name) {
    case logicalNames.date:
      return shape.kind === 'int' ? 'date' : 'object';
    case logicalNames.time:
      return shape.kind === 'int' ? 'time' : 'object';
    case logicalNames.timestamp:
      return shape.kind === 'long' ? 'timestamp' : 'object';
    case logicalNames.decimal:
      return shape.kind === 'bytes' ? 'decimal' : 'object';
    default:
      return shape.kind;
  }
};

const trueBytes = Buffer.from('true');
const falseBytes = Buffer.from('false');
const quote = 0x22;
const comma = 0x2c;
const millisPerDay = 86_400_000;

export const writeBoolean: WriteValue = (input, out, at) =>
  writeBytes(input.boolean() ? trueBytes : falseBytes, out, at);

const writeLong: WriteValue = (input, out, at) => {
  const value = input.safeLong();
  return value === null ? writeText(String(input.long()), out, at) : writeInteger(value, out, at);
};

const writeString: WriteValue = (input, out, at) => {
  const size = input.length();
  const from = input.position;
  input.skip(size);
  return writeJsonString(input.source, from, from + size, out, at);
};

export const symbolWriter = (symbols: readonly string[]): WriteValue => {
  const texts = symbols.map((symbol) => Buffer.from(jsonString(symbol)));
  return (input, out, at) => {
    const text = texts[input.int()];
    return text === undefined ? -1 : writeBytes(text, out, at);
  };
};

/** Branch `at` of the two is the value; `nothing`: what is written for the other. */
export const optionalWriter =
  (present: number, write: WriteValue, nothing: Uint8Array | null): WriteValue =>
  (input, out, at) => {
    const branch = input.int();
    if (branch === present) return write(input, out, at);
    return branch === 1 - present && nothing !== null ? writeBytes(nothing, out, at) : -1;
  };

const listWriter =
  (write: WriteValue): WriteValue =>
  (input, out, at) => {
    let to = at;
    out[to++] = 0x5b;
    for (let left = input.block(); left > 0; left = input.block()) {
      for (; left > 0; left--) {
        const before = input.position;
        if (to > at + 1) out[to++] = comma;
        to = write(input, out, to);
        if (to < 0) return -1;
        if (input.position === before) input.emptyItem();
      }
    }
    out[to] = 0x5d;
    return to + 1;
  };

const structWriter = (names: readonly string[], writes: readonly WriteValue[]): WriteValue => {
  const prefixes = names.map((name, index) => Buffer.from(`${index === 0 ? '' : ','}${name}:`));
  return (input, out, at) => {
    input.enter();
    let to = at;
    out[to++] = 0x7b;
    for (let index = 0; index < writes.length; index++) {
      to = writeBytes(prefixes[index] as Uint8Array, out, to);
      to = (writes[index] as WriteValue)(input, out, to);
      if (to < 0) return -1;
    }
    input.leave();
    out[to] = 0x7d;
    return to + 1;
  };
};

export const readDate = (input: ValueInput): number => input.int() * millisPerDay;
/** NaN where it is far from any date. */
export const readTimestamp = (input: ValueInput): number => input.safeLong() ?? Number.NaN;

/** Epoch milliseconds are read; `text`: of ValueRules. */
const momentWriter = (text: ValueRules['timestamp'], read: (input: ValueInput) => number): WriteValue => {
  if (text !== isoText && text !== legacyIsoText) {
    return (input, out, at) => {
      const millis = read(input);
      return isPlainMoment(millis) ? writeText(jsonString(text(new Date(millis))), out, at) : -1;
    };
  }
  return (input, out, at) => {
    const millis = read(input);
    if (!isPlainMoment(millis)) return -1;
    out[at] = quote;
    return writeZuluEnd(millis, out, writeDateAndSeconds(millis, out, at + 1));
  };
};

/** `"06:30:01.864Z"` */
const writeTime: WriteValue = (input, out, at) => {
  const millis = input.int();
  if (millis < 0 || millis > millisPerDay) return -1;
  out[at] = quote;
  return writeZuluEnd(millis, out, writeSeconds(millis, out, at + 1));
};

/** `.864Z"` */
const writeZuluEnd = (millis: number, out: Uint8Array, at: number): number => {
  out[at] = 0x2e;
  const to = writePadded(millisOf(millis), 3, out, at + 1);
  out[to] = 0x5a;
  out[to + 1] = quote;
  return to + 2;
};

interface DigitLimits {
  readonly wholeDigits: number;
  readonly fractionDigits: number;
}
const anyDigits: DigitLimits = { wholeDigits: Number.POSITIVE_INFINITY, fractionDigits: Number.POSITIVE_INFINITY };

/** Most bytes of an unscaled value that a double adds up exactly, with room to divide; and of one with 38 digits. */
const shortDecimal = 6;
const longDecimal = 16;
/** Most digits of a number: a longer Decimal is written as a string. */
const maxPrecision = 38;
/** Zeros behind the point before java.math.BigDecimal writes an exponent. */
const maxZeros = 5;

/** A Decimal within `limits`; -1 for others. Null: not for such a schema. */
export const decimalWriter = ({ schema, shape }: ValueLayout, limits: DigitLimits): WriteValue | null => {
  const scale = Number(schema.parameters?.get('scale'));
  if (!Number.isInteger(scale) || scale < 0 || scale > limits.fractionDigits || shape.kind !== 'bytes') return null;
  const { size } = shape;
  const mostDigits = Math.min(maxPrecision, limits.wholeDigits + scale);
  const longWriter = (source: Buffer, from: number, end: number, out: Uint8Array, at: number): number => {
    if (end - from > longDecimal) return -1;
    const unscaled = BigInt.asIntN((end - from) * 8, BigInt(`0x${source.toString('hex', from, end)}`));
    const decimal = new Decimal(unscaled, scale);
    return precisionOf(decimal) <= mostDigits ? writeText(decimalText(decimal), out, at) : -1;
  };
  return (input, out, at) => {
    const length = size ?? input.length();
    if (length === 0) return -1;
    const { source } = input;
    const from = input.position;
    input.skip(length);
    if (length > shortDecimal) return longWriter(source, from, from + length, out, at);
    let unscaled = ((source[from] as number) << 24) >> 24;
    for (let index = 1; index < length; index++) unscaled = unscaled * 256 + (source[from + index] as number);
    const digits = digitsOf(Math.abs(unscaled));
    if (digits > mostDigits) return -1;
    if (scale > digits + maxZeros) return writeText(decimalText(new Decimal(BigInt(unscaled), scale)), out, at);
    return writeDecimal(unscaled, scale, out, at);
  };
};
