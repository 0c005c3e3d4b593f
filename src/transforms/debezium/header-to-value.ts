import { DataError, type Header, type Schema, Struct } from '../../api/index.ts';
import { ConfigDef, list, nonEmptyList, oneOf, string } from '../../config/index.ts';
import { configError, parseConfig } from '../parse-config.ts';
import type { CreateApply } from '../record-side.ts';
import { requireStruct } from '../requirements.ts';
import { cachedBySchema, copySchemaBasics, fieldsOf, StructFields } from '../struct-schema.ts';

export const headerToValueConfig = new ConfigDef({
  headers: list({ validator: nonEmptyList, documentation: 'Names of the headers.' }),
  fields: list({
    validator: nonEmptyList,
    documentation: 'Names of the fields, one for each header, in that order; a.b puts b into the nested field a.',
  }),
  operation: string({
    validator: oneOf('move', 'copy'),
    documentation: 'copy keeps the headers; move takes them away.',
  }),
});

interface Insertion {
  readonly path: readonly string[];
  readonly schema: Schema;
  readonly value: unknown;
}

/** io.debezium.transforms.HeaderToValue: headers become fields of the value. Tombstones and records without these headers pass. */
export const headerToValue: CreateApply = (config) => {
  const { headers: names, fields, operation } = parseConfig(headerToValueConfig, config);
  if (names.length !== fields.length) {
    throw configError('headers', "'fields' config must have the same number of elements as 'headers' config.");
  }
  const paths = fields.map((field) => field.split('.'));
  const schemas = cachedBySchema((_schema: Schema) => new Map<string, Schema>());
  const enlarged = (schema: Schema, insertions: readonly Insertion[]): Schema => {
    const known = schemas(schema);
    const key = signatureOf(insertions);
    const made = (key === null ? undefined : known.get(key)) ?? enlargedSchema(schema, insertions, 0);
    if (key !== null && known.size < maxVariants) known.set(key, made);
    return made;
  };

  return (record) => {
    if (record.value === null) return record;
    const value = requireStruct(record.valueSchema, record.value, 'Header field insertion');
    const insertions = names.flatMap((name, index): readonly Insertion[] => {
      const header = record.headers.findLast((candidate) => candidate.name === name);
      const path = paths[index];
      return header === undefined || path === undefined
        ? []
        : [{ path, schema: schemaOf(header), value: header.value }];
    });
    if (insertions.length === 0) return record;
    const updated = enlargedStruct(value, enlarged(value.schema, insertions), insertions, 0);
    const headers = operation === 'move' ? record.headers.filter(({ name }) => !names.includes(name)) : record.headers;
    return { ...record, valueSchema: updated.schema, value: updated, headers };
  };
};

const maxVariants = 64;

const schemaOf = ({ name, schema }: Header): Schema => {
  if (schema !== null) return schema;
  throw new DataError(`Header ${name} has no schema, so no field can be made of it: use SimpleHeaderConverter`);
};

/** Null: schemas that are not told by their type and name alone are not kept. */
const signatureOf = (insertions: readonly Insertion[]): string | null => {
  const nested = insertions.some(({ schema }) => ['ARRAY', 'MAP', 'STRUCT'].includes(schema.type));
  const parts = insertions.map(({ path, schema: { type, optional, name, version } }) => [
    path,
    type,
    optional,
    name,
    version,
  ]);
  return nested ? null : JSON.stringify(parts);
};

const belongsHere = ({ path }: Insertion, depth: number): boolean => path.length === depth + 1;
const inside = (insertions: readonly Insertion[], name: string, depth: number): readonly Insertion[] =>
  insertions.filter(({ path }) => path.length > depth + 1 && path[depth] === name);

const enlargedSchema = (schema: Schema, insertions: readonly Insertion[], depth: number): Schema => {
  const fields = new StructFields();
  for (const { name, schema: inner } of fieldsOf(schema)) {
    const nested = inner.type === 'STRUCT' ? inside(insertions, name, depth) : [];
    const optional = inner.optional;
    fields.add(name, nested.length === 0 ? inner : { ...enlargedSchema(inner, nested, depth + 1), optional });
  }
  for (const insertion of insertions) {
    if (belongsHere(insertion, depth)) fields.add(insertion.path[depth] ?? '', insertion.schema);
  }
  return { ...copySchemaBasics(schema, 'STRUCT'), fields: fields.fields };
};

const enlargedStruct = (old: Struct, schema: Schema, insertions: readonly Insertion[], depth: number): Struct => {
  const values = new Map<string, unknown>();
  for (const { name, schema: inner } of fieldsOf(schema)) {
    const own = insertions.find((insertion) => belongsHere(insertion, depth) && insertion.path[depth] === name);
    const value = own === undefined ? old.get(name) : own.value;
    const nested = value instanceof Struct && own === undefined ? inside(insertions, name, depth) : [];
    values.set(
      name,
      nested.length > 0 && value instanceof Struct ? enlargedStruct(value, inner, nested, depth + 1) : value,
    );
  }
  return new Struct(schema, values);
};
