import { type DescEnum, type DescField, type DescMessage, type DescOneof, ScalarType } from '@bufbuild/protobuf';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { DataError, type Field, type Schema, Struct } from '../../api/index.ts';
import type { FieldMeta } from './parse-proto.ts';
import { isWrapper, type LogicalMessage, logicalMessage, type MessageValues } from './protobuf-logical-type.ts';
import type { ProtobufOptions } from './protobuf-options.ts';
import { type Scalar, scalarOf } from './protobuf-scalar.ts';

const namespace = 'io.confluent.connect.protobuf';
const generalizedUnion = 'org.apache.kafka.connect.data.Union';
const generalizedEnum = 'org.apache.kafka.connect.data.Enum';
/** Protobuf's own limit of messages within messages. */
const maxDepth = 100;

/** Reads one value whose tag was read; for messages up to their end. */
type Read = (reader: BinaryReader, depth: number) => unknown;

/** A value of a field: its schema, what reads it from the wire, and what it is where the wire has none. */
interface Element {
  readonly schema: Schema;
  readonly wireType: WireType;
  readonly read: Read;
  readonly absent: (depth: number) => unknown;
}

type Write = (values: Map<string, unknown>, reader: BinaryReader, wireType: WireType, depth: number) => boolean;

interface Shape {
  readonly fields: Field[];
  /** By field number; false: not its wire type, to be skipped like an unknown field. */
  readonly writers: Map<number, Write>;
  /** What a message without content has, in the order of the fields. */
  readonly absent: (readonly [name: string, value: (depth: number) => unknown])[];
}

/** ProtobufData.toConnectSchema and toConnectData of ProtobufConverter in one, over @bufbuild/protobuf's descriptors and wire reader. */
export class ProtobufCompiler {
  readonly #options: ProtobufOptions;
  readonly #meta: FieldMeta;
  readonly #shapes = new Map<string, Shape>();

  constructor(options: ProtobufOptions, meta: FieldMeta) {
    this.#options = options;
    this.#meta = meta;
  }

  compile(
    message: DescMessage,
    version: number | null,
  ): { readonly schema: Schema; decode(bytes: Uint8Array): unknown } {
    const versioned = version === null ? {} : { version };
    const wrapped = message.fields[0];
    if (this.#options['wrapper.for.raw.primitives'] && isWrapper(message) && wrapped !== undefined) {
      const { schema: plain, read } = this.#wrapped(message, wrapped);
      return { schema: { ...plain, ...versioned }, decode: (bytes) => read(readerOf(bytes), 0, bytes.length) };
    }
    const shape = this.#shapeOf(message);
    const schema: Schema = {
      type: 'STRUCT',
      optional: false,
      name: this.#nameOf(message),
      ...versioned,
      fields: shape.fields,
    };
    return { schema, decode: (bytes) => new Struct(schema, readMessage(shape, readerOf(bytes), bytes.length, 0)) };
  }

