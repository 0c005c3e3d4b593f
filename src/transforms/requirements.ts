import { DataError, type Schema, Struct } from '../api/index.ts';
import { javaClassName } from './connect-value.ts';

/**
 * org.apache.kafka.connect.transforms.util.Requirements, messages included. Undefined counts as null. A map that is a record's key or value may
 * be changed (Transformation.apply).
 */
export const requireMap = (value: unknown, purpose: string): Map<string, unknown> => {
  if (value instanceof Map) return value;
  const found = javaClassName(null, value);
  throw new DataError(`Only Map objects supported in absence of schema for [${purpose}], found: ${found}`);
};

export const requireMapOrNull = (value: unknown, purpose: string): ReadonlyMap<string, unknown> | null =>
  value === null || value === undefined ? null : requireMap(value, purpose);

/** `schema`: the value's own, which tells the class to name. */
export const requireStruct = (schema: Schema | null, value: unknown, purpose: string): Struct => {
  if (value instanceof Struct) return value;
  throw new DataError(`Only Struct objects supported for [${purpose}], found: ${javaClassName(schema, value)}`);
};

export const requireStructOrNull = (schema: Schema | null, value: unknown, purpose: string): Struct | null =>
  value === null || value === undefined ? null : requireStruct(schema, value, purpose);
