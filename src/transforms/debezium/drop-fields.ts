import { DataError, type Schema, type SinkRecord, Struct } from '../../api/index.ts';
import { copySchemaBasics, StructFields, structOf } from '../struct-schema.ts';

export interface FieldsToDrop {
  /** Name of the header whose list of texts names the fields. */
  readonly header: string;
  readonly fromKey: boolean;
  /** A consumer with the old schema can then still read the record. */
  readonly optionalOnly: boolean;
}

/** Takes the fields that a header lists out of the value, and out of the key if asked. */
export const dropFields = (record: SinkRecord, { header, fromKey, optionalOnly }: FieldsToDrop): SinkRecord => {
  const listed = record.headers.find(({ name }) => name === header)?.value ?? [];
  if (!Array.isArray(listed)) throw new DataError(`Header ${header} must be a list of field names`);
  const names = new Set(listed.map(String));
  if (names.size === 0) return record;
  const { keySchema, key, valueSchema, value } = record;
  return {
    ...record,
    ...(fromKey && key instanceof Struct && keySchema !== null && keyWithout(keySchema, key, names, optionalOnly)),
    ...(value instanceof Struct && valueSchema !== null && valueWithout(valueSchema, value, names, optionalOnly)),
  };
};

const without = (schema: Schema, struct: Struct, names: ReadonlySet<string>, optionalOnly: boolean): Struct => {
  const kept = new StructFields();
  for (const field of schema.fields ?? []) {
    if (!names.has(field.name) || (optionalOnly && !field.schema.optional)) kept.add(field.name, field.schema);
  }
  const fields = kept.fields;
  return structOf({ ...copySchemaBasics(schema, 'STRUCT'), fields }, ({ name }) => struct.getWithoutDefault(name));
};

const keyWithout = (...args: Parameters<typeof without>): Pick<SinkRecord, 'keySchema' | 'key'> => {
  const key = without(...args);
  return { keySchema: key.schema, key };
};

const valueWithout = (...args: Parameters<typeof without>): Pick<SinkRecord, 'valueSchema' | 'value'> => {
  const value = without(...args);
  return { valueSchema: value.schema, value };
};
