import avsc, { type Type } from 'avsc';
import {
  DataError,
  type Field,
  logicalNames,
  type Schema,
  Struct,
  type ValueLayout,
  type ValueShape,
} from '../../api/index.ts';
import { decimalSchema } from '../decimal-logical-type.ts';
import { defaultOf } from './avro-default.ts';
import { logicalValue } from './avro-logical-type.ts';
import { avroNames } from './avro-names.ts';
import {
  type AvroNode,
  type AvroObject,
  attributesOf,
  integerAttribute,
  isUnion,
  nodesOf,
  textAttribute,
  unionTypes,
  unwrapped,
  valuesType,
} from './avro-node.ts';
import type { AvroOptions } from './avro-options.ts';
import {
  arrayReader,
  branchOf,
  mapReader,
  type Read,
  readBoolean,
  readBytes,
  readDouble,
  readFloat,
  readInt,
  readLong,
  readString,
  recordReader,
} from './avro-readers.ts';

interface Plain extends Pick<ValueLayout, 'read' | 'shape'> {
  readonly draft: Draft;
}
const asObject: ValueShape = { kind: 'object' };

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Draft = Mutable<Schema>;

/** `optional`: a branch of a union. */
interface Place {
  readonly optional: boolean;
}
const required: Place = { optional: false };
const branch: Place = { optional: true };

/**
 * AvroData.toConnectSchema and toConnectData of AvroConverter in one: from avsc's types, which know names and structure, and the
 * schema's JSON, which has the attributes (logicalType, connect.*). Throws DataError for what Connect has no schema for.
 */
export class AvroCompiler {
  readonly #options: AvroOptions;
  readonly #definitions: ReadonlyMap<string, AvroObject>;
  /** Records under way or done, by name and optionality: they may contain themselves. */
  readonly #records = new Map<string, ValueLayout>();
  #unions = 0;

  constructor(options: AvroOptions, definitions: ReadonlyMap<string, AvroObject>) {
    this.#options = options;
    this.#definitions = definitions;
  }

  /** `version`: the registry's, for Schema.version. */
  compile(node: AvroNode, type: Type, version: number | null): ValueLayout {
    const compiled = this.#compile(node, type, required);
    // In place: the structs that are read carry this very object.
    const draft: Draft = compiled.schema;
    if (version !== null) draft.version ??= version;
    return compiled;
  }

  #compile(node: AvroNode, type: Type, place: Place): ValueLayout {
    const inner = unwrapped(node);
    if (isUnion(type)) return this.#union(nodesOf(inner), unionTypes(type), place);
    const attributes =
      inner instanceof Map ? attributesOf(inner) : (this.#definitions.get(type.name ?? '') ?? attributesOf(null));
    if (type instanceof avsc.types.RecordType) return this.#record(attributes, type, place);
    return this.#value(attributes, type, place);
  }

