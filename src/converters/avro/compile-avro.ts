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
import { asField, finished, unionField } from './avro-annotations.ts';
import {
  asObject,
  branch,
  bytesDraft,
  type Draft,
  intDraft,
  logicalDraft,
  type Place,
  type Plain,
  parameter,
  required,
  simpleName,
  smallInt,
} from './avro-draft.ts';
import { logicalValue } from './avro-logical-type.ts';
import { avroNames } from './avro-names.ts';
import {
  type AvroNode,
  type AvroObject,
  attributesOf,
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
    const schema = finished(draft, attributes, type, place, this.#options);
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
    const schema = finished(draft, attributes, type, place, this.#options);
    const shape: ValueShape = { kind: 'struct', schema, fields: layouts };
    const compiled: ValueLayout = { schema, shape, read: recordReader(schema, reads) };
    this.#records.set(key, compiled);
    for (const [index, field] of type.fields.entries()) {
      const node = nodes[index] ?? new Map();
      const layout = this.#compile(node.get('type'), field.type, required);
      const ofField = asField(layout.schema, node, field.type, this.#options);
      fields.push({ name: field.name, index, schema: ofField });
      layouts.push({ ...layout, schema: ofField });
      reads.push(layout.read);
    }
    return compiled;
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
      const field = unionField(member, index, this.#options);
      if (fields.some((other) => other.name === field)) {
        throw new DataError('Multiple union schemas map to the Connect union field name');
      }
      const { schema: inner, read } = this.#compile(nodes[index], member, branch);
      fields.push({ name: field, index: fields.length, schema: inner });
      reads.push((input) => new Struct(schema, new Map([[field, read(input)]])));
    }
    return { schema, shape: asObject, read: (input) => reads[branchOf(input, reads.length)]?.(input) ?? null };
  }
}
