import { type Schema, type SinkRecord, Struct } from '../../../src/api/index.ts';
import { createTransformation } from '../../../src/transforms/index.ts';

/** What a transform makes of one record. */
export const applied = (javaClass: string, config: Record<string, string>, record: SinkRecord): SinkRecord | null => {
  const result = createTransformation(javaClass, config).apply(record);
  if (result instanceof Promise) throw new Error('asynchronous');
  return result;
};

export const structSchema = (name: string, fields: Readonly<Record<string, Schema>>, optional = true): Schema => ({
  type: 'STRUCT',
  optional,
  name,
  fields: Object.entries(fields).map(([field, schema], index) => ({ name: field, index, schema })),
});

export const structOf = (schema: Schema, values: Readonly<Record<string, unknown>>): Struct =>
  new Struct(schema, new Map(Object.entries(values)));

/** Plain objects and arrays as the JSON converter without schemas hands them over. */
export const schemaless = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(schemaless);
  if (typeof value !== 'object' || value === null) return value;
  return new Map(Object.entries(value).map(([name, inner]) => [name, schemaless(inner)]));
};
