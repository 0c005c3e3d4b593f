import { DataError, type Field, type Schema, type SchemaType, Struct } from '../api/index.ts';
import { schemaBuilder } from '../util/java-error.ts';

/** SchemaUtil.copySchemaBasics: name, version, doc and parameters; neither `optional` nor `default`, nor a STRUCT's fields. */
export const copySchemaBasics = (source: Schema, type: SchemaType = source.type): Schema => ({
  type,
  optional: false,
  ...(source.name !== undefined && { name: source.name }),
  ...(source.version !== undefined && { version: source.version }),
  ...(source.doc !== undefined && { doc: source.doc }),
  ...(source.parameters !== undefined && { parameters: source.parameters }),
  ...(type === source.type && source.keySchema !== undefined && { keySchema: source.keySchema }),
  ...(type === source.type && source.valueSchema !== undefined && { valueSchema: source.valueSchema }),
});

/** Collects the fields of a new STRUCT; an empty name and a name twice are refused as SchemaBuilder does. */
export class StructFields {
  readonly #fields: Field[] = [];
  readonly #names = new Set<string>();

  add(name: string, schema: Schema): this {
    if (name === '') throw schemaBuilder('fieldName cannot be null.');
    if (this.#names.has(name)) throw schemaBuilder(`Cannot create field because of field name duplication ${name}`);
    this.#names.add(name);
    this.#fields.push({ name, index: this.#fields.length, schema });
    return this;
  }

  get fields(): readonly Field[] {
    return this.#fields;
  }
}

/** Schema.fields(): only a STRUCT has some. */
export const fieldsOf = (schema: Schema): readonly Field[] => {
  if (schema.type !== 'STRUCT') throw new DataError('Cannot list fields on non-struct type');
  return schema.fields ?? [];
};

/** Schema.field(name); null: there is none. */
export const fieldOf = (schema: Schema, name: string): Field | null => {
  if (schema.type !== 'STRUCT') throw new DataError('Cannot look up fields on non-struct type');
  return schema.fields?.find((field) => field.name === name) ?? null;
};

/** A field's value; `replaceNullWithDefault`: the SMTs' key of that name (KIP-1040). */
export const fieldValue = (struct: Struct, field: Field, replaceNullWithDefault: boolean): unknown => {
  const { name, index, schema } = field;
  const isOwn = struct.schema.fields?.[index]?.name === name;
  const value = isOwn ? (struct.fields[index] ?? null) : struct.getWithoutDefault(name);
  return value === null && replaceNullWithDefault ? (schema.defaultValue ?? null) : value;
};

/** ConnectSchema.toString. */
export const printedSchema = ({ name, type }: Schema): string =>
  `Schema{${name === undefined ? '' : `${name}:`}${type}}`;

/** Struct.put of every field: a null for a required one is refused. Undefined: nothing is put. */
export const structOf = (schema: Schema, valueFor: (field: Field) => unknown): Struct => {
  const values: unknown[] = [];
  for (const field of schema.fields ?? []) {
    const value = valueFor(field);
    if (value === null && !field.schema.optional) {
      throw new DataError(
        `Invalid value: null used for required field: "${field.name}", schema type: ${field.schema.type}`,
      );
    }
    values.push(value ?? null);
  }
  return new Struct(schema, values);
};

const maxCached = 16;

/** What a transform makes of a schema, kept for the last 16 schemas (each instance its own, as in Connect). */
export const cachedBySchema = <T>(make: (schema: Schema) => T): ((schema: Schema) => T) => {
  const made = new Map<Schema, T>();
  return (schema) => {
    const known = made.get(schema);
    if (known !== undefined) return known;
    const fresh = make(schema);
    const oldest = made.size < maxCached ? undefined : made.keys().next().value;
    if (oldest !== undefined) made.delete(oldest);
    made.set(schema, fresh);
    return fresh;
  };
};
