import { DataError, logicalNames, RecordValueError, type Schema } from '../api/index.ts';
import { JavaError, nullPointer } from '../util/java-error.ts';
import { javaClassName } from './connect-value.ts';
import type { SimpleDateFormat } from './simple-date-format/index.ts';

export type TimestampType = 'string' | 'unix' | 'Date' | 'Time' | 'Timestamp';
export type UnixPrecision = 'nanoseconds' | 'microseconds' | 'milliseconds' | 'seconds';

/** One way to write an instant; instants are milliseconds since 1970. */
interface TimestampForm {
  readonly schema: Schema;
  toInstant(schema: Schema | null, value: unknown): bigint;
  fromInstant(millis: bigint, hasSchema: boolean): unknown;
}

const millisPerDay = 86_400_000n;
const int64 = { min: -(2n ** 63n), max: 2n ** 63n - 1n };

/** TimeUnit.convert: what does not fit a long saturates. */
const saturated = (value: bigint): bigint => {
  if (value > int64.max) return int64.max;
  return value < int64.min ? int64.min : value;
};

/** Java's Date reaches further than JavaScript's; what lies beyond is no date that Snowflake takes either. */
const dateAt = (millis: bigint): Date => {
  const date = new Date(Number(millis));
  if (!Number.isNaN(date.getTime())) return date;
  throw new DataError('Timestamp further than 100,000,000 days from 1970; does unix.precision name its unit?');
};

const dateForm = (
  name: string,
  type: 'INT32' | 'INT64',
  kind: string,
  cut: (millis: bigint) => bigint,
): TimestampForm => ({
  schema: { type, optional: false, name, version: 1 },
  toInstant: (schema, value) => {
    if (value instanceof Date) return BigInt(value.getTime());
    throw new DataError(`Expected ${kind} to be a java.util.Date, but found class ${javaClassName(schema, value)}`);
  },
  fromInstant: (millis) => dateAt(cut(millis)),
});

const millisOfDay = (millis: bigint): bigint => ((millis % millisPerDay) + millisPerDay) % millisPerDay;

/** The five forms that TimestampConverter knows. `format`: null where none is configured. */
export const createTimestampTypes = (
  format: SimpleDateFormat | null,
  precision: UnixPrecision,
): Readonly<Record<TimestampType, TimestampForm>> => ({
  string: stringForm(format),
  unix: unixForm(precision),
  Date: dateForm(logicalNames.date, 'INT32', 'Date', (millis) => millis - millisOfDay(millis)),
  Time: dateForm(logicalNames.time, 'INT32', 'Time', millisOfDay),
  Timestamp: dateForm(logicalNames.timestamp, 'INT64', 'Timestamp', (millis) => millis),
});

const stringForm = (format: SimpleDateFormat | null): TimestampForm => ({
  schema: { type: 'STRING', optional: false },
  toInstant: (schema, value) => {
    if (typeof value !== 'string') {
      const javaClass = javaClassName(schema, value);
      throw new DataError(`Expected string timestamp to be a String, but found class ${javaClass}`);
    }
    if (format === null) {
      throw nullPointer('Cannot invoke "java.text.SimpleDateFormat.parse(String)" because "config.format" is null');
    }
    const millis = format.parse(value);
    if (millis !== null) return BigInt(millis);
    const mismatch = `does not match pattern (${format.pattern})`;
    const message = `Could not parse timestamp: value (${value}) ${mismatch}`;
    throw new RecordValueError(message, `Could not parse timestamp: a value ${mismatch}`, {
      cause: new JavaError('java.text.ParseException', `Unparseable date: "${value}"`),
    });
  },
  fromInstant: (millis) => format?.format(millis) ?? null,
});

const unixForm = (precision: UnixPrecision): TimestampForm => ({
  schema: { type: 'INT64', optional: false },
  toInstant: (schema, value) => {
    if (typeof value !== 'bigint') {
      throw new DataError(`Expected Unix timestamp to be a Long, but found class ${javaClassName(schema, value)}`);
    }
    return millisFrom[precision](value);
  },
  fromInstant: (millis) => millisTo[precision](millis),
});

type Conversion = Readonly<Record<UnixPrecision, (value: bigint) => bigint>>;
const millisFrom: Conversion = {
  seconds: (value) => saturated(value * 1000n),
  milliseconds: (value) => value,
  microseconds: (value) => value / 1000n,
  nanoseconds: (value) => value / 1_000_000n,
};
const millisTo: Conversion = {
  seconds: (millis) => millis / 1000n,
  milliseconds: (millis) => millis,
  microseconds: (millis) => saturated(millis * 1000n),
  nanoseconds: (millis) => saturated(millis * 1_000_000n),
};