  #nameOf({ name, typeName }: DescMessage | DescEnum): string {
    return this.#options['enhanced.protobuf.schema.support'] ? typeName : name;
  }

  #shapeOf(message: DescMessage): Shape {
    const known = this.#shapes.get(message.typeName);
    if (known !== undefined) return known;
    const shape: Shape = { fields: [], writers: new Map(), absent: [] };
    this.#shapes.set(message.typeName, shape);
    for (const [index, oneof] of message.oneofs.entries()) this.#addOneof(shape, oneof, index);
    for (const field of message.fields) if (field.oneof === undefined) this.#addField(shape, field);
    return shape;
  }

  #addOneof(shape: Shape, oneof: DescOneof, index: number): void {
    const generalized = this.#options['generalized.sum.type.support'];
    const enhanced = this.#options['enhanced.protobuf.schema.support'];
    const name = this.#options['generate.index.for.unions'] ? `${oneof.name}_${index}` : oneof.name;
    const fullName = enhanced ? `${oneof.parent.typeName}.${oneof.name}` : oneof.name;
    const fields: Field[] = [];
    const schema: Schema = {
      type: 'STRUCT',
      optional: true,
      name: generalized ? oneof.name : `${namespace}.Union.${fullName}`,
      ...(generalized && { parameters: new Map([[generalizedUnion, oneof.name]]) }),
      fields,
    };
    shape.fields.push({ name, index: shape.fields.length, schema });
    shape.absent.push([name, () => null]);
    for (const [position, field] of oneof.fields.entries()) {
      const element = this.#singular(field);
      fields.push({ name: field.name, index: position, schema: tagged(element.schema, field) });
      shape.writers.set(field.number, (values, reader, wireType, depth) => {
        if (wireType !== element.wireType) return false;
        values.set(name, new Struct(schema, new Map([[field.name, element.read(reader, depth)]])));
        return true;
      });
    }
  }

  #addField(shape: Shape, field: DescField): void {
    const { name } = field;
    const place = { name, index: shape.fields.length };
    if (field.fieldKind === 'map') {
      const { schema, write } = this.#map(field);
      shape.fields.push({ ...place, schema: tagged(schema, field) });
      shape.absent.push([name, () => new Map()]);
      shape.writers.set(field.number, write);
    } else if (field.fieldKind === 'list') {
      const element = this.#singular(field);
      const schema: Schema = { type: 'ARRAY', optional: true, valueSchema: { ...element.schema, optional: true } };
      shape.fields.push({ ...place, schema: tagged(schema, field) });
      shape.absent.push([name, () => []]);
      shape.writers.set(field.number, listWriter(name, element));
    } else {
      const element = this.#singular(field);
      shape.fields.push({ ...place, schema: tagged(element.schema, field) });
      shape.absent.push([name, this.#hasPresence(field) ? () => null : element.absent]);
      shape.writers.set(field.number, (values, reader, wireType, depth) => {
        if (wireType !== element.wireType) return false;
        values.set(name, element.read(reader, depth));
        return true;
      });
    }
  }

  /** Whether an unset field is null rather than its default. */
  #hasPresence(field: DescField): boolean {
    if (field.fieldKind === 'message') return !this.#options['generate.struct.for.nulls'];
    const { proto3Optional, label } = field.proto;
    return proto3Optional || (this.#options['optional.for.proto2'] && isProto2Optional(field, label));
  }

  /** One value of the field, whether the field is repeated or not. */
  #singular(field: DescField): Element {
    if (field.message !== undefined) return this.#message(field, field.message);
    const optional = this.#isOptional(field);
    if (field.enum !== undefined) return this.#enum(field.enum);
    const scalar = scalarOf(field.scalar ?? ScalarType.STRING);
    const absent = defaultOf(field, scalar);
    return {
      schema: this.#scalarSchema(field, scalar, optional),
      wireType: scalar.wireType,
      read: scalar.read,
      absent: () => absent,
    };
  }

  #isOptional(field: DescField): boolean {
    if (this.#options['optional.for.nullables']) {
      return field.proto.proto3Optional || isProto2Optional(field, field.proto.label);
    }
    return !this.#options['wrapper.for.nullables'];
  }

  #scalarSchema(field: DescField, { type, name }: Scalar, optional: boolean): Schema {
    const connectType = this.#meta.get(`${field.parent.typeName}.${field.name}`)?.get('connect.type');
    if (type === 'INT32' && connectType === 'int8') return { type: 'INT8', optional };
    if (type === 'INT32' && connectType === 'int16') return { type: 'INT16', optional };
    const parameters = name === null ? {} : { parameters: new Map([[`${namespace}.Type`, name]]) };
    return { type, optional, ...parameters };
  }

  #enum(type: DescEnum): Element {
    const asNumber = this.#options['int.for.enums'];
    const prefix = this.#options['generalized.sum.type.support'] ? generalizedEnum : `${namespace}.Enum`;
    const parameters = new Map([[prefix, type.name]]);
    for (const { name, number } of type.values) parameters.set(`${prefix}.${name}`, String(number));
    const symbolOf = (number: number): unknown =>
      asNumber ? number : (type.value[number]?.name ?? `UNKNOWN_ENUM_VALUE_${type.name}_${number}`);
    const first = symbolOf(type.values[0]?.number ?? 0);
    return {
      schema: { type: asNumber ? 'INT32' : 'STRING', optional: true, name: this.#nameOf(type), parameters },
      wireType: WireType.Varint,
      read: (reader) => symbolOf(reader.int32()),
      absent: () => first,
    };
  }

  #message(field: DescField, message: DescMessage): Element {
    const wireType = WireType.LengthDelimited;
    const wrapped = message.fields[0];
    if (this.#options['wrapper.for.nullables'] && isWrapper(message) && wrapped !== undefined) {
      const { schema, read } = this.#wrapped(message, wrapped);
      const unset = read(readerOf(new Uint8Array(0)), 0, 0);
      return {
        schema: { ...schema, optional: true },
        wireType,
        read: (reader, depth) => read(reader, depth, endOf(reader)),
        absent: () => unset,
      };
    }
    const logical = logicalMessage(message, this.#meta.get(`${field.parent.typeName}.${field.name}`));
    const shape = this.#shapeOf(message);
    const schema: Schema = logical?.schema ?? {
      type: 'STRUCT',
      optional: true,
      name: this.#nameOf(message),
      fields: shape.fields,
    };
    const read = (reader: BinaryReader, end: number, depth: number): unknown =>
      connectValue(logical, schema, readMessage(shape, reader, end, depth + 1));
    const isGroup = field.fieldKind === 'message' && field.delimitedEncoding;
    return {
      schema: { ...schema, optional: true },
      wireType: isGroup ? WireType.StartGroup : wireType,
      read: isGroup
        ? (reader, depth) => connectValue(logical, schema, readMessage(shape, reader, null, depth + 1))
        : (reader, depth) => read(reader, endOf(reader), depth),
      // A date of no day is none.
      absent: (depth) => (logical === null ? read(readerOf(new Uint8Array(0)), 0, depth) : null),
    };
  }

  /** google.protobuf.StringValue and its like, taken for its one field. */
  #wrapped(
    message: DescMessage,
    value: DescField,
  ): { readonly schema: Schema; read(reader: BinaryReader, depth: number, end: number): unknown } {
    const shape = this.#shapeOf(message);
    const { type } = scalarOf(value.scalar ?? ScalarType.STRING);
    return {
      schema: { type, optional: false },
      read: (reader, depth, end) => readMessage(shape, reader, end, depth + 1).get(value.name) ?? null,
    };
  }

  #map(field: DescField & { fieldKind: 'map' }): { readonly schema: Schema; readonly write: Write } {
    const key = scalarOf(field.mapKey);
    const readKey = key.read;
    const value = this.#singular(field);
    const member = (schema: Schema, tag: number): Schema => withTag(schema, tag);
    const name = `${field.parent.typeName}.${field.name}`;
    const schema: Schema = {
      type: 'MAP',
      optional: true,
      name: this.#options['enhanced.protobuf.schema.support'] ? name : field.name,
      keySchema: member({ type: key.type, optional: !this.#options['wrapper.for.nullables'] }, 1),
      valueSchema: member({ ...value.schema, optional: value.schema.optional }, 2),
    };
    const write: Write = (values, reader, wireType, depth) => {
      if (wireType !== WireType.LengthDelimited) return false;
      const end = endOf(reader);
      let entryKey: unknown = key.absent;
      let entryValue: unknown;
      while (reader.pos < end) {
        const [number, type] = reader.tag();
        if (number === 1 && type === key.wireType) entryKey = readKey(reader);
        else if (number === 2 && type === value.wireType) entryValue = value.read(reader, depth);
        else reader.skip(type, number);
      }
      checkEnd(reader, end);
      mapIn(values, field.name).set(entryKey, entryValue === undefined ? value.absent(depth + 1) : entryValue);
      return true;
    };
    return { schema, write };
  }
}

