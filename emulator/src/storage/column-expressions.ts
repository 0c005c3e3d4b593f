import { type DataType, formatDataType } from '../catalog/data-type.ts';
import { quoteIdentifier, quoteLiteral } from '../catalog/identifier.ts';
import type { ColumnDefinition } from '../catalog/table-definition.ts';
import { fitsStructure } from './structured-values.ts';

/** How one table column is filled from the JSON text of the fields that match its name. */
export interface ColumnExpressions {
  readonly column: ColumnDefinition;
  /** DuckDB expression of the stored value. */
  readonly value: string;
  /** DuckDB expression: error text of a row that this column rejects, else NULL. Null: it rejects none. */
  readonly error: string | null;
}

/** Text of a JSON value: strings without quotes, JSON null as NULL, everything else as it was written. */
const textOf = (json: string): string =>
  `CASE WHEN ${json} = 'null' THEN NULL WHEN ${json}[1] = '"' THEN ${json}::JSON ->> '$' ELSE ${json} END`;

/** DuckDB is a hundred times slower with wide decimals than with those of 64 bits: they are tried first. */
const decimalOf = (text: string, precision: number, scale: number): string => {
  const exact = `TRY_CAST(${text} AS DECIMAL(${precision},${scale}))`;
  if (precision <= 18 || scale > 17) return exact;
  return `coalesce(TRY_CAST(${text} AS DECIMAL(18,${scale}))::DECIMAL(${precision},${scale}), ${exact})`;
};

/** How fields become values. What is left out: as default pipes have it. */
export interface ValueRules {
  /** Texts that are too long are cut (TRUNCATECOLUMNS). */
  readonly truncates?: boolean;
  /** Default BASE64: default pipes always read BINARY so. [documented] */
  readonly binaryFormat?: 'HEX' | 'BASE64' | 'UTF8';
  /** Texts that mean NULL. */
  readonly nullIf?: readonly string[];
  /** A column without a field becomes NULL, whatever its DEFAULT. */
  readonly absentIsNull?: boolean;
}

const binaryOf = { HEX: 'unhex', BASE64: 'from_base64', UTF8: 'encode' } as const;

const castOf = (json: string, type: DataType, rules: ValueRules): string => {
  const text = `(${textOf(json)})`;
  if (type.structure !== undefined)
    return `CASE WHEN ${fitsStructure(`(${json})::JSON`, type, (inner, innerType) => castOf(inner, innerType, {}))} THEN (${json})::JSON END`;
  switch (type.name) {
    case 'NUMBER':
      return decimalOf(text, type.precision ?? 38, type.scale ?? 0);
    case 'FLOAT':
      return `TRY_CAST(${text} AS DOUBLE)`;
    case 'BOOLEAN':
      return `CASE WHEN lower(${text}) IN ('true', 't', 'yes', 'y', 'on') OR ${json} = '"1"' THEN true
        WHEN lower(${text}) IN ('false', 'f', 'no', 'n', 'off') OR ${json} = '"0"' THEN false END`;
    case 'BINARY':
      return `TRY(${binaryOf[rules.binaryFormat ?? 'BASE64']}(${text}))`;
    case 'DATE':
    case 'TIME':
      return `TRY_CAST(${text} AS ${type.name})`;
    case 'TIMESTAMP_NTZ':
      return `TRY(sf_text_to_timestamp(${text}))`;
    case 'TIMESTAMP_LTZ':
      return `TRY(sf_text_to_tz(${text})).instant`;
    case 'TIMESTAMP_TZ':
      return `TRY(sf_text_to_tz(${text}))`;
    case 'VARCHAR':
      return rules.truncates === true
        ? `left(${text}, ${type.length})`
        : `CASE WHEN length(${text}) <= ${type.length} THEN ${text} END`;
    case 'VARIANT':
      return `${json}::JSON`;
    case 'OBJECT':
    case 'MAP':
      // Text is parsed into an OBJECT, anything else is refused. [documented]
      return `CASE WHEN ${json}[1] = '{' THEN ${json}::JSON WHEN json_type(TRY_CAST(${text} AS JSON)) = 'OBJECT'
        THEN ${text}::JSON END`;
    case 'ARRAY':
      return `CASE WHEN ${json} = 'null' THEN NULL WHEN ${json}[1] = '[' THEN ${json}::JSON
        ELSE ('[' || ${json} || ']')::JSON END`;
  }
};

const whatFails: Readonly<Partial<Record<DataType['name'], string>>> = {
  NUMBER: 'Numeric value',
  FLOAT: 'Numeric value',
  BOOLEAN: 'Boolean value',
  DATE: 'Date',
  TIME: 'Time',
  TIMESTAMP_NTZ: 'Timestamp',
  TIMESTAMP_LTZ: 'Timestamp',
  TIMESTAMP_TZ: 'Timestamp',
};

const castMessage = (text: string, column: ColumnDefinition): string => {
  if (column.type.structure !== undefined)
    return `concat('Failed to cast variant value ', ${text}, ${quoteLiteral(` to ${formatDataType(column.type)}`)})`;
  const subject = whatFails[column.type.name];
  if (subject !== undefined) return `concat(${quoteLiteral(`${subject} '`)}, ${text}, ''' is not recognized')`;
  if (column.type.name === 'VARCHAR')
    return `concat(${quoteLiteral(`User character length limit (${column.type.length}) exceeded by string '`)}, ${text}, '''')`;
  return quoteLiteral(`Value cannot be cast to ${formatDataType(column.type)}, column ${column.name}`);
};

const withoutNullTexts = (json: string, nullIf: readonly string[]): string => {
  if (nullIf.length === 0) return json;
  const texts = nullIf.map((text) => quoteLiteral(JSON.stringify(text)));
  return `(CASE WHEN ${json} IN (${texts.join(', ')}) THEN 'null' ELSE ${json} END)`;
};

const notNullMessage = quoteLiteral('NULL result in a non-nullable column');

/**
 * `fields`: DuckDB column names with the JSON text of every field whose name equals the column's, ignoring case
 * (MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE) [documented]. A field that is absent takes the column's DEFAULT
 * [documented for default pipes].
 */
export const columnExpressions = (
  column: ColumnDefinition,
  fields: readonly string[],
  rules: ValueRules = {},
): ColumnExpressions => {
  const names = fields.map(quoteIdentifier);
  const fallback = rules.absentIsNull === true ? null : column.storedDefaultSql;
  if (names.length === 0) {
    const error = column.nullable || fallback !== null ? null : notNullMessage;
    return { column, value: fallback ?? 'NULL', error };
  }
  const sent = names.length === 1 ? (names[0] ?? '') : `coalesce(${names.join(', ')})`;
  const json = withoutNullTexts(sent, rules.nullIf ?? []);
  const value = castOf(json, column.type, rules);
  const errors: string[] = [];
  if (column.type.name !== 'VARIANT')
    errors.push(
      `WHEN (${textOf(json)}) IS NOT NULL AND (${value}) IS NULL THEN ${castMessage(`(${textOf(json)})`, column)}`,
    );
  if (!column.nullable) {
    const absent = fallback === null ? `${json} IS NULL OR ` : '';
    errors.push(`WHEN ${absent}${json} = 'null' THEN ${notNullMessage}`);
  }
  return {
    column,
    value: fallback === null ? value : `CASE WHEN ${json} IS NULL THEN ${fallback} ELSE ${value} END`,
    error: errors.length === 0 ? null : `CASE ${errors.join(' ')} END`,
  };
};
