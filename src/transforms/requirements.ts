import { DataError, type Schema, Struct } from '../api/index.ts';
import { javaClassName } from './connect-value.ts';

/** org.apache.kafka.connect.transforms.util.Requirements, messages included. Undefined counts as null. */
export const requireMap = (value: unknown, purpose: string): ReadonlyMap<string, unknown> => {
  if (value instanceof Map) return value;
  const found = javaClassName(null, value);
  throw new DataError(`Only Map objects supported in absence of schema for [${purpose}], found: ${found}`);
};

/** A copy of the required map, name by name: `new Map(map)` takes V8 half as long again, and entries are garbage. */
export const copyOfMap = (value: unknown, purpose: string): Map<string, unknown> => {
  const map = requireMap(value, purpose);
  const copy = new Map<string, unknown>();
  for (const name of map.keys()) copy.set(name, map.get(name));
  return copy;
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
