import { type Schema, type SinkRecord, Struct } from '../../api/index.ts';
import { doubleText, floatText } from '../../util/java-number-text.ts';
import type { CreateApply } from '../record-side.ts';
import { requireStruct } from '../requirements.ts';
import { cachedBySchema, copySchemaBasics, fieldsOf, StructFields } from '../struct-schema.ts';

const dense: ReadonlySet<string> = new Set(['io.debezium.data.FloatVector', 'io.debezium.data.DoubleVector']);
const sparse = 'io.debezium.data.SparseDoubleVector';
const jsonSchema = (optional: boolean): Schema => ({
  type: 'STRING',
  optional,
  name: 'io.debezium.data.Json',
  version: 1,
});

const isVector = ({ name = '' }: Schema): boolean => dense.has(name) || name === sparse;
/** `outer`: what it lies in. A schema within itself is not looked into again. */
const holdsVectors = (schema: Schema, outer: readonly Schema[] = []): boolean => {
  if (isVector(schema)) return true;
  if (schema.type !== 'STRUCT' || outer.includes(schema)) return false;
  return fieldsOf(schema).some((field) => holdsVectors(field.schema, [...outer, schema]));
};

/** io.debezium.transforms.VectorToJsonConverter: vectors become JSON texts, in change events and in rows. Tombstones pass. */
export const vectorToJsonConverter: CreateApply = () => {
  const converted = cachedBySchema((schema: Schema) => convertedSchema(schema));
  return (record): SinkRecord => {
    if (record.value === null) return record;
    const struct = requireStruct(record.valueSchema, record.value, 'Value should be a struct');
    const schema = converted(struct.schema);
    if (schema === struct.schema) return record;
    const value = convertedStruct(struct, schema);
    return { ...record, valueSchema: value.schema, value };
  };
};

const convertedSchema = (schema: Schema, outer: readonly Schema[] = []): Schema => {
  if (isVector(schema)) return jsonSchema(schema.optional);
  if (!holdsVectors(schema, outer)) return schema;
  const fields = new StructFields();
  for (const { name, schema: inner } of fieldsOf(schema)) fields.add(name, convertedSchema(inner, [...outer, schema]));
  return { ...copySchemaBasics(schema, 'STRUCT'), optional: schema.optional, fields: fields.fields };
};

const convertedStruct = (struct: Struct, schema: Schema): Struct => {
  const targets = fieldsOf(schema);
  const values = fieldsOf(struct.schema).map(({ schema: inner }, index) => {
    const value = struct.fields[index] ?? null;
    const target = targets[index]?.schema ?? inner;
    if (value === null || target === inner) return value;
    return value instanceof Struct && !isVector(inner) ? convertedStruct(value, target) : vectorText(inner, value);
  });
  return new Struct(schema, values);
};

const numberText = (schema: Schema | undefined, value: unknown): string =>
  schema?.type === 'FLOAT32' ? floatText(Number(value)) : doubleText(Number(value));

const vectorText = (schema: Schema, value: unknown): string => {
  if (Array.isArray(value)) {
    return `{ "values": [${value.map((element) => numberText(schema.valueSchema, element)).join(', ')}] }`;
  }
  if (!(value instanceof Struct)) return '{}';
  const vector = value.get('vector');
  const entries = vector instanceof Map ? [...vector] : [];
  const elements = entries.map(([at, element]) => `"${String(at)}": ${numberText(undefined, element)}`);
  return `{ "dimensions": ${String(value.get('dimensions'))}, "vector": { ${elements.join(', ')} } }`;
};
