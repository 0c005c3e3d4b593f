import { offsetType } from '../catalog/data-type.ts';

/** An offset behind a time: `+05:30`, ` -0800`, `+02`; a date alone has none. */
const offset = "':[0-9]{2}(?:[.][0-9]*)? *([-+])([0-9]{1,2}):?([0-9]{2})?$'";
const offsetOrZulu = "'(:[0-9]{2}(?:[.][0-9]*)?) *(?:[-+][0-9]{1,2}:?(?:[0-9]{2})?|Z|UTC)$'";

/** In place of TZH and TZM in a format of strftime, which has no such elements. */
export const offsetMarks = { hours: '\ue010', minutes: '\ue011' } as const;

const formatted = (time: string, hours: string, minutes: string): string =>
  `replace(replace(strftime(${time}, format), '${offsetMarks.hours}', ${hours}), '${offsetMarks.minutes}', ${minutes})`;

type Kind = 'tz' | 'ltz' | 'ntz' | 'date' | 'time' | 'text';

const typeOf: Readonly<Record<Kind, string>> = {
  tz: offsetType,
  ltz: 'TIMESTAMPTZ',
  ntz: 'TIMESTAMP',
  date: 'DATE',
  time: 'TIME',
  text: 'VARCHAR',
};

/**
 * A macro whose body depends on the type of its parameter `x`. DuckDB does not know the type of an aggregate or a window
 * function when it chooses: for those each body has a name of its own, `sf_name_kind`.
 */
interface Overloaded {
  readonly name: string;
  readonly parameters: readonly string[];
  readonly plain: string;
  readonly bodies: Readonly<Partial<Record<Kind, string>>>;
}

const bodiesOf = ({ bodies }: Overloaded): readonly (readonly [Kind, string])[] =>
  Object.entries(bodies) as [Kind, string][];

const define = (macro: Overloaded): readonly string[] => {
  const { name, parameters, plain } = macro;
  const own = parameters.join(', ');
  const typed = bodiesOf(macro).map(([kind, body]) => {
    const list = parameters.map((parameter) => (parameter === 'x' ? `x ${typeOf[kind]}` : parameter));
    return `(${list.join(', ')}) AS ${body}`;
  });
  return [
    `CREATE OR REPLACE MACRO ${name}_plain(${own}) AS ${plain}`,
    ...bodiesOf(macro).map(([kind, body]) => `CREATE OR REPLACE MACRO ${name}_${kind}(${own}) AS ${body}`),
    `CREATE OR REPLACE MACRO ${name}${[`(${own}) AS ${plain}`, ...typed].join(', ')}`,
  ];
};

const unitMacros = [
  'year',
  'quarter',
  'month',
  'week',
  'day',
  'hour',
  'minute',
  'second',
  'millisecond',
  'microsecond',
];

const shiftedBy = (date: string): Overloaded['bodies'] => ({
  tz: 'sf_with_offset_tz(x, sf_local_tz(x) + y)',
  text: 'sf_text_to_timestamp(sf_unquoted(x)) + y',
  date,
  time: 'x + y',
  ntz: 'x + y',
  ltz: 'x + y',
});

