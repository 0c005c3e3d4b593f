import { isoText, legacyIsoText, timeText } from './date-text.ts';
import type { Generation } from './sink-settings.ts';

/** What the generations of the Snowflake connector write differently. */
export interface ValueRules {
  /** Infinity below the top level: `Infinity` (v3) or `Inf` (v4). */
  readonly nestedInfinity: 'Infinity' | 'Inf';
  /** Logical type Date. */
  date(date: Date): string;
  /** Logical type Timestamp: v3's epoch milliseconds as a string, v4's ISO text. */
  timestamp(date: Date): string;
  /** Logical type Time. */
  time(time: Date): string;
  /** A Date that no schema calls one of the logical types: what is written, and whether as a string. */
  plainDate(date: Date): { readonly text: string; readonly isNumber: boolean };
  /** A plain INT32 or INT64 may hold a Date (v4). */
  readonly integerTakesDate: boolean;
  /** A Decimal needs no schema to be written (ours; the connectors call the record broken). */
  readonly schemalessDecimal: boolean;
  /** v3: a value must be of exactly its schema, a map's keys decide its shape. v4 takes a record value that is a Map or Struct as an object, keys made text. */
  readonly valueDecidesShape: boolean;
}

const epochMillis = (date: Date): string => String(date.getTime());

const v4: ValueRules = {
  nestedInfinity: 'Inf',
  date: isoText,
  timestamp: isoText,
  time: timeText,
  plainDate: (date) => ({ text: epochMillis(date), isNumber: true }),
  integerTakesDate: true,
  schemalessDecimal: false,
  valueDecidesShape: true,
};

/** Our own class: v4's rules, and what v4 refuses or leaves raw without need is written: Decimals, dates as ISO text. */
export const valueRules: Readonly<Record<Generation, ValueRules>> = {
  v3: {
    nestedInfinity: 'Infinity',
    date: legacyIsoText,
    timestamp: epochMillis,
    time: timeText,
    plainDate: (date) => ({ text: epochMillis(date), isNumber: false }),
    integerTakesDate: false,
    schemalessDecimal: false,
    valueDecidesShape: false,
  },
  v4,
  own: { ...v4, plainDate: (date) => ({ text: isoText(date), isNumber: false }), schemalessDecimal: true },
};

/** v3 writes the zone of a Time in a header as `+0000`, elsewhere as `Z`. */
export const headerRules: Readonly<Record<Generation, ValueRules>> = {
  ...valueRules,
  v3: { ...valueRules.v3, time: (time) => timeText(time).replace('Z', '+0000') },
};
