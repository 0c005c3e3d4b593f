import avsc, { type Type } from 'avsc';
import { DataError, type Schema } from '../../api/index.ts';
import { defaultOf } from './avro-default.ts';
import { type Draft, type Place, parameter, simpleName } from './avro-draft.ts';
import { avroNames } from './avro-names.ts';
import { type AvroObject, attributesOf, integerAttribute, isUnion, textAttribute, unwrapped } from './avro-node.ts';
import type { AvroOptions } from './avro-options.ts';

/** What every schema may carry: doc, version, parameters, default and name of Connect's own. */
export const finished = (
  draft: Draft,
  attributes: AvroObject,
  type: Type,
  place: Place,
  options: AvroOptions,
): Schema => {
  const { 'connect.meta.data': connectMetaData, 'discard.type.doc.default': discardTypeDocDefault } = options;
  const ownDoc = textAttribute(attributes, 'connect.doc');
  const doc = discardTypeDocDefault ? (textAttribute(attributes, 'doc') ?? ownDoc) : connectMetaData ? ownDoc : null;
  if (doc !== null) draft.doc = doc;
  if (discardTypeDocDefault && connectMetaData && attributes.has('doc')) {
    parameter(draft, 'connect.record.doc', textAttribute(attributes, 'doc') ?? '');
  }
  setVersion(draft, attributes);
  const parameters = attributes.get('connect.parameters');
  if (connectMetaData && parameters !== undefined) addParameters(draft, parameters);
  for (const [name, value] of attributes) if (name.startsWith('avro')) parameter(draft, name, String(value));
  setName(draft, attributes, type);
  if (place.optional) draft.optional = true;
  const byDefault = attributes.get('connect.default');
  if (byDefault !== undefined && byDefault !== null) {
    try {
      draft.defaultValue = defaultOf(draft, byDefault);
    } catch {
      // As AvroConverter does: a default that does not fit its type is none.
    }
  }
  return draft;
};

/** A field's default is its schema's; one of a union with null is lost, as in AvroConverter. */
export const asField = (schema: Schema, node: AvroObject, type: Type, options: AvroOptions): Schema => {
  const { 'connect.meta.data': connectMetaData, 'discard.type.doc.default': discardTypeDocDefault } = options;
  const doc = discardTypeDocDefault ? textAttribute(node, 'doc') : null;
  const documented = doc === null ? schema : { ...schema, doc };
  const given = node.get('default');
  if (given === undefined || given === null || (isUnion(type) && schema.name !== avroNames.union)) return documented;
  const inner = attributesOf(unwrapped(node.get('type')));
  const flagged =
    connectMetaData && !discardTypeDocDefault && !inner.has('connect.default')
      ? { parameters: new Map([...(schema.parameters ?? []), [avroNames.fieldDefault, 'true']]) }
      : {};
  try {
    const defaultValue = defaultOf(schema, given);
    return { ...documented, ...flagged, defaultValue };
  } catch {
    return { ...documented, ...flagged };
  }
};

/** What a branch of a union is called in its struct. */
export const unionField = (type: Type, index: number, options: AvroOptions): string => {
  if (options['generalized.sum.type.support']) return `connect_union_field_${index}`;
  const { name } = type;
  if (!isNamed(type) || name === undefined) return type.typeName;
  return options['enhanced.avro.schema.support'] ? name : simpleName(name);
};

const isNamed = (type: Type): boolean =>
  type instanceof avsc.types.RecordType || type instanceof avsc.types.EnumType || type instanceof avsc.types.FixedType;

const addParameters = (draft: Draft, parameters: unknown): void => {
  if (!(parameters instanceof Map)) throw new DataError('Expected JSON object for schema parameters');
  for (const [name, value] of parameters) {
    if (typeof value !== 'string') throw new DataError('Expected schema parameter values to be strings');
    parameter(draft, String(name), value);
  }
};

const setVersion = (draft: Draft, attributes: AvroObject): void => {
  if (attributes.get('connect.version') === undefined) return;
  const version = integerAttribute(attributes, 'connect.version');
  if (version === null) throw new DataError('Invalid Connect version found');
  if (version < 0) return;
  if (draft.version !== undefined && draft.version !== version) {
    throw new DataError(
      `Mismatched versions: version already added to SchemaBuilder (${draft.version}) differs from version in source schema (${version})`,
    );
  }
  draft.version = version;
};

const setName = (draft: Draft, attributes: AvroObject, type: Type): void => {
  const name = textAttribute(attributes, 'connect.name') ?? (isNamed(type) ? (type.name ?? null) : null);
  if (name === null || name.startsWith(avroNames.connectDefault)) return;
  if (draft.name !== undefined && draft.name !== name && attributes.has('connect.name')) {
    throw new DataError(
      `Mismatched names: name already added to SchemaBuilder (${draft.name}) differs from name in source schema (${name})`,
    );
  }
  draft.name ??= name;
};