const overloaded: readonly Overloaded[] = [
  // TIMESTAMP_TZ as a point in time, by which such values compare; other values as they are. [documented]
  { name: 'sf_instant', parameters: ['x'], plain: 'x', bodies: { tz: 'x.instant::TIMESTAMPTZ' } },
  // TIMESTAMP_TZ as its own clock showed it; other values as they are.
  {
    name: 'sf_local',
    parameters: ['x'],
    plain: 'x',
    bodies: { tz: "timezone('UTC', x.instant::TIMESTAMPTZ) + to_minutes(x.minutes::BIGINT)" },
  },
  // What a function made of the local time is a TIMESTAMP_TZ of the same offset again.
  {
    name: 'sf_with_offset',
    parameters: ['x', 'local'],
    plain: 'local',
    bodies: { tz: "sf_tz(timezone('UTC', local) - to_minutes(x.minutes::BIGINT), x.minutes)" },
  },
  // With all digits, as DuckDB and Snowflake read it again.
  {
    name: 'sf_full_text',
    parameters: ['x'],
    plain: 'x::VARCHAR',
    bodies: {
      tz: "strftime(sf_local_tz(x), '%Y-%m-%d %H:%M:%S.%f') || sf_offset_hours(x) || ':' || sf_offset_minutes(x)",
    },
  },
  {
    name: 'sf_strftime',
    parameters: ['x', 'format'],
    plain: formatted('x::TIMESTAMP', "'+00'", "'00'"),
    bodies: { tz: formatted('sf_local_tz(x)', 'sf_offset_hours(x)', 'sf_offset_minutes(x)') },
  },
  {
    name: 'sf_to_timestamp',
    parameters: ['x'],
    plain: 'sf_epoch(x::DOUBLE)',
    bodies: {
      tz: 'sf_local_tz(x)',
      text: 'sf_text_to_timestamp(sf_unquoted(x))',
      ntz: 'x',
      ltz: "timezone('UTC', x)",
      date: 'x::TIMESTAMP',
    },
  },
  {
    name: 'sf_to_tz',
    parameters: ['x'],
    plain: "sf_tz(timezone('UTC', sf_epoch(x::DOUBLE)), 0)",
    bodies: {
      tz: 'x',
      text: 'sf_text_to_tz(sf_unquoted(x))',
      ltz: 'sf_tz(x, 0)',
      ntz: "sf_tz(timezone('UTC', x), 0)",
      date: "sf_tz(timezone('UTC', x::TIMESTAMP), 0)",
    },
  },
  {
    name: 'sf_to_ltz',
    parameters: ['x'],
    plain: "timezone('UTC', sf_epoch(x::DOUBLE))",
    bodies: {
      tz: 'x.instant::TIMESTAMPTZ',
      text: 'sf_text_to_tz(sf_unquoted(x)).instant',
      ltz: 'x',
      ntz: "timezone('UTC', x)",
      date: "timezone('UTC', x::TIMESTAMP)",
    },
  },
  // DATEADD and DATE_TRUNC by the type of the time. [documented]
  { name: 'sf_add_time', parameters: ['x', 'y'], plain: 'x + y', bodies: shiftedBy('x + y') },
  { name: 'sf_add_days', parameters: ['x', 'y'], plain: 'x + y', bodies: shiftedBy('(x + y)::DATE') },
  {
    name: 'sf_date_trunc',
    parameters: ['part', 'x'],
    plain: 'date_trunc(part, x)',
    bodies: {
      tz: 'sf_with_offset_tz(x, date_trunc(part, sf_local_tz(x)))',
      text: 'date_trunc(part, sf_text_to_timestamp(sf_unquoted(x)))',
      date: 'date_trunc(part, x)::DATE',
      time: "date_trunc(part, DATE '1970-01-01' + x)::TIME",
      ntz: 'date_trunc(part, x)',
      ltz: 'date_trunc(part, x)',
    },
  },
];

/** Which bodies an overloaded macro has; null: it is none. */
export const overloadsOf = (name: string): ReadonlySet<string> | null => {
  const found = overloaded.find((macro) => macro.name === name);
  return found === undefined ? null : new Set(Object.keys(found.bodies));
};