  #value(attributes: AvroObject, type: Type, place: Place): ValueLayout {
    const { draft, read, shape } = this.#plain(attributes, type);
    const schema = this.#finished(draft, attributes, type, place);
    const logical = logicalValue(schema);
    return { schema, shape, read: logical === null ? read : (input) => logical(read(input)) };
  }

  #plain(attributes: AvroObject, type: Type): Plain {
    const logicalType = textAttribute(attributes, 'logicalType')?.toLowerCase() ?? null;
    if (type instanceof avsc.types.BooleanType)
      return { draft: { type: 'BOOLEAN', optional: false }, read: readBoolean, shape: { kind: 'boolean' } };
    if (type instanceof avsc.types.IntType) {
      const connectType = textAttribute(attributes, 'connect.type');
      return logicalType === null && connectType !== null
        ? smallInt(connectType)
        : { draft: intDraft(logicalType), read: readInt, shape: { kind: 'int' } };
    }
    if (type instanceof avsc.types.LongType) {
      const isTimestamp = logicalType === 'timestamp-millis';
      return {
        draft: isTimestamp ? logicalDraft('INT64', logicalNames.timestamp) : { type: 'INT64', optional: false },
        read: readLong,
        shape: { kind: 'long' },
      };
    }
    if (type instanceof avsc.types.FloatType)
      return { draft: { type: 'FLOAT32', optional: false }, read: readFloat, shape: { kind: 'float' } };
    if (type instanceof avsc.types.DoubleType)
      return { draft: { type: 'FLOAT64', optional: false }, read: readDouble, shape: { kind: 'double' } };
    if (type instanceof avsc.types.StringType)
      return { draft: { type: 'STRING', optional: false }, read: readString, shape: { kind: 'text' } };
    if (type instanceof avsc.types.BytesType)
      return { draft: bytesDraft(attributes, logicalType), read: readBytes, shape: { kind: 'bytes', size: null } };
    if (type instanceof avsc.types.FixedType) {
      const { size } = type;
      const draft = bytesDraft(attributes, logicalType);
      parameter(draft, 'connect.fixed.size', String(size));
      return { draft, read: (input) => input.fixed(size), shape: { kind: 'bytes', size } };
    }
    if (type instanceof avsc.types.EnumType) return this.#enum(attributes, type);
    if (type instanceof avsc.types.ArrayType) return this.#array(attributes, type);
    if (type instanceof avsc.types.MapType) {
      const values = this.#compile(attributes.get('values'), valuesType(type), required);
      const keySchema: Schema = { type: 'STRING', optional: false };
      return {
        draft: { type: 'MAP', optional: false, keySchema, valueSchema: values.schema },
        read: mapReader(readString, values.read),
        shape: asObject,
      };
    }
    if (type.typeName === 'null') throw new DataError('Standalone null schemas are not supported by this converter');
    throw new DataError(`Couldn't translate unsupported schema type ${type.typeName}.`);
  }

  #enum(attributes: AvroObject, { symbols, name = '' }: avsc.types.EnumType): Plain {
    const {
      'connect.meta.data': connectMetaData,
      'discard.type.doc.default': discardTypeDocDefault,
      'generalized.sum.type.support': generalizedSumTypes,
    } = this.#options;
    const draft: Draft = { type: 'STRING', optional: false };
    const doc = textAttribute(attributes, 'doc');
    const byDefault = textAttribute(attributes, 'default');
    if (connectMetaData && doc !== null) {
      parameter(draft, discardTypeDocDefault ? 'connect.enum.doc' : `${avroNames.enumDoc}${simpleName(name)}`, doc);
    }
    if (connectMetaData && !discardTypeDocDefault && byDefault !== null) {
      parameter(draft, `${avroNames.enumDefault}${simpleName(name)}`, byDefault);
    }
    const prefix = generalizedSumTypes ? avroNames.generalizedEnum : avroNames.enum;
    parameter(draft, prefix, name);
    for (const [index, symbol] of symbols.entries()) {
      parameter(draft, `${prefix}.${symbol}`, generalizedSumTypes ? String(index) : symbol);
    }
    return {
      draft,
      shape: { kind: 'symbol', symbols },
      read: (input) => {
        const symbol = symbols[input.int()];
        if (symbol === undefined) throw new DataError(`The Avro data has no symbol of enum ${name} where it should`);
        return symbol;
      },
    };
  }

  /** Arrays of MapEntry records stand for maps whose keys are no strings. */
  #array(attributes: AvroObject, { itemsType }: avsc.types.ArrayType): Plain {
    const node = attributes.get('items');
    const entry = itemsType instanceof avsc.types.RecordType ? this.#mapEntry(node, itemsType) : null;
    if (entry === null) {
      const items = this.#compile(node, itemsType, required);
      const draft: Draft = { type: 'ARRAY', optional: false, valueSchema: items.schema };
      return { draft, read: arrayReader(items.read), shape: { kind: 'list', items } };
    }
    const [key, value] = entry;
    return {
      draft: { type: 'MAP', optional: false, keySchema: key.schema, valueSchema: value.schema },
      read: mapReader(key.read, value.read),
      shape: asObject,
    };
  }

  #mapEntry(node: AvroNode, type: avsc.types.RecordType): readonly [ValueLayout, ValueLayout] | null {
    const inner = unwrapped(node);
    const attributes =
      inner instanceof Map ? attributesOf(inner) : (this.#definitions.get(type.name ?? '') ?? new Map());
    if (type.name !== avroNames.mapEntry && attributes.get('connect.internal.type') !== 'MapEntry') return null;
    const [first, second] = type.fields;
    const [firstNode, secondNode] = nodesOf(attributes.get('fields'));
    if (type.fields.length !== 2 || first?.name !== 'key' || second?.name !== 'value') {
      throw new DataError(
        'Found map encoded as array of key-value pairs, but array elements do not match the expected format.',
      );
    }
    return [
      this.#compile(attributesOf(firstNode).get('type'), first.type, required),
      this.#compile(attributesOf(secondNode).get('type'), second.type, required),
    ];
  }

  #record(attributes: AvroObject, type: avsc.types.RecordType, place: Place): ValueLayout {
    const key = `${place.optional} ${type.name}`;
    const known = this.#records.get(key);
    if (known !== undefined) return known;
    const { 'connect.meta.data': connectMetaData, 'discard.type.doc.default': discardTypeDocDefault } = this.#options;
    const fields: Field[] = [];
    const reads: Read[] = [];
    const layouts: ValueLayout[] = [];
    const nodes = nodesOf(attributes.get('fields')).map(attributesOf);
    const draft: Draft = { type: 'STRUCT', optional: false, fields };
    if (connectMetaData && !discardTypeDocDefault) {
      const doc = textAttribute(attributes, 'doc');
      if (doc !== null) parameter(draft, avroNames.recordDoc, doc);
      for (const [index, { name }] of type.fields.entries()) {
        const fieldDoc = textAttribute(nodes[index] ?? new Map(), 'doc');
        if (fieldDoc !== null) parameter(draft, `${avroNames.fieldDoc}${name}`, fieldDoc);
      }
    }
    const schema = this.#finished(draft, attributes, type, place);
    const shape: ValueShape = { kind: 'struct', schema, fields: layouts };
    const compiled: ValueLayout = { schema, shape, read: recordReader(schema, reads) };
    this.#records.set(key, compiled);
    for (const [index, field] of type.fields.entries()) {
      const node = nodes[index] ?? new Map();
      const layout = this.#compile(node.get('type'), field.type, required);
      const ofField = this.#asField(layout.schema, node, field.type);
      fields.push({ name: field.name, index, schema: ofField });
      layouts.push({ ...layout, schema: ofField });
      reads.push(layout.read);
    }
    return compiled;
  }

  /** A field's default is its schema's; one of a union with null is lost, as in AvroConverter. */
  #asField(schema: Schema, node: AvroObject, type: Type): Schema {
    const { 'connect.meta.data': connectMetaData, 'discard.type.doc.default': discardTypeDocDefault } = this.#options;
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
  }

  #union(nodes: readonly unknown[], members: readonly Type[], place: Place): ValueLayout {
    const { 'flatten.singleton.unions': flattenSingletonUnions, 'generalized.sum.type.support': generalizedSumTypes } =
      this.#options;
    const nullAt = members.findIndex(({ typeName }) => typeName === 'null');
    const [only] = members;
    if (members.length === 1 && only !== undefined && flattenSingletonUnions) {
      const { schema, read } = this.#compile(nodes[0], only, place);
      return { schema, shape: asObject, read: (input) => (branchOf(input, 1) === 0 ? read(input) : null) };
    }
    if (members.length === 2 && nullAt >= 0) {
      const at = 1 - nullAt;
      const member = members[at];
      if (member !== undefined) {
        const layout = this.#compile(nodes[at], member, branch);
        const { schema, read } = layout;
        const shape: ValueShape = { kind: 'optional', at, of: layout };
        return { schema, shape, read: (input) => (branchOf(input, 2) === at ? read(input) : null) };
      }
    }
    const name = generalizedSumTypes ? `connect_union_${this.#unions++}` : avroNames.union;
    const fields: Field[] = [];
    const reads: (Read | null)[] = [];
    const schema: Draft = { type: 'STRUCT', optional: place.optional || nullAt >= 0, name, fields };
    if (generalizedSumTypes) parameter(schema, avroNames.generalizedUnion, name);
    for (const [index, member] of members.entries()) {
      if (index === nullAt) {
        reads.push(null);
        continue;
      }
      const field = this.#unionField(member, index);
      if (fields.some((other) => other.name === field)) {
        throw new DataError('Multiple union schemas map to the Connect union field name');
      }
      const { schema: inner, read } = this.#compile(nodes[index], member, branch);
      fields.push({ name: field, index: fields.length, schema: inner });
      reads.push((input) => new Struct(schema, new Map([[field, read(input)]])));
    }
    return { schema, shape: asObject, read: (input) => reads[branchOf(input, reads.length)]?.(input) ?? null };
  }

  #unionField(type: Type, index: number): string {
    if (this.#options['generalized.sum.type.support']) return `connect_union_field_${index}`;
    const { name } = type;
    const isNamed =
      type instanceof avsc.types.RecordType ||
      type instanceof avsc.types.EnumType ||
      type instanceof avsc.types.FixedType;
    if (!isNamed || name === undefined) return type.typeName;
    return this.#options['enhanced.avro.schema.support'] ? name : simpleName(name);
  }

  /** What every schema may carry: doc, version, parameters, default and name of Connect's own. */
  #finished(draft: Draft, attributes: AvroObject, type: Type, place: Place): Schema {
    const { 'connect.meta.data': connectMetaData, 'discard.type.doc.default': discardTypeDocDefault } = this.#options;
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
  }
}

