import { quoteIdentifier } from './identifier.ts';

/** The column types that the emulator knows, as Snowflake names them. */
export type TypeName =
  | 'NUMBER'
  | 'FLOAT'
  | 'VARCHAR'
  | 'BOOLEAN'
  | 'BINARY'
  | 'DATE'
  | 'TIME'
  | 'TIMESTAMP_NTZ'
  | 'TIMESTAMP_LTZ'
  | 'TIMESTAMP_TZ'
  | 'VARIANT'
  | 'OBJECT'
  | 'ARRAY'
  | 'MAP';

export interface DataType {
  readonly name: TypeName;
  /** Digits of NUMBER. */
  readonly precision?: number;
  /** Digits after the point of NUMBER; fractional digits of TIME and TIMESTAMP. */
  readonly scale?: number;
  /** Characters of VARCHAR, bytes of BINARY. */
  readonly length?: number;
  /** What is inside a structured OBJECT (its fields), ARRAY (the element) or MAP (key, value). */
  readonly structure?: readonly StructureMember[];
}

export interface StructureMember {
  /** Of an OBJECT's field; its case counts. [documented] Else null. */
  readonly name: string | null;
  readonly type: DataType;
  readonly nullable: boolean;
}

const synonyms: Readonly<Record<string, TypeName>> = {
  NUMBER: 'NUMBER',
  NUMERIC: 'NUMBER',
  DECIMAL: 'NUMBER',
  DEC: 'NUMBER',
  INT: 'NUMBER',
  INTEGER: 'NUMBER',
  BIGINT: 'NUMBER',
  SMALLINT: 'NUMBER',
  TINYINT: 'NUMBER',
  BYTEINT: 'NUMBER',
  FLOAT: 'FLOAT',
  FLOAT4: 'FLOAT',
  FLOAT8: 'FLOAT',
  DOUBLE: 'FLOAT',
  'DOUBLE PRECISION': 'FLOAT',
  REAL: 'FLOAT',
  VARCHAR: 'VARCHAR',
  TEXT: 'VARCHAR',
  STRING: 'VARCHAR',
  CHAR: 'VARCHAR',
  CHARACTER: 'VARCHAR',
  NCHAR: 'VARCHAR',
  NVARCHAR: 'VARCHAR',
  NVARCHAR2: 'VARCHAR',
  'CHAR VARYING': 'VARCHAR',
  BOOLEAN: 'BOOLEAN',
  BINARY: 'BINARY',
  VARBINARY: 'BINARY',
  DATE: 'DATE',
  TIME: 'TIME',
  DATETIME: 'TIMESTAMP_NTZ',
  TIMESTAMP: 'TIMESTAMP_NTZ',
  TIMESTAMP_NTZ: 'TIMESTAMP_NTZ',
  TIMESTAMPNTZ: 'TIMESTAMP_NTZ',
  'TIMESTAMP WITHOUT TIME ZONE': 'TIMESTAMP_NTZ',
  TIMESTAMP_LTZ: 'TIMESTAMP_LTZ',
  TIMESTAMPLTZ: 'TIMESTAMP_LTZ',
  'TIMESTAMP WITH LOCAL TIME ZONE': 'TIMESTAMP_LTZ',
  TIMESTAMP_TZ: 'TIMESTAMP_TZ',
  TIMESTAMPTZ: 'TIMESTAMP_TZ',
  'TIMESTAMP WITH TIME ZONE': 'TIMESTAMP_TZ',
  VARIANT: 'VARIANT',
  OBJECT: 'OBJECT',
  ARRAY: 'ARRAY',
  // Iceberg's names. [documented]
  LONG: 'NUMBER',
};
const integers = new Set(['INT', 'INTEGER', 'BIGINT', 'SMALLINT', 'TINYINT', 'BYTEINT', 'LONG']);
const singleCharacter = new Set(['CHAR', 'CHARACTER', 'NCHAR']);

export const maxVarcharLength = 16_777_216;
export const maxBinaryLength = 8_388_608;

/** Iceberg's int, long, string, binary and microseconds. [documented; lengths observed] */
const icebergDefaults = { short: 10, long: 19, varchar: 134_217_728, binary: 67_108_864, fraction: 6 };
const longIntegers = new Set(['BIGINT', 'LONG']);

