import { DataError, Decimal, logicalNames, type Schema, type SchemaType, TypedNumber } from '../api/index.ts';
import { exactInteger, integerBits, parseDecimal } from '../util/big-decimal.ts';
import { javaText } from '../util/java-value-text.ts';

/** Widening order of numbers: the later takes in the earlier. */
const numberTypes: readonly SchemaType[] = ['INT8', 'INT16', 'INT32', 'INT64', 'FLOAT32', 'FLOAT64'];
const millisPerDay = 86_400_000n;

/** The schema that holds all elements seen, nulls aside; null: there is none, elements stay as they are. */
export class ElementSchema {
  #common: Schema | null = null;
  #isMixed = false;

  add(schema: Schema | null): void {
    if (schema === null || this.#isMixed) return;
    this.#common = this.#common === null ? schema : commonSchema(this.#common, schema);
    this.#isMixed = this.#common === null;
  }

  get common(): Schema | null {
    return this.#common;
  }
}

const commonSchema = (before: Schema, latest: Schema): Schema | null => {
  if (before.type === latest.type) return before.optional === latest.optional ? latest : null;
  const ranks = [before, latest].map(({ type }) => numberTypes.indexOf(type));
  const [was = -1, is = -1] = ranks;
  if (was < 0 || is < 0) return null;
  return is > was ? latest : before;
};

const small = (type: TypedNumber['type'], value: number): TypedNumber => new TypedNumber(type, value);

/** Values.convertTo for elements of a parsed array or map; numbers keep the tag of their type. Throws DataError where it cannot. */
export const alignedTo = (schema: Schema, value: unknown): unknown => {
  if (value === null) throw new DataError('Unable to convert a null value to a schema that requires a value');
  switch (schema.type) {
    case 'INT8':
      return small('INT8', Number(BigInt.asIntN(8, integerOf(value))));
    case 'INT16':
      return small('INT16', Number(BigInt.asIntN(16, integerOf(value))));
    case 'INT32':
      return alignedInt32(schema, value);
    case 'INT64':
      if (schema.name === logicalNames.timestamp) {
        return value instanceof Date ? value : dateAt(integerOf(value));
      }
      return BigInt.asIntN(64, integerOf(value));
    case 'FLOAT32':
      return small('FLOAT32', Math.fround(numberOf(value)));
    case 'FLOAT64':
      return numberOf(value);
    case 'STRING':
      return typeof value === 'string' ? value : javaText(null, value);
    default:
      return value;
  }
};

/** Java's Date reaches further than JavaScript's: such an element is of no type, and the text stays a text. */
const dateAt = (millis: bigint): Date => {
  const date = new Date(Number(millis));
  if (Number.isNaN(date.getTime())) throw new DataError('Further than 100,000,000 days from 1970');
  return date;
};

const alignedInt32 = (schema: Schema, value: unknown): unknown => {
  if (schema.name === logicalNames.date) {
    return value instanceof Date ? value : dateAt(integerOf(value) * millisPerDay);
  }
  if (schema.name === logicalNames.time) return value instanceof Date ? value : dateAt(integerOf(value));
  return small('INT32', Number(BigInt.asIntN(32, integerOf(value))));
};

const decimalOf = (value: unknown): Decimal => {
  if (value instanceof Decimal) return value;
  const decimal = typeof value === 'string' ? parseDecimal(value) : null;
  if (decimal === null) throw new DataError('Unable to convert an element to a number');
  return decimal;
};

const integerOf = (value: unknown): bigint => {
  if (typeof value === 'bigint') return value;
  if (value instanceof TypedNumber && value.type !== 'FLOAT32') return BigInt(value.value);
  if (value instanceof TypedNumber || typeof value === 'number') return BigInt(Math.trunc(numberOf(value)));
  const decimal = decimalOf(value);
  return exactInteger(decimal, 400) ?? integerBits(decimal);
};

const numberOf = (value: unknown): number => {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  return value instanceof TypedNumber ? value.value : Number(javaText(null, decimalOf(value)));
};

/** A value as it looks beside its schema: where that names a type, numbers lose the tag that stands for it. */
export const besideSchema = (schema: Schema | null | undefined, value: unknown): unknown => {
  if (schema === null || schema === undefined) return value;
  if (Array.isArray(value)) return value.map((element) => besideSchema(schema.valueSchema, element));
  if (!(value instanceof Map)) return value instanceof TypedNumber ? value.value : value;
  const entries = [...value].map(
    ([key, inner]) => [besideSchema(schema.keySchema, key), besideSchema(schema.valueSchema, inner)] as const,
  );
  return new Map(entries);
};
