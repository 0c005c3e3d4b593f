import { DataError, Decimal, logicalNames, type Schema, type SchemaType, TypedNumber } from '../api/index.ts';
import { exactInteger, integerBits, parseDecimal } from '../util/big-decimal.ts';
import { javaText } from '../util/java-value-text.ts';

/** Widening order of numbers: the later takes in the earlier. */
const numberTypes: readonly SchemaType[] = ['INT8', 'INT16', 'INT32', 'INT64', 'FLOAT32', 'FLOAT64'];
const millisPerDay = 86_400_000;

/** Schema that holds both what came before and this element; null: none, elements stay as they are. */
export const commonSchema = (before: Schema | null, latest: Schema | null): Schema | null => {
  if (latest === null || before === null) return latest ?? before;
  if (before.type === latest.type) return before.optional === latest.optional ? latest : null;
  const ranks = [before, latest].map(({ type }) => numberTypes.indexOf(type));
  const [was = -1, is = -1] = ranks;
  if (was < 0 || is < 0) return null;
  return is > was ? latest : before;
};

/** Values.convertTo for elements of a parsed array or map, with the value as it looks beside a schema. Throws DataError where it cannot. */
export const alignedTo = (schema: Schema, value: unknown): unknown => {
  if (value === null) throw new DataError('Unable to convert a null value to a schema that requires a value');
  switch (schema.type) {
    case 'INT8':
      return Number(BigInt.asIntN(8, integerOf(value)));
    case 'INT16':
      return Number(BigInt.asIntN(16, integerOf(value)));
    case 'INT32':
      return alignedInt32(schema, value);
    case 'INT64':
      if (schema.name === logicalNames.timestamp) {
        return value instanceof Date ? value : new Date(Number(integerOf(value)));
      }
      return BigInt.asIntN(64, integerOf(value));
    case 'FLOAT32':
      return Math.fround(numberOf(value));
    case 'FLOAT64':
      return numberOf(value);
    case 'STRING':
      return typeof value === 'string' ? value : javaText(null, value);
    default:
      return value;
  }
};

const alignedInt32 = (schema: Schema, value: unknown): unknown => {
  if (schema.name === logicalNames.date) {
    return value instanceof Date ? value : new Date(Number(integerOf(value)) * millisPerDay);
  }
  if (schema.name === logicalNames.time) return value instanceof Date ? value : new Date(Number(integerOf(value)));
  return Number(BigInt.asIntN(32, integerOf(value)));
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

/** A value as it looks beside a schema: numbers lose the tag that stands for the type. */
export const besideSchema = (value: unknown): unknown => (value instanceof TypedNumber ? value.value : value);
