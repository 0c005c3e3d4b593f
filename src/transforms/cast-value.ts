import { DataError, logicalNames, RecordValueError, type Schema, type SchemaType } from '../api/index.ts';
import { JavaError } from '../util/java-error.ts';
import { javaText } from '../util/java-value-text.ts';
import { javaClassName, schemaTypeOf, smallNumber } from './connect-value.ts';
import {
  doubleValue,
  floatValue,
  intValue,
  isJavaNumber,
  type JavaNumber,
  longValue,
  parseDouble,
  parseInteger,
} from './java-number.ts';
import { SimpleDateFormat } from './simple-date-format/index.ts';

const inputTypes: readonly SchemaType[] = [
  'INT8',
  'INT16',
  'INT32',
  'INT64',
  'FLOAT32',
  'FLOAT64',
  'BOOLEAN',
  'STRING',
  'BYTES',
];
const millisPerDay = 86_400_000;

export const checkInputType = (type: SchemaType): void => {
  if (inputTypes.includes(type)) return;
  const supported = `supported types are [${inputTypes.join(', ')}]`;
  throw new DataError(`Cast transformation does not support casting from ${type}; ${supported}`);
};

/**
 * A value as another type: Java's narrowing (300 is INT8 44; floating point saturates), strict parsing of texts, Java's text of
 * numbers; bytes only to STRING, in base64. `schema` null: schemaless in, schemaless out. Throws DataError in Connect's words.
 */
export const castTo = (schema: Schema | null, value: unknown, target: SchemaType): unknown => {
  if (value === null || value === undefined) return null;
  const type = schema?.type ?? schemaTypeOf(value);
  if (type === null) {
    const javaClass = `class ${javaClassName(schema, value)}`;
    throw new DataError(
      `Cast transformation was passed a value of type ${javaClass} which is not supported by Connect's data API`,
    );
  }
  checkInputType(type);
  try {
    return converted(schema, value, target);
  } catch (cause) {
    if (!(cause instanceof JavaError)) throw cause;
    const range = 'was out of range for requested data type';
    throw new RecordValueError(`Value (${javaText(schema, value)}) ${range}`, `A value ${range}`, { cause });
  }
};

const converted = (schema: Schema | null, value: unknown, target: SchemaType): unknown => {
  if (target === 'STRING') return stringOf(schema, value);
  const plain = schema?.name !== undefined && value instanceof Date ? encodedLogical(schema.name, value) : value;
  const input = inputOf(schema, plain);
  switch (target) {
    case 'INT8':
      return smallNumber('INT8', Number(BigInt.asIntN(8, BigInt(integerOf(input, 8)))), schema !== null);
    case 'INT16':
      return smallNumber('INT16', Number(BigInt.asIntN(16, BigInt(integerOf(input, 16)))), schema !== null);
    case 'INT32':
      return smallNumber('INT32', integerOf(input, 32), schema !== null);
    case 'INT64':
      return typeof input === 'string' ? parseInteger(input, 64) : longValue(numberOf(input));
    case 'FLOAT32':
      return smallNumber('FLOAT32', floatOf(input), schema !== null);
    case 'FLOAT64':
      return typeof input === 'string' ? parseDouble(input) : doubleValue(numberOf(input));
    default:
      return typeof input === 'string' ? input.toLowerCase() === 'true' : longValue(numberOf(input)) !== 0n;
  }
};

const inputOf = (schema: Schema | null, value: unknown): string | boolean | JavaNumber => {
  if (typeof value === 'string' || typeof value === 'boolean' || isJavaNumber(value)) return value;
  throw new DataError(`Unexpected type in Cast transformation: class ${javaClassName(schema, value)}`);
};

const numberOf = (input: boolean | JavaNumber): JavaNumber => {
  if (typeof input !== 'boolean') return input;
  return input ? 1 : 0;
};

const integerOf = (input: string | boolean | JavaNumber, bits: 8 | 16 | 32): number =>
  typeof input === 'string' ? Number(parseInteger(input, bits)) : intValue(numberOf(input));

const floatOf = (input: string | boolean | JavaNumber): number =>
  typeof input === 'string' ? Math.fround(parseDouble(input)) : floatValue(numberOf(input));

/** Date.fromLogical and its like: days, or milliseconds of the day or since 1970. */
const encodedLogical = (name: string, date: Date): unknown => {
  const millis = date.getTime();
  if (name === logicalNames.timestamp) return BigInt(millis);
  if (name === logicalNames.date) {
    if (millis % millisPerDay !== 0) {
      throw new DataError('Kafka Connect Date type should not have any time fields set to non-zero values.');
    }
    return millis / millisPerDay;
  }
  if (name !== logicalNames.time) return date;
  if (millis < 0 || millis > millisPerDay) {
    throw new DataError('Kafka Connect Time type should not have any date fields set to non-zero values.');
  }
  return millis;
};

const timeFormat = new SimpleDateFormat("HH:mm:ss.SSS'Z'");
const dateFormat = new SimpleDateFormat('yyyy-MM-dd');
const timestampFormat = new SimpleDateFormat("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'");

/** Values.dateFormatFor, in UTC (Java: the machine's zone). */
const dateText = (date: Date): string => {
  const millis = date.getTime();
  if (millis < millisPerDay) return timeFormat.format(millis);
  return (millis % millisPerDay === 0 ? dateFormat : timestampFormat).format(millis);
};

const stringOf = (schema: Schema | null, value: unknown): string =>
  value instanceof Date ? dateText(value) : javaText(schema, value);
