import { DataError, logicalNames, type Schema, type SchemaType } from '../api/index.ts';
import { ConfigDef, list } from '../config/index.ts';
import { schemaBuilder } from '../util/java-error.ts';
import { castTo, checkInputType } from './cast-value.ts';
import { connectValue } from './connect-value.ts';
import { configError, parseConfig, readableBy, replaceNullWithDefault } from './parse-config.ts';
import type { CreateSidedApply } from './record-side.ts';
import { requireMap, requireStruct } from './requirements.ts';
import { cachedBySchema, copySchemaBasics, fieldsOf, fieldValue, StructFields, structOf } from './struct-schema.ts';

const purpose = 'cast types';
export const castConfig = new ConfigDef({
  spec: list({
    importance: 'HIGH',
    validator: readableBy((spec) => parseSpec(spec), 'field:type pairs, or one type'),
    documentation: 'field:type for each field to cast, or one type alone for the whole key or value.',
  }),
  ...replaceNullWithDefault,
});

const schemaTypes: readonly SchemaType[] = [
  'INT8',
  'INT16',
  'INT32',
  'INT64',
  'FLOAT32',
  'FLOAT64',
  'BOOLEAN',
  'STRING',
  'BYTES',
  'ARRAY',
  'MAP',
  'STRUCT',
];
const outputTypes = schemaTypes.slice(0, 8);

/** The one cast of the whole key or value, or casts by field name. */
type Spec = SchemaType | ReadonlyMap<string, SchemaType>;

const outputType = (text: string): SchemaType => {
  const wanted = text.trim();
  const type = schemaTypes.find((known) => known === wanted.toUpperCase());
  if (type === undefined) {
    const cause = `java.lang.IllegalArgumentException: No enum constant org.apache.kafka.connect.data.Schema.Type.${wanted.toUpperCase()}`;
    throw configError('spec', `Invalid value ${cause} for configuration Invalid type found in casting spec: ${wanted}`);
  }
  if (outputTypes.includes(type)) return type;
  const supported = `supported types are [${outputTypes.join(', ')}]`;
  throw configError('spec', `Cast transformation does not support casting to ${type}; ${supported}`);
};

/** Of two casts of one field the later counts. */
const parseSpec = (mappings: readonly string[]): Spec => {
  if (mappings.length === 0) throw configError('spec', 'Must specify at least one field to cast.');
  const casts = new Map<string, SchemaType>();
  let whole: SchemaType | null = null;
  for (const mapping of mappings) {
    const [field = '', type, ...more] = mapping.replace(/:+$/, '').split(':');
    if (more.length > 0) {
      const why = `Invalid rename mapping: ${mapping}`;
      throw configError('spec', `Invalid value [${mappings.join(', ')}] for configuration renames: ${why}`);
    }
    if (type === undefined) whole = outputType(field);
    else casts.set(field.trim(), outputType(type));
  }
  if (whole === null) return casts;
  if (mappings.length === 1) return whole;
  throw configError(
    'spec',
    'Cast transformations that specify a type to cast the entire value to may only specify a single cast in their spec',
  );
};

/** Casts fields, or the whole key or value, to another type as Java's primitives convert. */
export const cast: CreateSidedApply = (config, side) => {
  const settings = parseConfig(castConfig, config);
  const spec = parseSpec(settings.spec);
  const castSchema = cachedBySchema((schema: Schema) =>
    typeof spec === 'string' ? whole(schema, spec) : byField(schema, spec),
  );

  return (record) => {
    const schema = side.schemaOf(record);
    const value = connectValue(side.valueOf(record));
    if (value === null) return record;
    if (typeof spec === 'string') {
      return side.replaced(record, schema === null ? null : castSchema(schema), castTo(schema, value, spec));
    }
    if (schema === null) {
      const map = requireMap(value, purpose);
      for (const [field, type] of spec) map.set(field, castTo(null, connectValue(map.get(field)), type));
      return record;
    }
    const updatedSchema = castSchema(schema);
    const struct = requireStruct(schema, value, purpose);
    const updated = structOf(updatedSchema, ({ name, index }) => {
      const source = struct.schema.fields?.[index];
      if (source === undefined) throw new DataError(`${name} is not a valid field name`);
      const before = fieldValue(struct, source, settings['replace.null.with.default']);
      const type = spec.get(name);
      return type === undefined ? before : castTo(source.schema, before, type);
    });
    return side.replaced(record, updatedSchema, updated);
  };
};

/** The name stays. Of a logical type it asks for a default of that type's class, which a cast one is not: SchemaBuilder refuses it. */
const whole = (schema: Schema, type: SchemaType): Schema => {
  const { name = '', defaultValue } = schema;
  if (logicalTypes.has(name) && (defaultValue ?? null) !== null) {
    const message = `Invalid Java object for schema "${name}" with type ${type}: the cast default for value`;
    throw schemaBuilder('Invalid default value', { cause: new DataError(message) });
  }
  return { ...copySchemaBasics(schema, type), ...optionalAndDefault(schema, type) };
};

const byField = (schema: Schema, casts: ReadonlyMap<string, SchemaType>): Schema => {
  const updated = new StructFields();
  for (const { name, schema: inner } of fieldsOf(schema)) {
    const type = casts.get(name);
    updated.add(name, type === undefined ? inner : { type, ...optionalAndDefault(inner, type) });
  }
  // Connect casts the default of the whole too, which for a STRUCT can only fail.
  if ((schema.defaultValue ?? null) !== null) checkInputType(schema.type);
  return { ...copySchemaBasics(schema, 'STRUCT'), optional: schema.optional, fields: updated.fields };
};

const optionalAndDefault = (schema: Schema, type: SchemaType): Pick<Schema, 'optional' | 'defaultValue'> => {
  const byDefault = schema.defaultValue ?? null;
  return {
    optional: schema.optional,
    ...(byDefault !== null && { defaultValue: castTo(schema, byDefault, type) }),
  };
};

const logicalTypes: ReadonlySet<string> = new Set(Object.values(logicalNames));
