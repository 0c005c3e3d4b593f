import { DataError, type Schema, Struct } from '../api/index.ts';
import { ConfigDef, string } from '../config/index.ts';
import { javaClassName, schemaTypeOf } from './connect-value.ts';
import { parseConfig } from './parse-config.ts';
import type { CreateSidedApply } from './record-side.ts';
import { requireMap, requireStruct } from './requirements.ts';
import { cachedBySchema, copySchemaBasics, fieldsOf, StructFields, structOf } from './struct-schema.ts';

const purpose = 'flattening';
export const flattenConfig = new ConfigDef({
  delimiter: string({ default: '.', documentation: 'What joins the names of outer and inner fields.' }),
});

/** Makes one level of nested STRUCTs or maps; arrays stay as they are. */
export const flatten: CreateSidedApply = (config, side) => {
  const { delimiter } = parseConfig(flattenConfig, config);
  const joined = (prefix: string, name: string): string => (prefix === '' ? name : `${prefix}${delimiter}${name}`);

  const flattenMap = (map: ReadonlyMap<string, unknown>, prefix: string, flat: Map<string, unknown>): void => {
    for (const [key, value] of map) {
      const name = joined(prefix, key);
      if (value === null || value === undefined) flat.set(name, null);
      else if (typeOfElement(name, value) === 'MAP') flattenMap(requireMap(value, purpose), name, flat);
      else flat.set(name, value);
    }
  };

  const flattenSchema = (schema: Schema, prefix: string, inherited: Inherited, flat: StructFields): void => {
    for (const field of fieldsOf(schema)) {
      const name = joined(prefix, field.name);
      const optional = inherited.optional || field.schema.optional;
      const defaultValue = field.schema.defaultValue ?? inherited.defaults?.get(field.name) ?? null;
      if (field.schema.type === 'MAP') throw unsupported('MAP', 'with schemas', name);
      if (field.schema.type === 'STRUCT') {
        const defaults = defaultValue instanceof Struct ? defaultValue : null;
        flattenSchema(field.schema, name, { optional, defaults }, flat);
        continue;
      }
      const basics = copySchemaBasics(field.schema);
      flat.add(name, { ...basics, optional, ...(defaultValue !== null && { defaultValue }) });
    }
  };

  const flattenStruct = (struct: Struct, prefix: string, flat: Map<string, unknown>): void => {
    for (const field of struct.schema.fields ?? []) {
      const name = joined(prefix, field.name);
      const value = struct.get(field.name);
      if (field.schema.type !== 'STRUCT') flat.set(name, value);
      else if (value instanceof Struct) flattenStruct(value, name, flat);
    }
  };

  const flatSchema = cachedBySchema((schema: Schema): Schema => {
    const flat = new StructFields();
    const defaults = schema.defaultValue instanceof Struct ? schema.defaultValue : null;
    flattenSchema(schema, '', { optional: schema.optional, defaults }, flat);
    return { ...copySchemaBasics(schema, 'STRUCT'), fields: flat.fields };
  });

  return (record) => {
    const value = side.valueOf(record);
    if (value === null) return record;
    const flat = new Map<string, unknown>();
    const schema = side.schemaOf(record);
    if (schema === null) {
      flattenMap(requireMap(value, purpose), '', flat);
      return side.replaced(record, null, flat);
    }
    const struct = requireStruct(schema, value, purpose);
    const updated = flatSchema(schema);
    flattenStruct(struct, '', flat);
    // A STRUCT that is null leaves its children unset, and those are optional.
    return side.replaced(
      record,
      updated,
      structOf(updated, ({ name }) => flat.get(name)),
    );
  };
};

interface Inherited {
  readonly optional: boolean;
  readonly defaults: Struct | null;
}

const unsupported = (what: string, where: string, name: string): DataError =>
  new DataError(`Flatten transformation does not support ${what} for record ${where} (for field ${name}).`);

const typeOfElement = (name: string, value: unknown): string => {
  const type = schemaTypeOf(value);
  const javaClass = `class ${javaClassName(null, value)}`;
  if (type === null) {
    throw new DataError(
      `Flatten transformation was passed a value of type ${javaClass} which is not supported by Connect's data API`,
    );
  }
  if (type === 'STRUCT') throw unsupported(javaClass, 'without schemas', name);
  return type;
};
