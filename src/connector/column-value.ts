import { type Column, DataError, type Decimal, type Schema } from '../api/index.ts';
import { parseDecimal, precisionOf } from '../util/big-decimal.ts';
import { isoText, timeText } from './date-text.ts';
import { epochInstant } from './epoch-instant.ts';
import { type IsoText, parseIsoText } from './iso-text.ts';

/** A column with its type read: `NUMBER(10,2)` → `NUMBER`, [10, 2]. */
export interface TypedColumn extends Column {
  readonly baseType: string;
  readonly typeArguments: readonly number[];
}

export const typedColumn = (column: Column): TypedColumn => {
  const [, name = '', numbers = ''] = /^\s*([A-Za-z_ ]+?)\s*(?:\(([\d,\s]*)\).*)?$/.exec(column.type) ?? [];
  return {
    ...column,
    baseType: name.toUpperCase(),
    typeArguments: numbers === '' ? [] : numbers.split(',').map(Number),
  };
};

export interface ColumnInput {
  readonly schema: Schema | null;
  readonly value: unknown;
  /** The value as JSON by the generation's rules. */
  readonly json: string;
}

/**
 * JSON that Snowflake stores in this column as the connector's client-side validation would (snowflake.validation=client_side): Snowflake itself
 * drops a row that does not fit only after it has accepted it, or reads it otherwise (hex as base64, integers as local time).
 * Throws a DataError that names column and type, never the value.
 */
export const columnJson = (column: TypedColumn, input: ColumnInput): string => {
  const convert = conversions.get(column.baseType);
  return convert === undefined ? input.json : convert(column, input);
};

/** The value is longer than the column; `wider`: the type that would take it, null if none would. */
export class NarrowColumnError extends DataError {
  override readonly name: string = 'NarrowColumnError';
  readonly column: string;
  readonly wider: string | null;
  constructor(column: Column, what: string, wider: string | null) {
    super(refusal(column, what));
    this.column = column.name;
    this.wider = wider;
  }
}

type Conversion = (column: TypedColumn, input: ColumnInput) => string;

const refusal = ({ name, type }: Column, what: string): string =>
  `The value of column ${name} does not fit its type ${type}: ${what}`;
const refuse = (column: Column, what: string): DataError => new DataError(refusal(column, what));

const isString = (json: string): boolean => json.startsWith('"');
const isNested = (json: string): boolean => json.startsWith('{') || json.startsWith('[');
const isBoolean = (json: string): boolean => json === 'true' || json === 'false';
const stringOf = ({ value, json }: ColumnInput): string =>
  typeof value === 'string' ? value : String(JSON.parse(json));

const varchar: Conversion = (column, input) => {
  const { json } = input;
  const text = isString(json) ? stringOf(input) : json;
  const [most] = column.typeArguments;
  if (most !== undefined && text.length > most && [...text].length > most) {
    throw new NarrowColumnError(column, `longer than ${most} characters`, widerVarchar([...text].length));
  }
  return isString(json) ? json : JSON.stringify(text);
};

const number: Conversion = (column, input) => {
  const { json } = input;
  const text = isString(json) ? stringOf(input).trim() : json;
  const decimal = isNested(json) || isBoolean(json) ? null : parseDecimal(text);
  if (decimal === null) throw refuse(column, 'it is no number');
  const [precision = 38, scale = 0] = column.typeArguments;
  const digits = wholeDigits(decimal);
  if (digits > precision - scale) {
    const wider = digits + scale > maxPrecision ? null : `NUMBER(${digits + scale},${scale})`;
    throw new NarrowColumnError(column, `more than ${precision - scale} digits before the point`, wider);
  }
  return isString(json) ? JSON.stringify(text) : json;
};

const maxPrecision = 38;
const maxVarchar = 16_777_216;
/** The next power of two, so that a growing text does not alter the table each time. */
const widerVarchar = (length: number): string | null =>
  length > maxVarchar ? null : `VARCHAR(${Math.min(maxVarchar, 2 ** Math.ceil(Math.log2(length)))})`;

const wholeDigits = (decimal: Decimal): number =>
  decimal.unscaled === 0n ? 0 : Math.max(0, precisionOf(decimal) - decimal.scale);

const notFinite = /^[+-]?(?:nan|inf(?:inity)?)$/i;

const float: Conversion = (column, input) => {
  const { json } = input;
  if (isNested(json) || isBoolean(json)) throw refuse(column, 'it is no number');
  if (!isString(json)) return json;
  const text = stringOf(input).trim();
  if (notFinite.test(text) || parseDecimal(text) !== null) return JSON.stringify(text);
  throw refuse(column, 'it is no number');
};

const truths: ReadonlyMap<string, boolean> = new Map([
  ...['1', 'yes', 'y', 't', 'true', 'on'].map((word) => [word, true] as const),
  ...['0', 'no', 'n', 'f', 'false', 'off'].map((word) => [word, false] as const),
]);

