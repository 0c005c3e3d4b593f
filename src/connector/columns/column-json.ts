import type { ColumnInput } from './column-input.ts';
import { floatColumn, numberColumn } from './number-columns.ts';
import { arrayColumn, objectColumn, variantColumn } from './semi-structured-columns.ts';
import { structuredColumn } from './structured-column.ts';
import { dateColumn, timeColumn, timestampNtzColumn, timestampTzColumn } from './temporal-columns.ts';
import { binaryColumn, booleanColumn, varcharColumn } from './text-columns.ts';
import type { TypedColumn } from './typed-column.ts';

/** @throws DataError (RecordValueError where the message quotes the value, NarrowColumnError where a wider column would do) */
export type ColumnRule = (column: TypedColumn, input: ColumnInput) => string;

/**
 * JSON that Snowflake stores in this column as the connector's client-side validation means it, or a refusal in its words. Snowflake itself
 * drops a row that does not fit only after it has accepted it, or reads it otherwise (hex as base64, integers as local time).
 */
export const columnJson: ColumnRule = (column, input) => {
  if (column.isStructured) return structured(column, input);
  const rule = rules.get(column.baseType);
  return rule === undefined ? input.json : rule(column, input);
};

const structured = structuredColumn((column, input) => columnJson(column, input));

const each = (names: string, rule: ColumnRule): [string, ColumnRule][] => names.split(',').map((name) => [name, rule]);

/** By type name as DESCRIBE TABLE or a user's DDL has it; what is not here (VECTOR, GEOGRAPHY) is Snowflake's to judge. */
const rules: ReadonlyMap<string, ColumnRule> = new Map([
  ...each('VARCHAR,TEXT,STRING,CHAR,CHARACTER', varcharColumn),
  ...each('NUMBER,DECIMAL,NUMERIC,INT,INTEGER,BIGINT,SMALLINT,TINYINT,BYTEINT', numberColumn),
  ...each('FLOAT,FLOAT4,FLOAT8,DOUBLE,DOUBLE PRECISION,REAL', floatColumn),
  ...each('BOOLEAN', booleanColumn),
  ...each('BINARY,VARBINARY', binaryColumn),
  ...each('VARIANT', variantColumn),
  ...each('ARRAY', arrayColumn),
  ...each('OBJECT', objectColumn),
  ...each('DATE', dateColumn),
  ...each('TIME', timeColumn),
  ...each('TIMESTAMP_NTZ,TIMESTAMP,DATETIME', timestampNtzColumn),
  ...each('TIMESTAMP_LTZ,TIMESTAMP_TZ', timestampTzColumn),
]);