const utf8 = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
const readerOf = (bytes: Uint8Array): BinaryReader => new BinaryReader(bytes, utf8);

const connectValue = (logical: LogicalMessage | null, schema: Schema, message: MessageValues): unknown =>
  logical === null ? new Struct(schema, message) : logical.value(message);

/** `end` null: a group, which ends by its own tag. */
const readMessage = (shape: Shape, reader: BinaryReader, end: number | null, depth: number): MessageValues => {
  if (depth > maxDepth) throw new DataError(`The Protobuf data is nested deeper than ${maxDepth} messages`);
  const values = new Map<string, unknown>();
  for (const [name, absent] of shape.absent) values.set(name, absent(depth));
  while (end === null || reader.pos < end) {
    const [number, wireType] = reader.tag();
    if (wireType === WireType.EndGroup) {
      if (end !== null) throw new DataError('The Protobuf data ends a group that did not begin');
      return values;
    }
    const write = shape.writers.get(number);
    if (write === undefined || !write(values, reader, wireType, depth)) reader.skip(wireType, number);
  }
  checkEnd(reader, end);
  return values;
};

const endOf = (reader: BinaryReader): number => {
  const end = reader.uint32() + reader.pos;
  if (end > reader.len) throw new DataError('The Protobuf data ends in the middle of a value');
  return end;
};

const checkEnd = (reader: BinaryReader, end: number): void => {
  if (reader.pos !== end) throw new DataError('The Protobuf data has a value that reaches beyond its message');
};

const listIn = (values: Map<string, unknown>, name: string): unknown[] => {
  const list = values.get(name);
  if (Array.isArray(list)) return list;
  throw new DataError('A repeated field is no list');
};

const mapIn = (values: Map<string, unknown>, name: string): Map<unknown, unknown> => {
  const map = values.get(name);
  if (map instanceof Map) return map;
  throw new DataError('A map field is no map');
};

/** Scalars may come packed, one by one, or both. */
const listWriter = (name: string, element: Element): Write => {
  const canBePacked = element.wireType !== WireType.LengthDelimited && element.wireType !== WireType.StartGroup;
  return (values, reader, wireType, depth) => {
    if (wireType === element.wireType) {
      listIn(values, name).push(element.read(reader, depth));
      return true;
    }
    if (!canBePacked || wireType !== WireType.LengthDelimited) return false;
    const list = listIn(values, name);
    const end = endOf(reader);
    while (reader.pos < end) list.push(element.read(reader, depth));
    checkEnd(reader, end);
    return true;
  };
};

const withTag = (schema: Schema, tag: number): Schema => ({
  ...schema,
  parameters: new Map([...(schema.parameters ?? []), [`${namespace}.Tag`, String(tag)]]),
});

const tagged = (schema: Schema, { number }: DescField): Schema => withTag(schema, number);

const labelOptional = 1;
const isProto2Optional = (field: DescField, label: number): boolean =>
  field.parent.file.edition === proto2 && label === labelOptional;
/** google.protobuf.Edition.EDITION_PROTO2 */
const proto2 = 998;

const defaultOf = (field: DescField, scalar: Scalar): unknown => {
  const own = field.fieldKind === 'scalar' ? field.getDefaultValue() : undefined;
  if (own === undefined) return scalar.absent;
  return scalar.type === 'INT64' ? BigInt.asIntN(64, BigInt(own as bigint | number | string)) : own;
};
