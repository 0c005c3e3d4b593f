import avsc, { type Type } from 'avsc';
import { DataError, JsonNumber } from '../../api/index.ts';
import { parseJson } from '../json-parser.ts';

/** A schema in JSON as it was written: text, object or, for a union, array. Numbers keep their digits (JsonNumber). */
export type AvroNode = unknown;
export type AvroObject = ReadonlyMap<string, unknown>;

export const parseAvroNode = (text: string): AvroNode => {
  const trimmed = text.trim();
  // The registry hands out a primitive's bare name as well as its JSON string.
  if (/^[A-Za-z_][\w.]*$/.test(trimmed)) return trimmed;
  return parseJson(Buffer.from(trimmed)).value;
};

const primitives = new Set(['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string']);
const complex = new Set(['record', 'error', 'enum', 'array', 'map', 'fixed']);

/** `{"type": {…}}` is what its type is; a name, with attributes or without, is a string; primitives with attributes stay objects. */
export const unwrapped = (node: AvroNode): AvroNode => {
  if (!(node instanceof Map)) return node;
  const type: unknown = node.get('type');
  if (typeof type !== 'string') return unwrapped(type);
  return primitives.has(type) || complex.has(type) ? node : type;
};

export const attributesOf = (node: AvroNode): AvroObject => (node instanceof Map ? node : new Map());

/** The schema as avsc takes it: plain objects, and without defaults, which need not fit for data to be read. */
export const withoutDefaults = (node: AvroNode): unknown => {
  if (Array.isArray(node)) return node.map(withoutDefaults);
  if (!(node instanceof Map)) return node instanceof JsonNumber ? Number(node.text) : node;
  const entries = [...node]
    .filter(([name]) => name !== 'default' && name !== 'connect.default')
    .map(([name, value]) => [name, withoutDefaults(value)] as const);
  return Object.fromEntries(entries);
};

/** Where each named type is defined, by full name. References may come before their definition in the text's own order only. */
export const collectDefinitions = (node: AvroNode, type: Type, found: Map<string, AvroObject>): void => {
  const inner = unwrapped(node);
  if (isUnion(type)) {
    const members = unionTypes(type);
    for (const [index, member] of nodesOf(inner).entries()) {
      const memberType = members[index];
      if (memberType !== undefined) collectDefinitions(member, memberType, found);
    }
    return;
  }
  if (!(inner instanceof Map)) return;
  if (type instanceof avsc.types.ArrayType) collectDefinitions(inner.get('items'), type.itemsType, found);
  if (type instanceof avsc.types.MapType) collectDefinitions(inner.get('values'), valuesType(type), found);
  const name = type.name;
  if (name === undefined || found.has(name)) return;
  found.set(name, inner);
  if (!(type instanceof avsc.types.RecordType)) return;
  const fields = nodesOf(inner.get('fields'));
  for (const [index, field] of type.fields.entries()) {
    collectDefinitions(attributesOf(fields[index]).get('type'), field.type, found);
  }
};

export const nodesOf = (node: unknown): readonly unknown[] => (Array.isArray(node) ? node : []);

export const isUnion = (type: Type): boolean =>
  type instanceof avsc.types.WrappedUnionType || type instanceof avsc.types.UnwrappedUnionType;

/** avsc's typings leave out some of its documented getters. */
export const unionTypes = (type: Type): readonly Type[] =>
  (type as unknown as { readonly types: readonly Type[] }).types;
export const valuesType = (type: Type): Type => (type as unknown as { readonly valuesType: Type }).valuesType;

export const textAttribute = (attributes: AvroObject, name: string): string | null => {
  const value = attributes.get(name);
  if (value === undefined || value === null) return null;
  if (typeof value === 'string') return value;
  throw new DataError(`The schema's ${name} is no string`);
};

export const integerAttribute = (attributes: AvroObject, name: string): number | null => {
  const value = attributes.get(name);
  return value instanceof JsonNumber && value.isInteger ? Number(value.text) : null;
};