const boolean: Conversion = (column, input) => {
  const { json } = input;
  const truth = isNested(json) ? undefined : truths.get(isString(json) ? stringOf(input).trim().toLowerCase() : json);
  if (truth === undefined) throw refuse(column, 'it is neither true nor false (nor 1, 0, yes, no, on, off)');
  return String(truth);
};

const maxBinaryBytes = 8 * 1024 * 1024;

/** Snowflake reads base64; the connector's rule for strings is hexadecimal. */
const binary: Conversion = (column, input) => {
  const { value, json } = input;
  const most = column.typeArguments[0] ?? maxBinaryBytes;
  if (value instanceof Uint8Array) {
    if (value.length > most) throw refuse(column, `longer than ${most} bytes`);
    return json;
  }
  const text = isString(json) ? stringOf(input).trim() : '';
  if (!isString(json) || !/^(?:[0-9a-fA-F]{2})*$/.test(text))
    throw refuse(column, 'it is neither bytes nor hexadecimal text');
  if (text.length / 2 > most) throw refuse(column, `longer than ${most} bytes`);
  return `"${Buffer.from(text, 'hex').toString('base64')}"`;
};

const array: Conversion = (_column, { json }) => (json.startsWith('[') ? json : `[${json}]`);

const object: Conversion = (column, input) => {
  const { json } = input;
  if (json.startsWith('{')) return json;
  const text = isString(json) ? stringOf(input).trim() : '';
  if (!text.startsWith('{')) throw refuse(column, 'it is no object');
  return json;
};

interface Temporal {
  /** `fraction`: the epoch's digits behind the second, or the Date's three. */
  ofInstant(instant: Date, fraction: string): string;
  /** Null: not of this type. */
  ofText(text: IsoText): string | null;
}

/** What a temporal column takes: a Date (of a logical type), an epoch in seconds to nanoseconds, or ISO text. */
const temporal =
  ({ ofInstant, ofText }: Temporal): Conversion =>
  (column, input) => {
    const { value, json } = input;
    if (value instanceof Date) return JSON.stringify(ofInstant(value, millisText(value)));
    const text = isString(json) ? stringOf(input).trim() : json;
    const epoch = epochInstant(text);
    if (epoch !== null) return JSON.stringify(ofInstant(epoch.instant, epoch.fraction));
    const iso = isString(json) ? parseIsoText(text) : null;
    const converted = iso === null ? null : ofText(iso);
    if (converted === null) throw refuse(column, 'it is neither ISO 8601 text of that type nor an epoch');
    return JSON.stringify(converted);
  };

const millisText = (date: Date): string => String(date.getUTCMilliseconds()).padStart(3, '0');
const secondsText = (date: Date): string => timeText(date).slice(0, 8);
const dayText = (date: Date): string => isoText(date).split('T')[0] ?? '';
const instantText = (date: Date, fraction: string): string => `${dayText(date)}T${secondsText(date)}.${fraction}`;
const dateAndTime = ({ date, time }: IsoText): string => (time === null ? String(date) : `${date}T${time}`);

const date = temporal({ ofInstant: dayText, ofText: (text) => text.date });
/** A zone means nothing to TIME; Snowflake would drop the row. */
const time = temporal({
  ofInstant: (instant, fraction) => `${secondsText(instant)}.${fraction}`,
  ofText: (text) => (text.date === null ? text.time : null),
});
/** The wall clock's time, whatever the zone. */
const timestampNtz = temporal({
  ofInstant: instantText,
  ofText: (text) => (text.date === null ? null : dateAndTime(text)),
});
const timestampTz = temporal({
  ofInstant: (instant, fraction) => `${instantText(instant, fraction)}Z`,
  ofText: (text) => (text.date === null ? null : `${dateAndTime(text)}${text.zone}`),
});

const each = (names: string, conversion: Conversion): [string, Conversion][] =>
  names.split(',').map((name) => [name, conversion]);

/** By type name as DESCRIBE TABLE or a user's DDL has it; VARIANT and what is not here takes any JSON. */
const conversions: ReadonlyMap<string, Conversion> = new Map([
  ...each('VARCHAR,TEXT,STRING,CHAR,CHARACTER', varchar),
  ...each('NUMBER,DECIMAL,NUMERIC,INT,INTEGER,BIGINT,SMALLINT,TINYINT,BYTEINT', number),
  ...each('FLOAT,FLOAT4,FLOAT8,DOUBLE,DOUBLE PRECISION,REAL', float),
  ...each('BOOLEAN', boolean),
  ...each('BINARY,VARBINARY', binary),
  ...each('ARRAY', array),
  ...each('OBJECT', object),
  ...each('DATE', date),
  ...each('TIME', time),
  ...each('TIMESTAMP_NTZ,TIMESTAMP,DATETIME', timestampNtz),
  ...each('TIMESTAMP_LTZ,TIMESTAMP_TZ', timestampTz),
]);
