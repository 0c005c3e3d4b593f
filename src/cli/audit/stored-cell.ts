import type { Column } from '../../api/index.ts';

/** How a column's values are compared with what was sent. */
type Comparison = 'json' | 'number' | 'boolean' | 'text' | 'presence';

/** Dates, times and bytes have many texts for one value: only whether there is one is compared. */
const comparisonOf = ({ type }: Column): Comparison => {
  if (/^(VARIANT|OBJECT|ARRAY|MAP)\b/i.test(type)) return 'json';
  if (/^(NUMBER|DECIMAL|NUMERIC|INT|FLOAT|DOUBLE|REAL)/i.test(type)) return 'number';
  if (/^BOOLEAN/i.test(type)) return 'boolean';
  return /^(VARCHAR|STRING|TEXT|CHAR)/i.test(type) ? 'text' : 'presence';
};

/** What of a column is read. */
export const cellSql = (column: Column, name: string): string => {
  const comparison = comparisonOf(column);
  if (comparison === 'json') return `TO_JSON(${name})`;
  return comparison === 'presence' ? `IFF(${name} IS NULL, NULL, 'a value')` : `${name}::VARCHAR`;
};

/** A number in the digits that it was written with. */
class Digits {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type JsonValue = null | string | boolean | Digits | readonly JsonValue[] | JsonObject;
interface JsonObject {
  readonly [name: string]: JsonValue;
}

const parse = (json: string): JsonValue =>
  JSON.parse(json, (_name, value: unknown, context?: { readonly source?: string }) =>
    typeof value === 'number' ? new Digits(context?.source ?? String(value)) : value,
  ) as JsonValue;

const isWhole = /^-?\d+$/;

/** Snowflake keeps whole numbers to the digit, others within its types' precision. `step`: of the column's scale. */
const sameNumber = (one: string, other: string, step = 0): boolean => {
  if (isWhole.test(one) && isWhole.test(other)) return BigInt(one) === BigInt(other);
  const [a, b] = [Number(one), Number(other)];
  return Object.is(a, b) || Math.abs(a - b) <= Math.max(step / 2, Math.abs(a) * 1e-15) * 1.000001;
};

const isAbsent = (value: JsonValue | undefined): boolean => value === null || value === undefined;

/** Members in any order; a null and no member are the same, as in structured types. */
const sameJson = (one: JsonValue | undefined, other: JsonValue | undefined): boolean => {
  if (isAbsent(one) || isAbsent(other)) return isAbsent(one) && isAbsent(other);
  if (one instanceof Digits && other instanceof Digits) return sameNumber(one.text, other.text);
  if (Array.isArray(one) && Array.isArray(other))
    return one.length === other.length && one.every((item, index) => sameJson(item, other[index]));
  if (!isObject(one) || !isObject(other)) return one === other;
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...names].every((name) => sameJson(one[name], other[name]));
};

const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Digits);

const pushTime = 'SnowflakeConnectorPushTime';

/** What RECORD_METADATA holds is a matter of switches, which may have been others then: only what both have is compared. */
const sameMetadata = (one: JsonValue, other: JsonValue): boolean =>
  isObject(one) &&
  isObject(other) &&
  Object.keys(one).every((name) => name === pushTime || isAbsent(other[name]) || sameJson(one[name], other[name]));

const sameCell = (column: Column, sent: JsonValue, stored: string | null): boolean => {
  if (sent === null || stored === null) return (sent === null) === (stored === null || stored === 'null');
  switch (comparisonOf(column)) {
    case 'json':
      return column.name === 'RECORD_METADATA' ? sameMetadata(sent, parse(stored)) : sameJson(sent, parse(stored));
    case 'number': {
      const scale = /\(\s*\d+\s*,\s*(\d+)\s*\)/.exec(column.type)?.[1];
      const text = sent instanceof Digits ? sent.text : String(sent);
      return sameNumber(text, stored, scale === undefined ? 0 : 10 ** -Number(scale));
    }
    case 'boolean':
      return typeof sent !== 'boolean' || String(sent) === stored.toLowerCase();
    case 'text':
      if (sent instanceof Digits) return sent.text === stored || sameNumber(sent.text, stored);
      return typeof sent === 'object' ? sameJson(sent, parse(stored)) : String(sent) === stored;
    case 'presence':
      return true;
  }
};

/**
 * The columns whose stored value is not that of the row as it is sent: JSON that the connector writes. Columns that it leaves out get
 * their defaults and are not compared, nor are those of `volatile`.
 */
export const differingColumns = (
  sent: string,
  stored: ReadonlyMap<string, string | null>,
  columns: readonly Column[],
  volatile: ReadonlySet<string> = new Set(),
): readonly string[] => {
  const row = parse(sent) as { readonly [name: string]: JsonValue };
  return Object.entries(row).flatMap(([name, value]) => {
    const column =
      columns.find((each) => each.name === name) ?? columns.find((each) => each.name === name.toUpperCase());
    if (column === undefined || volatile.has(name)) return [];
    return sameCell(column, value, stored.get(column.name) ?? null) ? [] : [column.name];
  });
};
