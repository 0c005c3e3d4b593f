import { type ColumnInput, javaTypeOf, kindOf, textOf } from './column-input.ts';
import type { ColumnRule } from './column-json.ts';
import { defaultZoneOffset } from './default-zone.ts';
import {
  dateText,
  type Instant,
  instantOf,
  instantOfEpoch,
  javaTimeText,
  type LocalDate,
  type LocalTime,
  offsetText,
  parseDate,
  parseDateTime,
  parseTime,
  timeText,
  truncated,
  utcOf,
} from './java-time.ts';
import { invalidValue, outOfRange, typeNotAllowed } from './refusal.ts';
import type { TypedColumn } from './typed-column.ts';

const supported =
  'see https://docs.snowflake.com/en/user-guide/data-load-snowpipe-streaming-overview for the list of supported formats';
const javaDates = 'String, LocalDate, LocalDateTime, ZonedDateTime, OffsetDateTime';
const midnight: LocalTime = { hour: 0, minute: 0, second: 0, nano: 0 };

interface Moment {
  readonly date: LocalDate;
  readonly time: LocalTime;
  /** Null: the text had none. */
  readonly offset: number | null;
}

/** A Date itself: v3's text of it is an epoch whose unit is guessed wrong near 1970. */
const momentOfDate = (date: Date): Moment => ({
  date: { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() },
  time: {
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    nano: date.getUTCMilliseconds() * 1_000_000,
  },
  offset: 0,
});

/** ISO text with or without zone (our own class: with a blank for the T, too), a date alone, else an integer as an epoch in UTC. */
const momentOfText = (text: string, generation: ColumnInput['generation']): Moment | null => {
  const full = parseDateTime(generation === 'own' ? text.replace(blankForT, '$1T') : text);
  if (full !== null) return full;
  const date = parseDate(text);
  if (date !== null) return { date, time: midnight, offset: null };
  const instant = instantOfEpoch(text);
  return instant === null ? null : { ...utcOf(instant), offset: 0 };
};

const blankForT = /^(\S+-\d\d) (?=\d)/;

/** Trimmed text; an integer of JSON only where `integers` says so (our own class takes it everywhere). */
const temporalText = (
  column: TypedColumn,
  type: string,
  allowed: string,
  input: ColumnInput,
  integers: boolean,
): string => {
  const kind = kindOf(input);
  if (kind === 'text') return textOf(input).trim();
  if (kind === 'number' && /^-?\d+$/.test(input.json)) {
    const java = javaTypeOf(input);
    if (input.generation === 'own' || (integers && (java === 'java.lang.Integer' || java === 'java.lang.Long')))
      return input.json;
  }
  throw typeNotAllowed(column, type, input, allowed);
};

const momentOf = (column: TypedColumn, type: string, input: ColumnInput, integers: boolean): Moment | null => {
  if (input.value instanceof Date) return momentOfDate(input.value);
  return momentOfText(temporalText(column, type, javaDates, input, integers), input.generation);
};

export const dateColumn: ColumnRule = (column, input) => {
  const moment = momentOf(column, 'DATE', input, false);
  if (moment === null) throw invalidValue(column, 'DATE', `Not a valid value, ${supported}`);
  const { date } = moment;
  if (date.year < -9999 || date.year > 9999)
    throw outOfRange(
      column,
      'Date out of representable inclusive range of years between -9999 and 9999',
      dateText(date),
    );
  return `"${dateText(date)}"`;
};

/** A zone means nothing to TIME; Snowflake would drop the row. */
export const timeColumn: ColumnRule = (column, input) => {
  const time =
    input.value instanceof Date
      ? momentOfDate(input.value).time
      : timeOfText(temporalText(column, 'TIME', 'String, LocalTime, OffsetTime', input, false));
  if (time === null) throw invalidValue(column, 'TIME', `Not a valid time, ${supported}`);
  return `"${timeText(truncated(time, scaleOf(column)))}"`;
};

const timeOfText = (text: string): LocalTime | null => {
  const instant = instantOfEpoch(text);
  return instant === null ? parseTime(text) : utcOf(instant).time;
};

const scaleOf = ({ typeArguments: [scale = 9] }: TypedColumn): number => scale;

const timestampOf = (column: TypedColumn, input: ColumnInput, zoneless: (moment: Moment) => number) => {
  const moment = momentOf(column, 'TIMESTAMP', input, true);
  if (moment === null) throw invalidValue(column, 'TIMESTAMP', `Not a valid value, ${supported}`);
  const offset = moment.offset ?? zoneless(moment);
  const { date, time } = moment;
  if (date.year < 1 || date.year > 9999) {
    const value = `${dateText(date)}T${javaTimeText(time)}${offsetText(offset)}`;
    throw outOfRange(column, 'Timestamp out of representable inclusive range of years between 1 and 9999', value);
  }
  return { date, time: truncated(time, scaleOf(column)), offset };
};

/** `"2024-01-15T13:45:30.25Z"`, which is all but what Snowflake stores: nearly every text is so. */
const plainTimestamp =
  /^"(?!0000)\d{4}-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?Z?"$/;
const secondsEnd = '"2024-01-15T13:45:30'.length;

/** The digits that count, without the closing quote; null: not plain, or without the zone that must be there. */
const plainDigits = (json: string, scale: number, mustBeUtc: boolean): string | null => {
  if (!plainTimestamp.test(json)) return null;
  let end = json.length - 1;
  const isUtc = json.charAt(end - 1) === 'Z';
  if (mustBeUtc && !isUtc) return null;
  if (isUtc) end--;
  if (end > secondsEnd) {
    end = Math.min(end, secondsEnd + 1 + scale);
    while (json.charAt(end - 1) === '0') end--;
    if (json.charAt(end - 1) === '.') end--;
  }
  return json.slice(0, end);
};

/** The wall clock's time, whatever the zone. */
export const timestampNtzColumn: ColumnRule = (column, input) => {
  const plain = plainDigits(input.json, scaleOf(column), false);
  if (plain !== null) return `${plain}"`;
  const { date, time } = timestampOf(column, input, () => 0);
  return `"${dateText(date)}T${timeText(time)}"`;
};

/** Without a zone it is Snowflake's default one: said in the text, because the account's may be another. */
export const timestampTzColumn: ColumnRule = (column, input) => {
  const plain = plainDigits(input.json, scaleOf(column), true);
  if (plain !== null) return `${plain}Z"`;
  const { date, time, offset } = timestampOf(column, input, (moment) => defaultZoneOffset(moment.date, moment.time));
  // Snowflake's offsets have minutes: local mean time goes as UTC.
  if (offset % 60 !== 0) return utcText(instantOf(date, time, offset));
  return `"${dateText(date)}T${timeText(time)}${offsetText(offset)}"`;
};

const utcText = (instant: Instant): string => {
  const { date, time } = utcOf(instant);
  return `"${dateText(date)}T${timeText(time)}Z"`;
};
