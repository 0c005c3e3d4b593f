import {
  DataError,
  Decimal,
  JsonNumber,
  logicalNames,
  type NewColumn,
  type Schema,
  Struct,
  TypedNumber,
} from '../api/index.ts';
import { javaText } from '../util/java-value-text.ts';
import { mergedType, type StructuredType, structuredTypeText } from './columns/structured-type.ts';
import { decimalType, type NewColumnSettings } from './new-column.ts';
import { hasObjectShape } from './value-writer.ts';

/** Where nested values of a record's field go. */
export type NestedColumns =
  /** OBJECT, ARRAY and MAP with types inside: Iceberg format 2 has nothing else. */
  | 'structured'
  /** VARIANT, which Iceberg format 3 has. */
  | 'variant';

interface Field {
  readonly name: string;
  readonly schema: Schema | null;
  readonly value: unknown;
}

/**
 * The column that evolution makes in an Iceberg table: v3's rules in all generations, whose DDL for standard tables Iceberg would refuse
 * in part. By the field's schema, else by its value.
 * @throws DataError (ERROR_5026) where neither tells
 */
export const icebergColumn = (settings: NewColumnSettings, field: Field, nested: NestedColumns): NewColumn => {
  const type = icebergType(settings, field);
  const isVariant = nested === 'variant' && type.kind !== 'scalar';
  return {
    name: field.name,
    type: isVariant ? 'VARIANT' : structuredTypeText(type),
    comment: field.schema?.doc ?? null,
  };
};

/** @throws DataError */
export const icebergType = (settings: NewColumnSettings, { name, schema, value }: Field): StructuredType => {
  if (schema !== null) return typeOfSchema(settings, schema);
  if (value === undefined || value === null) {
    if (settings.generation !== 'v3') return scalar('VARCHAR');
  } else {
    const type = typeOfValue(settings, name, value);
    if (type !== null) return type;
  }
  throw new DataError(
    `Cannot infer type from null or empty object/list during schema evolution: '${name}' field value is null or empty`,
  );
};

const scalar = (text: string): StructuredType => ({ kind: 'scalar', text });
const element = (type: StructuredType) => ({ type, nullable: true });

const typeOfSchema = (settings: NewColumnSettings, schema: Schema): StructuredType => {
  const none = { type: 'STRING', optional: true } as const satisfies Pick<Schema, 'type' | 'optional'>;
  switch (schema.type) {
    case 'ARRAY':
      return { kind: 'array', element: element(typeOfSchema(settings, schema.valueSchema ?? none)) };
    case 'MAP':
      return {
        kind: 'map',
        key: typeOfSchema(settings, schema.keySchema ?? none),
        value: element(typeOfSchema(settings, schema.valueSchema ?? none)),
      };
    case 'STRUCT':
      return {
        kind: 'object',
        fields: (schema.fields ?? []).map((one) => ({
          name: one.name,
          ...element(typeOfSchema(settings, one.schema)),
        })),
      };
    default:
      return scalar(scalarOfSchema(settings, schema));
  }
};

const scalarOfSchema = (settings: NewColumnSettings, schema: Schema): string => {
  switch (schema.type) {
    case 'INT32':
      if (schema.name === logicalNames.date) return 'DATE';
      return schema.name === logicalNames.time ? 'TIME(6)' : 'INT';
    case 'INT64':
      return schema.name === logicalNames.timestamp ? 'TIMESTAMP(6)' : 'LONG';
    case 'FLOAT32':
      return 'FLOAT';
    case 'FLOAT64':
      return 'DOUBLE';
    case 'BOOLEAN':
      return 'BOOLEAN';
    case 'BYTES':
      return schema.name === logicalNames.decimal ? decimalType(settings, schema) : 'BINARY';
    case 'STRING':
      return 'VARCHAR';
    default:
      return 'INT';
  }
};

/** Null: nothing to tell it from. */
const typeOfValue = (settings: NewColumnSettings, name: string, value: unknown): StructuredType | null => {
  if (Array.isArray(value)) return typeOfArray(settings, value);
  if (value instanceof Map) return typeOfMap(settings, name, value);
  if (value instanceof Struct) return typeOfSchema(settings, value.schema);
  if (typeof value === 'boolean') return scalar('BOOLEAN');
  if (typeof value === 'number') return scalar('DOUBLE');
  if (typeof value === 'bigint') return scalar('LONG');
  if (value instanceof JsonNumber) return scalar(typeOfNumber(value));
  if (value instanceof TypedNumber) return scalar(value.type === 'FLOAT32' ? 'FLOAT' : 'LONG');
  if (value instanceof Uint8Array) return scalar('BINARY');
  if (value instanceof Date) return scalar(typeOfDate[settings.generation]);
  if (value instanceof Decimal && settings.evolution.types === 'schema' && value.scale >= 0 && value.scale <= 38)
    return scalar(`NUMBER(38,${value.scale})`);
  return scalar('VARCHAR');
};

/** What each generation writes for a Date without a schema. */
const typeOfDate = { v3: 'VARCHAR', v4: 'LONG', own: 'TIMESTAMP(6)' } as const;

/** The first element decides, as in v3; objects behind it add their fields. */
const typeOfArray = (settings: NewColumnSettings, [first, ...others]: readonly unknown[]): StructuredType | null => {
  if (first === undefined) return null;
  let type = icebergType(settings, { name: 'element', schema: null, value: first });
  for (const other of others) {
    if (!(other instanceof Map) || type.kind !== 'object') continue;
    const found = typeOfMap(settings, 'element', other);
    if (found !== null) type = mergedType(type, found);
  }
  return { kind: 'array', element: element(type) };
};

/** Keys that are no strings make it an array of pairs, as it is written. A null beside other fields needs no type, but v3 wants one. */
const typeOfMap = (
  settings: NewColumnSettings,
  name: string,
  map: ReadonlyMap<unknown, unknown>,
): StructuredType | null => {
  if (map.size === 0) return null;
  if (!hasObjectShape(null, map)) return typeOfArray(settings, [...map]);
  const known = [...map].filter(([, value]) => settings.generation === 'v3' || (value !== null && value !== undefined));
  if (known.length === 0) return null;
  return {
    kind: 'object',
    fields: known.map(([key, value]) => {
      const field = javaText(null, key);
      return { name: field, ...element(icebergType(settings, { name: field || name, schema: null, value })) };
    }),
  };
};

const longest = 2n ** 63n;

/** LONG is Iceberg's widest integer; more digits than a decimal holds are kept as text. */
const typeOfNumber = (number: JsonNumber): string => {
  if (!number.isInteger) return 'DOUBLE';
  if (number.text.length > 39) return 'VARCHAR';
  const value = BigInt(number.text);
  if (value >= -longest && value < longest) return 'LONG';
  return number.text.replace('-', '').length > 38 ? 'VARCHAR' : 'NUMBER(38,0)';
};
