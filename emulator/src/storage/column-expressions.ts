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

const castOf = (json: string, type: DataType, truncates = false): string => {
  const text = `(${textOf(json)})`;
  if (type.structure !== undefined)
    return `CASE WHEN ${fitsStructure(`(${json})::JSON`, type, castOf)} THEN (${json})::JSON END`;
  switch (type.name) {
    case 'NUMBER':
      return decimalOf(text, type.precision ?? 38, type.scale ?? 0);
    case 'FLOAT':
      return `TRY_CAST(${text} AS DOUBLE)`;
    case 'BOOLEAN':
      return `CASE WHEN lower(${text}) IN ('true', 't', 'yes', 'y', 'on') OR ${json} = '"1"' THEN true
        WHEN lower(${text}) IN ('false', 'f', 'no', 'n', 'off') OR ${json} = '"0"' THEN false END`;
    case 'BINARY':
      // Default pipes always read BINARY as base64. [documented]
      return `TRY(from_base64(${text}))`;
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
      return truncates
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

const notNullMessage = quoteLiteral('NULL result in a non-nullable column');

/**
 * `fields`: DuckDB column names with the JSON text of every field whose name equals the column's, ignoring case
 * (MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE) [documented]. A field that is absent takes the column's DEFAULT
 * [documented for default pipes].
 */
export const columnExpressions = (
  column: ColumnDefinition,
  fields: readonly string[],
  /** Texts that are too long are cut (TRUNCATECOLUMNS). */
  truncates = false,
): ColumnExpressions => {
  const names = fields.map(quoteIdentifier);
  const fallback = column.storedDefaultSql ?? 'NULL';
  if (names.length === 0) {
    const error = column.nullable || column.storedDefaultSql !== null ? null : notNullMessage;
    return { column, value: fallback, error };
  }
  const json = names.length === 1 ? (names[0] ?? '') : `coalesce(${names.join(', ')})`;
  const value = castOf(json, column.type, truncates);
  const errors: string[] = [];
  if (column.type.name !== 'VARIANT')
    errors.push(
      `WHEN (${textOf(json)}) IS NOT NULL AND (${value}) IS NULL THEN ${castMessage(`(${textOf(json)})`, column)}`,
    );
  if (!column.nullable) {
    const absent = column.storedDefaultSql === null ? `${json} IS NULL OR ` : '';
    errors.push(`WHEN ${absent}${json} = 'null' THEN ${notNullMessage}`);
  }
  return {
    column,
    value: column.storedDefaultSql === null ? value : `CASE WHEN ${json} IS NULL THEN ${fallback} ELSE ${value} END`,
    error: errors.length === 0 ? null : `CASE ${errors.join(' ')} END`,
  };
};
