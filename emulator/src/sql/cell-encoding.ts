import {
  DuckDBBlobValue,
  DuckDBDateValue,
  type DuckDBDecimalType,
  DuckDBListValue,
  DuckDBMapValue,
  DuckDBStructValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  DuckDBTimeValue,
  type DuckDBType,
  DuckDBTypeId,
  type DuckDBValue,
} from '@duckdb/node-api';
import type { ResultColumn } from './result-set.ts';

/** Which Snowflake type a DuckDB result column stands for. */
export const resultColumn = (name: string, type: DuckDBType): ResultColumn => {
  const column = { name, precision: null, scale: null, length: null, nullable: true };
  switch (type.typeId) {
    case DuckDBTypeId.DECIMAL: {
      const { width, scale } = type as DuckDBDecimalType;
      return { ...column, type: 'fixed', precision: width, scale };
    }
    case DuckDBTypeId.DOUBLE:
    case DuckDBTypeId.FLOAT:
      return { ...column, type: 'real' };
    case DuckDBTypeId.BOOLEAN:
      return { ...column, type: 'boolean' };
    case DuckDBTypeId.DATE:
      return { ...column, type: 'date' };
    case DuckDBTypeId.TIME:
      return { ...column, type: 'time', precision: 0, scale: 9 };
    case DuckDBTypeId.TIMESTAMP:
      return { ...column, type: 'timestamp_ntz', precision: 0, scale: 9 };
    case DuckDBTypeId.TIMESTAMP_TZ:
      return { ...column, type: 'timestamp_ltz', precision: 0, scale: 9 };
    case DuckDBTypeId.BLOB:
      return { ...column, type: 'binary', length: 8_388_608 };
    case DuckDBTypeId.LIST:
    case DuckDBTypeId.ARRAY:
      return { ...column, type: 'array' };
    case DuckDBTypeId.STRUCT:
    case DuckDBTypeId.MAP:
      return { ...column, type: 'object' };
    case DuckDBTypeId.VARCHAR:
      return type.alias === 'JSON' ? { ...column, type: 'variant' } : { ...column, type: 'text', length: 16_777_216 };
    case DuckDBTypeId.TINYINT:
    case DuckDBTypeId.SMALLINT:
    case DuckDBTypeId.INTEGER:
    case DuckDBTypeId.BIGINT:
    case DuckDBTypeId.UTINYINT:
    case DuckDBTypeId.USMALLINT:
    case DuckDBTypeId.UINTEGER:
    case DuckDBTypeId.UBIGINT:
    case DuckDBTypeId.HUGEINT:
    case DuckDBTypeId.UHUGEINT:
      return { ...column, type: 'fixed', precision: 38, scale: 0 };
    default:
      return { ...column, type: 'text', length: 16_777_216 };
  }
};

const fraction = (micros: bigint): string => {
  const negative = micros < 0n;
  const digits = String(negative ? -micros : micros).padStart(7, '0');
  return `${negative ? '-' : ''}${digits.slice(0, -6)}.${digits.slice(-6)}000`;
};

/** A cell of the JSON row set: text or null. [seen on the wire of the drivers] */
export const encodeCell = (value: DuckDBValue): string | null => {
  if (value === null) return null;
  if (typeof value === 'boolean') return value ? '1' : '0';
  if (value instanceof DuckDBDateValue) return String(value.days);
  if (value instanceof DuckDBTimestampValue || value instanceof DuckDBTimestampTZValue) return fraction(value.micros);
  if (value instanceof DuckDBTimeValue) return fraction(value.micros);
  if (value instanceof DuckDBBlobValue) return Buffer.from(value.bytes).toString('hex').toUpperCase();
  if (value instanceof DuckDBListValue || value instanceof DuckDBStructValue || value instanceof DuckDBMapValue)
    return jsonText(value);
  return String(value);
};

/** SQL NULL inside an ARRAY shows as `undefined`. [documented] */
const jsonText = (value: DuckDBValue): string => {
  if (value instanceof DuckDBListValue)
    return `[${value.items.map((item) => (item === null ? 'undefined' : jsonText(item))).join(',')}]`;
  if (value instanceof DuckDBStructValue) return jsonObject(Object.entries(value.entries));
  if (value instanceof DuckDBMapValue)
    return jsonObject(value.entries.map(({ key, value: one }) => [String(key), one]));
  if (value === null || typeof value === 'boolean' || typeof value === 'number') return String(value);
  const text = String(value);
  return isJson(text) ? text : JSON.stringify(text);
};

const jsonObject = (entries: readonly (readonly [string, DuckDBValue])[]): string =>
  `{${entries.map(([name, value]) => `${JSON.stringify(name)}:${jsonText(value)}`).join(',')}}`;

/** Elements that are VARIANT come as their JSON text. */
const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};