/** A type of a column of an Iceberg table: integers are 32 or 64 bits wide, texts have one length, times microseconds. */
export const icebergDataTypeOf = (name: string, parameters: readonly number[]): DataType | null => {
  const type = dataTypeOf(name, parameters);
  const upper = name.toUpperCase();
  const { short, long, varchar, binary, fraction } = icebergDefaults;
  switch (parameters.length === 0 ? type?.name : undefined) {
    case 'NUMBER':
      if (!integers.has(upper)) return type;
      return { name: 'NUMBER', precision: longIntegers.has(upper) ? long : short, scale: 0 };
    case 'VARCHAR':
      return { name: 'VARCHAR', length: varchar };
    case 'BINARY':
      return { name: 'BINARY', length: binary };
    case 'TIME':
    case 'TIMESTAMP_NTZ':
    case 'TIMESTAMP_LTZ':
      return type === null ? null : { name: type.name, scale: fraction };
    default:
      return type;
  }
};

/** The first type in it that Iceberg tables cannot have: VARIANT before format 3; objects, arrays and maps without types inside. [documented] */
export const typeWithoutIceberg = (type: DataType, version: number): TypeName | null => {
  if (type.structure !== undefined)
    return (
      type.structure.map((member) => typeWithoutIceberg(member.type, version)).find((name) => name !== null) ?? null
    );
  if (type.name === 'VARIANT') return version >= 3 ? null : 'VARIANT';
  return isSemiStructured(type) || type.name === 'TIMESTAMP_TZ' ? type.name : null;
};

/** `NUMBER`, `varchar(20)`, `TIMESTAMP_TZ(3)`: with Snowflake's defaults filled in; null if there is no such type. */
export const dataTypeOf = (name: string, parameters: readonly number[]): DataType | null => {
  const upper = name.toUpperCase().replace(/\s+/g, ' ').trim();
  const canonical = synonyms[upper];
  if (canonical === undefined) return null;
  const [first, second] = parameters;
  switch (canonical) {
    case 'NUMBER':
      return integers.has(upper)
        ? { name: canonical, precision: 38, scale: 0 }
        : { name: canonical, precision: first ?? 38, scale: second ?? 0 };
    case 'VARCHAR':
      return { name: canonical, length: first ?? (singleCharacter.has(upper) ? 1 : maxVarcharLength) };
    case 'BINARY':
      return { name: canonical, length: first ?? maxBinaryLength };
    case 'TIME':
    case 'TIMESTAMP_NTZ':
    case 'TIMESTAMP_LTZ':
    case 'TIMESTAMP_TZ':
      return { name: canonical, scale: first ?? 9 };
    default:
      return { name: canonical };
  }
};

export const isSemiStructured = (type: DataType): boolean =>
  type.name === 'VARIANT' || type.name === 'OBJECT' || type.name === 'ARRAY' || type.name === 'MAP';

/** As DESCRIBE TABLE prints it: `NUMBER(38,0)`, `VARCHAR(16777216)`, `TIMESTAMP_NTZ(9)`, `VARIANT`. */
export const formatDataType = (type: DataType): string => {
  if (type.name === 'NUMBER') return `NUMBER(${type.precision},${type.scale})`;
  if (type.structure !== undefined) return `${type.name}(${type.structure.map(formatMember).join(', ')})`;
  if (type.length !== undefined) return `${type.name}(${type.length})`;
  return type.scale === undefined ? type.name : `${type.name}(${type.scale})`;
};

const formatMember = ({ name, type, nullable }: StructureMember): string =>
  `${name === null ? '' : `${/^[A-Za-z_][\w$]*$/.test(name) ? name : quoteIdentifier(name)} `}${formatDataType(type)}${nullable ? '' : ' NOT NULL'}`;

/** TIMESTAMP_TZ in DuckDB: values sort by their instant; `minutes` is the offset from UTC that they were written with. */
export const offsetType = 'STRUCT(instant TIMESTAMPTZ, minutes SMALLINT)';

/** The DuckDB column that holds it. Semi-structured values keep their JSON text, digit for digit. */
export const storedType = (type: DataType): string => {
  switch (type.name) {
    case 'NUMBER':
      return `DECIMAL(${type.precision},${type.scale})`;
    case 'FLOAT':
      return 'DOUBLE';
    case 'BINARY':
      return 'BLOB';
    case 'TIMESTAMP_NTZ':
      return 'TIMESTAMP';
    case 'TIMESTAMP_LTZ':
      return 'TIMESTAMPTZ';
    case 'TIMESTAMP_TZ':
      return offsetType;
    case 'VARIANT':
    case 'OBJECT':
    case 'ARRAY':
    case 'MAP':
      return 'JSON';
    default:
      return type.name;
  }
};
