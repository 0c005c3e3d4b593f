import { type Column, DataError, type SchemaAndValue } from '../../src/api/index.ts';
import { columnJson } from '../../src/connector/columns/column-json.ts';
import {
  epochDay,
  instantOf,
  type LocalTime,
  parseDate,
  parseDateTime,
  parseTime,
  truncated,
} from '../../src/connector/columns/java-time.ts';
import { typedColumn } from '../../src/connector/columns/typed-column.ts';
import { jsonRenderer } from '../../src/connector/renderer.ts';
import { TableColumns } from '../../src/connector/table-columns.ts';
import { valueRules } from '../../src/connector/value-rules.ts';
import { ValueWriter } from '../../src/connector/value-writer.ts';
import { parseDecimal } from '../../src/util/big-decimal.ts';
import {
  type Case,
  compare,
  failed,
  isObject,
  type Outcome,
  passed,
  type Runner,
  sameJson,
  skipped,
} from './outcome.ts';
import { NoLikeError, readValue } from './typed-values.ts';

type Json = Readonly<Record<string, unknown>>;

/** Values into columns: the same verdict, the same words, and JSON that Snowflake stores as the value that the validator understood. */
export const rowValidation: Runner = (vector) => {
  const out = isObject(vector['out']) ? vector['out'] : {};
  switch (vector['kind']) {
    case 'value':
      return valueOutcome(vector, out);
    case 'row':
      return shapeOutcome(vector, out);
    default:
      return typeOutcome(vector, out);
  }
};

const columnOf = (type: string): Column => ({ name: 'C', type, nullable: true, hasDefault: false });

const valueOutcome = (vector: Case, out: Json): Outcome => {
  const generation = String(vector['v']).startsWith('v3') ? 'v3' : 'v4';
  const type = String(vector['type']);
  let given: SchemaAndValue;
  try {
    given = { schema: null, value: readValue(null, vector['value']) };
  } catch (error) {
    if (error instanceof NoLikeError) return skipped(error.message);
    throw error;
  }
  if (given.value === null) return passed;
  const writer = new ValueWriter({ ...valueRules.v4, schemalessDecimal: true }, jsonRenderer);
  let got: string;
  try {
    const json = writer.topLevel(null, given.value);
    got = columnJson(typedColumn(columnOf(type)), { generation, ...given, json });
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    if ('throws' in out) return passed;
    return out['valid'] === false ? compare(out['error'], error.message) : failed(out, error.message);
  }
  if (out['valid'] !== true) return failed(out, got);
  return storedAs(type, out, got) ? passed : failed(out, got);
};

/** What the validator understood, beside what Snowflake makes of our JSON. */
const storedAs = (type: string, out: Json, got: string): boolean => {
  const stored = JSON.parse(got) as unknown;
  const text = String(stored);
  const { parsed, parquet } = out;
  const [base = ''] = type.split('(');
  switch (base) {
    case 'NUMBER':
    case 'FLOAT':
      return isNumberOf(parsed ?? parquet, text, parsed === undefined ? Number(/,(\d+)/.exec(type)?.[1] ?? 0) : null);
    case 'BOOLEAN':
      return stored === (parsed ?? parquet);
    case 'BINARY':
      return sameJson({ b64: stored }, parsed ?? parquet);
    case 'VARCHAR':
      return text === (parsed ?? parquet);
    case 'DATE': {
      const date = parseDate(text);
      return parsed === undefined ? sameJson(parquet, { i32: Number(date && epochDay(date)) }) : parsed === text;
    }
    case 'TIME':
      return parsed === undefined || sameJson(parseTime(text), cutToColumn(type, parseTime(String(parsed))));
    case 'VARIANT':
    case 'ARRAY':
    case 'OBJECT':
      return sameJson(JSON.parse(String(parsed === undefined ? parquet : parsed)), stored);
    default:
      return isTimestampOf(parsed, text);
  }
};

const cutToColumn = (type: string, time: LocalTime | null): LocalTime | null =>
  time === null ? null : truncated(time, Number(/\d/.exec(type)?.[0] ?? 9));

const isNumberOf = (wanted: unknown, text: string, parquetScale: number | null): boolean => {
  if (!isObject(wanted)) return false;
  if ('f64' in wanted) {
    const number = Number(text.replace('inf', 'Infinity'));
    return Object.is(number, Number(wanted['f64'])) || number === Math.fround(Number(wanted['f64']));
  }
  if (parquetScale !== null) return true;
  const [unscaled, scale] = wanted['dec'] as [string, number];
  const decimal = parseDecimal(text);
  if (decimal === null) return false;
  return (
    BigInt(unscaled) * 10n ** BigInt(Math.max(0, decimal.scale - scale)) ===
      decimal.unscaled * 10n ** BigInt(Math.max(0, scale - decimal.scale)) ||
    Number(text) === Math.fround(Number(`${unscaled}e${-scale}`))
  );
};

const isTimestampOf = (parsed: unknown, text: string): boolean => {
  if (parsed === undefined) return parseDateTime(text) !== null;
  const moment = parseDateTime(text);
  if (moment === null || !isObject(parsed)) return false;
  const wanted = Object.fromEntries(parsed['map'] as [string, unknown][]);
  const instant = instantOf(moment.date, moment.time, moment.offset ?? 0);
  return (
    sameJson(wanted['epoch'], { i64: String(instant.seconds) }) && sameJson(wanted['fraction'], { i32: instant.nano })
  );
};

/** Structural checks: columns that the table lacks, and NOT NULL ones that get nothing. */
const shapeOutcome = (vector: Case, out: Json): Outcome => {
  const described = vector['table'] as Json;
  const column: Column = {
    name: String(described['column']),
    type: String(described['type']),
    nullable: described['nullable'] === 'Y',
    hasDefault: described['hasDefault'] === true || described['autoincrement'] === true,
  };
  const table = new TableColumns('T', [column], { exact: true, evolves: false });
  const row = readValue(null, vector['row']) as Map<string, unknown>;
  const extra = [...row.keys()].filter((name) => table.find(name) === null);
  const nullInNotNull = [...row]
    .filter(([name, value]) => value === null && table.find(name)?.nullable === false)
    .map(([name]) => name);
  const missingNotNull = table.missing(row);
  const valid = extra.length + nullInNotNull.length + missingNotNull.length === 0;
  if (valid) return out['valid'] === true ? passed : failed(out, 'valid');
  return compare(
    { extra: out['extra'], missingNotNull: out['missingNotNull'], nullInNotNull: out['nullInNotNull'] },
    { extra, missingNotNull, nullInNotNull },
  );
};

const typeOutcome = (vector: Case, out: Json): Outcome => {
  const { baseType, typeArguments, isStructured } = typedColumn(columnOf(String(vector['type'])));
  if ('throws' in out) return isStructured ? passed : failed(out, baseType);
  if (out['accepted'] !== true)
    return skipped(
      'GEOGRAPHY and GEOMETRY, which the classic API refuses: Snowflake itself takes them or rejects the row',
    );
  const wanted = out['length'] ?? out['precision'];
  return typeArguments.length === 0 || wanted === undefined ? passed : compare(wanted, typeArguments[0]);
};