/** Times in DuckDB's words. */
export const timeMacros: readonly string[] = [
  `CREATE OR REPLACE MACRO sf_tz(moment, shift) AS CASE WHEN moment IS NOT NULL
     THEN {'instant': moment::TIMESTAMPTZ, 'minutes': (shift)::SMALLINT} END`,
  `CREATE OR REPLACE MACRO sf_offset_hours(x) AS
     (CASE WHEN x.minutes < 0 THEN '-' ELSE '+' END) || lpad((abs(x.minutes) // 60)::VARCHAR, 2, '0')`,
  `CREATE OR REPLACE MACRO sf_offset_minutes(x) AS lpad((abs(x.minutes) % 60)::VARCHAR, 2, '0')`,
  // Of a text: the time without its offset, and the offset in minutes.
  `CREATE OR REPLACE MACRO sf_wall_text(x) AS regexp_replace(x, ${offsetOrZulu}, '\\1')`,
  `CREATE OR REPLACE MACRO sf_shift_of(x) AS CASE WHEN regexp_matches(x, ${offset})
     THEN (CASE WHEN regexp_extract(x, ${offset}, 1) = '-' THEN -1 ELSE 1 END) *
       (regexp_extract(x, ${offset}, 2)::INTEGER * 60 + coalesce(TRY_CAST(regexp_extract(x, ${offset}, 3) AS INTEGER), 0))
     ELSE 0 END`,
  // A VARIANT comes as its JSON text where VARCHAR is asked for.
  `CREATE OR REPLACE MACRO sf_unquoted(x) AS nullif(trim(x, '"'), 'null')`,
  `CREATE OR REPLACE MACRO sf_to_timestamp_scaled(x, scale) AS make_timestamp((x * 10 ** (6 - scale))::BIGINT)`,
  // Which unit: below 31 536 000 000 seconds, then milli-, micro-, nanoseconds. [documented] A text's offset is left out,
  // as Snowflake's own ingest SDK does it.
  `CREATE OR REPLACE MACRO sf_epoch(x) AS CASE
     WHEN abs(x) < 31536000000 THEN make_timestamp((x * 1000000)::BIGINT)
     WHEN abs(x) < 31536000000000 THEN make_timestamp((x * 1000)::BIGINT)
     WHEN abs(x) < 31536000000000000 THEN make_timestamp(x::BIGINT)
     ELSE make_timestamp((x // 1000)::BIGINT) END`,
  `CREATE OR REPLACE MACRO sf_text_to_timestamp(x) AS CASE
     WHEN TRY_CAST(x AS DOUBLE) IS NULL THEN sf_wall_text(x)::TIMESTAMP
     WHEN regexp_full_match(x, '-?[0-9]+') THEN sf_epoch(TRY_CAST(x AS HUGEINT))
     ELSE sf_epoch(TRY_CAST(x AS DOUBLE)) END`,
  `CREATE OR REPLACE MACRO sf_text_to_tz(x) AS sf_tz(
     timezone('UTC', sf_text_to_timestamp(x)) - to_minutes(sf_shift_of(x)::BIGINT), sf_shift_of(x))`,
  ...overloaded.flatMap(define),
  `CREATE OR REPLACE MACRO sf_to_tz_scaled(x, scale) AS sf_tz(timezone('UTC', sf_to_timestamp_scaled(x, scale)), 0)`,
  `CREATE OR REPLACE MACRO sf_to_ltz_scaled(x, scale) AS timezone('UTC', sf_to_timestamp_scaled(x, scale))`,
  `CREATE OR REPLACE MACRO sf_try_to_timestamp(x) AS TRY(sf_text_to_timestamp(sf_unquoted(x::VARCHAR)))`,
  `CREATE OR REPLACE MACRO sf_try_to_tz(x) AS TRY(sf_text_to_tz(sf_unquoted(x::VARCHAR)))`,
  `CREATE OR REPLACE MACRO sf_try_to_ltz(x) AS TRY(sf_text_to_tz(sf_unquoted(x::VARCHAR)).instant)`,
  // How much DATEADD adds; a fraction is rounded [documented], nanoseconds are cut to microseconds.
  ...unitMacros.map((unit) => `CREATE OR REPLACE MACRO sf_${unit}s(x) AS to_${unit}s(x::INTEGER)`),
  'CREATE OR REPLACE MACRO sf_nanoseconds(x) AS to_microseconds((x // 1000)::BIGINT)',
  // The same point in time with the offset that a zone has then; what a clock in another zone shows. [documented]
  `CREATE OR REPLACE MACRO sf_in_zone(zone, moment) AS
     sf_tz(moment, date_diff('minute', timezone('UTC', moment), timezone(zone, moment)))`,
  `CREATE OR REPLACE MACRO sf_between_zones(source, zone, moment) AS timezone(zone, timezone(source, moment))`,
];
