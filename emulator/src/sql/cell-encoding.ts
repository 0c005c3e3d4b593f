import {
  DuckDBBlobValue,
  DuckDBDateValue,
  type DuckDBDecimalType,
  type DuckDBListType,
  DuckDBListValue,
  type DuckDBMapType,
  DuckDBMapValue,
  type DuckDBStructType,
  DuckDBStructValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  DuckDBTimeValue,
  type DuckDBType,
  DuckDBTypeId,
  type DuckDBValue,
} from '@duckdb/node-api';
import type { ResultColumn } from './result-set.ts';

const isOffsetTime = (type: DuckDBType): boolean =>
  type.typeId === DuckDBTypeId.STRUCT && (type as DuckDBStructType).entryNames.join() === 'instant,minutes';

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
      return isOffsetTime(type)
        ? { ...column, type: 'timestamp_tz', precision: 0, scale: 9 }
        : { ...column, type: 'object' };
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
export const encodeCell = (value: DuckDBValue, type: DuckDBType): string | null => {
  if (value === null) return null;
  if (typeof value === 'boolean') return value ? '1' : '0';
  if (value instanceof DuckDBDateValue) return String(value.days);
  if (value instanceof DuckDBTimestampValue || value instanceof DuckDBTimestampTZValue) return fraction(value.micros);
  if (value instanceof DuckDBTimeValue) return fraction(value.micros);
  if (value instanceof DuckDBBlobValue) return Buffer.from(value.bytes).toString('hex').toUpperCase();
  if (value instanceof DuckDBStructValue && isOffsetTime(type)) {
    const { instant, minutes } = value.entries;
    return instant instanceof DuckDBTimestampTZValue ? `${fraction(instant.micros)} ${Number(minutes) + 1440}` : null;
  }
  if (value instanceof DuckDBListValue || value instanceof DuckDBStructValue || value instanceof DuckDBMapValue)
    return jsonText(value, type);
  return String(value);
};

/** SQL NULL inside an ARRAY shows as `undefined`. [documented] What is VARIANT comes as its JSON text. */
const jsonText = (value: DuckDBValue, type: DuckDBType | null): string => {
  if (value instanceof DuckDBListValue) {
    const inner = type?.typeId === DuckDBTypeId.LIST ? (type as DuckDBListType).valueType : null;
    return `[${value.items.map((item) => (item === null ? 'undefined' : jsonText(item, inner))).join(',')}]`;
  }
  if (value instanceof DuckDBMapValue) {
    const inner = type?.typeId === DuckDBTypeId.MAP ? (type as DuckDBMapType).valueType : null;
    return jsonObject(value.entries.map(({ key, value: one }) => [String(key), jsonText(one, inner)]));
  }
  if (value instanceof DuckDBStructValue && type !== null && isOffsetTime(type))
    return JSON.stringify(shownTime(value));
  if (value instanceof DuckDBStructValue) {
    const struct = type?.typeId === DuckDBTypeId.STRUCT ? (type as DuckDBStructType) : null;
    return jsonObject(
      Object.entries(value.entries).map(([name, one]) => {
        const at = struct?.entryNames.indexOf(name) ?? -1;
        return [name, jsonText(one, struct?.entryTypes[at] ?? null)];
      }),
    );
  }
  if (value === null || typeof value === 'boolean' || typeof value === 'number') return String(value);
  if (typeof value === 'string') return type?.alias === 'JSON' ? value : JSON.stringify(value);
  const text = String(value);
  return /^-?\d+(\.\d+)?$/.test(text) ? text : JSON.stringify(text);
};

/** TIMESTAMP_TZ as TIMESTAMP_OUTPUT_FORMAT shows it by default. [documented] */
const shownTime = ({ entries: { instant, minutes } }: DuckDBStructValue): string => {
  const shift = Number(minutes);
  const micros = instant instanceof DuckDBTimestampTZValue ? instant.micros : 0n;
  const local = new Date(Number(micros / 1000n) + shift * 60_000).toISOString().slice(0, 23).replace('T', ' ');
  const two = (value: number): string => String(Math.floor(Math.abs(value))).padStart(2, '0');
  return `${local} ${shift < 0 ? '-' : '+'}${two(shift / 60)}${two(shift % 60)}`;
};

const jsonObject = (entries: readonly (readonly [string, string])[]): string =>
  `{${entries.map(([name, text]) => `${JSON.stringify(name)}:${text}`).join(',')}}`;
