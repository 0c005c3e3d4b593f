import { DataError, Decimal, logicalNames, type Schema } from '../../api/index.ts';
import { decimalOfBytes } from '../decimal-logical-type.ts';

const millisPerDay = 86_400_000;

/** What a schema's name makes of the plain value; null where the plain value is the value. */
export const logicalValue = (schema: Schema): ((plain: unknown) => unknown) | null => {
  switch (schema.name) {
    case logicalNames.decimal:
      return decimalReader(schema);
    case logicalNames.date:
      return (days) => dateOf('Date', checked(days, 'number', 'Date', 'int32') * millisPerDay);
    case logicalNames.time:
      return (millis) => timeOfDay(checked(millis, 'number', 'Time', 'int32'));
    case logicalNames.timestamp:
      return (millis) => dateOf('Timestamp', Number(checked(millis, 'bigint', 'Timestamp', 'int64')));
    default:
      return null;
  }
};

const shortBytes = 6;

const decimalReader = (schema: Schema): ((plain: unknown) => Decimal) => {
  const { scale } = decimalOfBytes(schema, new Uint8Array(1));
  return (bytes) => {
    if (!(bytes instanceof Uint8Array)) throw wrongType('Decimal', 'bytes');
    if (bytes.length === 0 || bytes.length > shortBytes) return decimalOfBytes(schema, bytes);
    let unscaled = ((bytes[0] ?? 0) << 24) >> 24;
    for (let index = 1; index < bytes.length; index++) unscaled = unscaled * 256 + (bytes[index] ?? 0);
    return new Decimal(BigInt(unscaled), scale);
  };
};

const timeOfDay = (millis: number): Date => {
  if (millis < 0 || millis > millisPerDay) {
    throw new DataError('Time values must use number of milliseconds greater than 0 and less than 86400000');
  }
  return new Date(millis);
};

/** Java's Date reaches further than JavaScript's; what lies beyond is no date that Snowflake takes either. */
const dateOf = (logicalType: string, millis: number): Date => {
  const date = new Date(millis);
  if (!Number.isNaN(date.getTime())) return date;
  throw new DataError(
    `Invalid ${logicalType}: further than 100,000,000 days from 1970; is its unit finer than ${logicalType}'s?`,
  );
};

interface TypeOf {
  readonly number: number;
  readonly bigint: bigint;
}

const checked = <K extends keyof TypeOf>(value: unknown, kind: K, logicalType: string, expected: string): TypeOf[K] => {
  if (typeof value !== kind) throw wrongType(logicalType, expected);
  return value as TypeOf[K];
};

const wrongType = (logicalType: string, expected: string): DataError =>
  new DataError(`Invalid type for ${logicalType}, underlying representation should be ${expected}`);
