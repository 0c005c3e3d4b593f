import type { Schema } from '../api/index.ts';
import { dateOfEpochDay, dateText, timeText, utcOf } from './columns/java-time.ts';
import type { TypedColumn } from './columns/typed-column.ts';

/** What a schema's name says that its type does not. */
interface DeclaredType {
  /** Of a new column. */
  readonly type: string;
  /** ISO text of a count of units; null: beyond what the type holds. Missing: the value is text already. */
  readonly text?: (units: bigint) => string | null;
}

const secondsPerDay = 86_400n;

const timestampText = (unitsPerSecond: bigint) => (units: bigint) => {
  const { date, time } = utcOf(instantOf(units, unitsPerSecond));
  return `${dateText(date)}T${timeText(time)}`;
};

/** MySQL's TIME goes beyond a day and below zero: no time of day. */
const timeOfDayText = (unitsPerSecond: bigint) => (units: bigint) =>
  units < 0n || units >= secondsPerDay * unitsPerSecond ? null : timeText(utcOf(instantOf(units, unitsPerSecond)).time);

const instantOf = (units: bigint, unitsPerSecond: bigint) => {
  const rest = ((units % unitsPerSecond) + unitsPerSecond) % unitsPerSecond;
  return { seconds: (units - rest) / unitsPerSecond, nano: Number(rest * (1_000_000_000n / unitsPerSecond)) };
};

const milli = 1000n;
const micro = 1_000_000n;
const nano = 1_000_000_000n;

/**
 * Debezium's semantic types: plain integers and texts for whoever does not know the schema's name.
 * https://debezium.io/documentation/reference/stable/connectors/postgresql.html#postgresql-temporal-types
 */
const declared: ReadonlyMap<string, DeclaredType> = new Map([
  ['io.debezium.time.Date', { type: 'DATE', text: (days: bigint) => dateText(dateOfEpochDay(days)) }],
  ['io.debezium.time.Time', { type: 'TIME(3)', text: timeOfDayText(milli) }],
  ['io.debezium.time.MicroTime', { type: 'TIME(6)', text: timeOfDayText(micro) }],
  ['io.debezium.time.NanoTime', { type: 'TIME(9)', text: timeOfDayText(nano) }],
  ['io.debezium.time.ZonedTime', { type: 'TIME(6)' }],
  ['io.debezium.time.Timestamp', { type: 'TIMESTAMP_NTZ(3)', text: timestampText(milli) }],
  ['io.debezium.time.MicroTimestamp', { type: 'TIMESTAMP_NTZ(6)', text: timestampText(micro) }],
  ['io.debezium.time.NanoTimestamp', { type: 'TIMESTAMP_NTZ(9)', text: timestampText(nano) }],
  ['io.debezium.time.ZonedTimestamp', { type: 'TIMESTAMP_TZ(6)' }],
  ['io.debezium.data.Json', { type: 'VARIANT' }],
]);

const declaredType = ({ name }: Schema): DeclaredType | undefined =>
  name?.startsWith('io.debezium.') ? declared.get(name) : undefined;

/** The type of a new column; null: the schema's name says none. */
export const declaredColumnType = (schema: Schema): string | null => declaredType(schema)?.type ?? null;

/** Text schema of what `declaredText` makes. */
export const declaredTextSchema: Schema = { type: 'STRING', optional: true };

/** For columns of dates and times: what turns such a value into text that they take; null: they take it as it is. */
export const declaredText = (
  schema: Schema | null,
  column: TypedColumn,
): ((value: unknown) => string | null) | null => {
  const text = schema === null ? undefined : declaredType(schema)?.text;
  if (text === undefined || !/^(DATE|TIME)/.test(column.baseType)) return null;
  return (value) => {
    if (typeof value === 'bigint') return text(value);
    return typeof value === 'number' && Number.isInteger(value) ? text(BigInt(value)) : null;
  };
};