const parameter = (draft: Draft, name: string, value: string): void => {
  draft.parameters = new Map([...(draft.parameters ?? []), [name, value]]);
};

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
  const isNamed =
    type instanceof avsc.types.RecordType ||
    type instanceof avsc.types.EnumType ||
    type instanceof avsc.types.FixedType;
  const name = textAttribute(attributes, 'connect.name') ?? (isNamed ? (type.name ?? null) : null);
  if (name === null || name.startsWith(avroNames.connectDefault)) return;
  if (draft.name !== undefined && draft.name !== name && attributes.has('connect.name')) {
    throw new DataError(
      `Mismatched names: name already added to SchemaBuilder (${draft.name}) differs from name in source schema (${name})`,
    );
  }
  draft.name ??= name;
};

const simpleName = (name: string): string => name.slice(name.lastIndexOf('.') + 1);

const logicalDraft = (type: 'INT32' | 'INT64', name: string): Draft => ({ type, optional: false, name, version: 1 });

const intDraft = (logicalType: string | null): Draft => {
  if (logicalType === 'date') return logicalDraft('INT32', logicalNames.date);
  if (logicalType === 'time-millis') return logicalDraft('INT32', logicalNames.time);
  return { type: 'INT32', optional: false };
};

const smallInt = (connectType: string): Plain => {
  if (connectType === 'int8')
    return { draft: { type: 'INT8', optional: false }, read: (input) => (input.int() << 24) >> 24, shape: asObject };
  if (connectType === 'int16')
    return { draft: { type: 'INT16', optional: false }, read: (input) => (input.int() << 16) >> 16, shape: asObject };
  throw new DataError('Connect type annotation for Avro int field is null');
};

/** Precision that AvroConverter takes for none given. */
const anyPrecision = 64;

const bytesDraft = (attributes: AvroObject, logicalType: string | null): Draft => {
  if (logicalType !== 'decimal') return { type: 'BYTES', optional: false };
  const draft: Draft = {
    ...decimalSchema(integerAttribute(attributes, 'scale') ?? 0),
    parameters: new Map([['scale', String(integerAttribute(attributes, 'scale') ?? 0)]]),
  };
  if (attributes.get('precision') !== undefined) {
    const precision = integerAttribute(attributes, 'precision');
    if (precision === null) throw new DataError('precision property must be a JSON Integer');
    if (precision !== anyPrecision) parameter(draft, 'connect.decimal.precision', String(precision));
  }
  return draft;
};
