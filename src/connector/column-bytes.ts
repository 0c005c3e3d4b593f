import type { ValueInput, ValueLayout } from '../api/index.ts';
import { doubleText, floatText } from '../util/java-number-text.ts';
import type { TypedColumn } from './columns/typed-column.ts';
import type { SinkSettings } from './sink-settings.ts';
import { takenAsIs } from './taken-as-is.ts';
import {
  decimalWriter,
  logicalKind,
  optionalWriter,
  readDate,
  readTimestamp,
  symbolWriter,
  type ValueBytes,
  type WriteValue,
  writeBoolean,
} from './value-bytes.ts';
import { isPlainMoment, millisOf, writeDate, writeDateAndSeconds } from './write-moment.ts';
import { digitsOf, writeInteger, writeJsonString, writePadded, writeText } from './write-text.ts';

const anyDigits = Number.POSITIVE_INFINITY;
const quote = 0x22;
const nullBytes = Buffer.from('null');

/**
 * Writes what a column stores of a value, from the value's bytes. Null: no such column takes these values as they come, so that
 * they are judged as objects.
 */
export const columnBytes = (
  layout: ValueLayout,
  column: TypedColumn,
  { values, validation }: { readonly values: ValueBytes; readonly validation: SinkSettings['validation'] },
): WriteValue | null => {
  const { schema, shape } = layout;
  if (shape.kind === 'optional') {
    const write = columnBytes(shape.of, column, { values, validation });
    const isPlainNull = (schema.defaultValue ?? null) === null && schema.optional && column.nullable;
    return write === null ? null : optionalWriter(shape.at, write, isPlainNull ? nullBytes : null);
  }
  const kind = logicalKind(layout);
  const taken = takenAsIs(column, validation);
  switch (kind) {
    case 'boolean':
      return taken.booleans ? writeBoolean : null;
    case 'int':
    case 'long':
      return taken.fractionDigits < 0 ? null : integerWriter(kind, taken.wholeDigits);
    case 'float':
      return taken.fractionDigits === anyDigits ? finiteWriter((input) => input.float(), floatText) : null;
    case 'double':
      return taken.fractionDigits === anyDigits ? finiteWriter((input) => input.double(), doubleText) : null;
    case 'text':
      return taken.stringBytes < 0 ? null : stringWriter(taken.stringBytes);
    case 'symbol':
      return shape.kind === 'symbol' && shape.symbols.every((symbol) => symbol.length <= taken.stringBytes)
        ? symbolWriter(shape.symbols)
        : null;
    case 'decimal':
      return taken.fractionDigits < 0 ? null : decimalWriter(layout, taken);
    case 'date':
      return validation === 'server' ? values.writeOf(layout) : temporalWriter(column, readDate);
    case 'timestamp':
      return validation === 'server' ? values.writeOf(layout) : temporalWriter(column, readTimestamp);
    case 'struct':
      return taken.objects ? values.writeOf(layout) : null;
    case 'list':
      return taken.arrays ? values.writeOf(layout) : null;
    default:
      return null;
  }
};

const integerWriter = (kind: 'int' | 'long', wholeDigits: number): WriteValue => {
  const read = kind === 'int' ? (input: ValueInput) => input.int() : (input: ValueInput) => input.safeLong();
  return (input, out, at) => {
    const value = read(input);
    if (value === null) {
      const text = String(input.long());
      return text.length <= wholeDigits ? writeText(text, out, at) : -1;
    }
    return digitsOf(Math.abs(value)) <= wholeDigits ? writeInteger(value, out, at) : -1;
  };
};

const finiteWriter =
  (read: (input: ValueInput) => number, text: (value: number) => string): WriteValue =>
  (input, out, at) => {
    const value = read(input);
    return Number.isFinite(value) ? writeText(text(value), out, at) : -1;
  };

const stringWriter =
  (most: number): WriteValue =>
  (input, out, at) => {
    const size = input.length();
    if (size > most) return -1;
    const from = input.position;
    input.skip(size);
    return writeJsonString(input.source, from, from + size, out, at);
  };

/** As columns/temporal-columns.ts has them: UTC, without what the column cuts off and without zeros at the end. */
const temporalWriter = (column: TypedColumn, read: (input: ValueInput) => number): WriteValue | null => {
  if (column.isStructured) return null;
  const [scale = 9] = column.typeArguments;
  switch (column.baseType) {
    case 'DATE':
      return momentWriter(read, writeDate, '');
    case 'TIMESTAMP_NTZ':
    case 'TIMESTAMP':
    case 'DATETIME':
      return momentWriter(read, (millis, out, at) => writeShortTime(millis, scale, out, at), '');
    case 'TIMESTAMP_LTZ':
    case 'TIMESTAMP_TZ':
      return momentWriter(read, (millis, out, at) => writeShortTime(millis, scale, out, at), 'Z');
    default:
      return null;
  }
};

type WriteMoment = (epochMillis: number, out: Uint8Array, at: number) => number;

const momentWriter =
  (read: (input: ValueInput) => number, write: WriteMoment, end: '' | 'Z'): WriteValue =>
  (input, out, at) => {
    const millis = read(input);
    if (!isPlainMoment(millis)) return -1;
    out[at] = quote;
    let to = write(millis, out, at + 1);
    if (end !== '') out[to++] = 0x5a;
    out[to] = quote;
    return to + 1;
  };

const writeShortTime = (millis: number, scale: number, out: Uint8Array, at: number): number => {
  const to = writeDateAndSeconds(millis, out, at);
  let digits = Math.min(3, scale);
  let fraction = Math.floor(millisOf(millis) / 10 ** (3 - digits));
  while (digits > 0 && fraction % 10 === 0) {
    fraction /= 10;
    digits--;
  }
  if (digits === 0) return to;
  out[to] = 0x2e;
  return writePadded(fraction, digits, out, to + 1);
};
