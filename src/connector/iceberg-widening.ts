import { Struct } from '../api/index.ts';
import { javaText } from '../util/java-value-text.ts';
import { mergedType, type StructuredField, type StructuredType } from './columns/structured-type.ts';
import { icebergType } from './iceberg-type.ts';
import type { NewColumnSettings } from './new-column.ts';

/** A structured type with the further fields of a value. What it knows already needs no telling: nulls and empty lists are fine there. @throws DataError */
export const widenedType = (settings: NewColumnSettings, type: StructuredType, value: unknown): StructuredType => {
  if (value instanceof Struct)
    return mergedType(type, icebergType(settings, { name: '', schema: value.schema, value }));
  if (type.kind === 'array' && Array.isArray(value))
    return { kind: 'array', element: { ...type.element, type: widenedBy(settings, type.element.type, value) } };
  if (!(value instanceof Map)) return type;
  if (type.kind === 'map')
    return { ...type, value: { ...type.value, type: widenedBy(settings, type.value.type, value.values()) } };
  return type.kind === 'object' ? { kind: 'object', fields: widenedFields(settings, type.fields, value) } : type;
};

const widenedBy = (settings: NewColumnSettings, type: StructuredType, values: Iterable<unknown>): StructuredType =>
  [...values].reduce<StructuredType>((widened, value) => widenedType(settings, widened, value), type);

const widenedFields = (
  settings: NewColumnSettings,
  fields: readonly StructuredField[],
  value: ReadonlyMap<unknown, unknown>,
): readonly StructuredField[] => {
  const known = fields.map((field) => ({ ...field, type: widenedType(settings, field.type, value.get(field.name)) }));
  const added = [...value]
    .filter(([name]) => !fields.some((field) => field.name === name))
    .filter(([, inner]) => settings.generation === 'v3' || (inner !== null && inner !== undefined))
    .map(([key, inner]) => {
      const name = javaText(null, key);
      return { name, type: icebergType(settings, { name, schema: null, value: inner }), nullable: true };
    });
  return [...known, ...added];
};

/** A type as DESCRIBE TABLE prints it of an Iceberg table → the DDL that means the same, so that SET DATA TYPE changes nothing else. */
export const icebergDdl = (type: StructuredType): StructuredType => {
  switch (type.kind) {
    case 'scalar':
      return {
        kind: 'scalar',
        text: ddl[type.text.replaceAll(' ', '').toUpperCase()] ?? type.text.replace(lengths, '$1'),
      };
    case 'object':
      return { kind: 'object', fields: type.fields.map((one) => ({ ...one, type: icebergDdl(one.type) })) };
    case 'array':
      return { kind: 'array', element: { ...type.element, type: icebergDdl(type.element.type) } };
    case 'map':
      return { kind: 'map', key: icebergDdl(type.key), value: { ...type.value, type: icebergDdl(type.value.type) } };
  }
};

const ddl: Readonly<Record<string, string>> = { 'NUMBER(10,0)': 'INT', 'NUMBER(19,0)': 'LONG', FLOAT: 'DOUBLE' };
/** Iceberg's texts and binaries have no length; a short one is of a UUID or a fixed. */
const lengths = /^(VARCHAR|BINARY)\(\d{7,}\)$/i;
