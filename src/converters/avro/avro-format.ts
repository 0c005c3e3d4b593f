import avsc, { type Type } from 'avsc';
import type { OpenedValue } from '../../api/index.ts';
import type { ReferencedSchema, RegisteredSchema } from '../../registry/index.ts';
import type { Decoder, SchemaCompiler, SchemaVersions } from '../schema-registry-converter.ts';
import { withoutEnvelope } from './avro-anything.ts';
import { AvroInput } from './avro-input.ts';
import { avroNames } from './avro-names.ts';
import { type AvroNode, type AvroObject, collectDefinitions, parseAvroNode, withoutDefaults } from './avro-node.ts';
import type { AvroOptions } from './avro-options.ts';
import { AvroCompiler } from './compile-avro.ts';

/** io.confluent.connect.avro.AvroConverter's part of SchemaRegistryConverter. */
export const avroCompiler = (options: AvroOptions): SchemaCompiler => ({
  recordName: (schema) => parseAvroSchema(schema).type.name ?? null,
  compile: (schemas) => compileAvro(options, schemas),
});

/** One reads at a time: conversion is synchronous. */
const input = new AvroInput();

const compileAvro = (options: AvroOptions, { writer, reader, version }: SchemaVersions): Decoder => {
  const written = decoderOf(options, parseAvroSchema(writer), version);
  return reader === null ? written : resolving(options, { writer, reader, version }, written);
};

const decoderOf = (options: AvroOptions, { node, type, definitions }: AvroSchema, version: number | null): Decoder => {
  const layout = new AvroCompiler(options, definitions).compile(node, type, version);
  const { schema, read } = layout;
  const decode: Decoder['decode'] = (bytes, from) => {
    input.start(bytes, from);
    return { schema, value: read(input) };
  };
  if (type.name === avroNames.anything) {
    return {
      decode: (bytes, from, headerRest) => ({
        schema: null,
        value: withoutEnvelope(decode(bytes, from, headerRest).value),
      }),
    };
  }
  const opened: OpenedValue = { layout, input };
  return {
    decode,
    open: (bytes, from) => {
      input.start(bytes, from);
      return opened;
    },
  };
};

/**
 * Schema resolution (Avro specification) is avsc's: it turns the writer's bytes into the reader's, which are read like any other.
 * The writer's own decoder goes first, because avsc trusts lengths.
 */
const resolving = (options: AvroOptions, { writer, reader, version }: SchemaVersions, written: Decoder): Decoder => {
  const from = exactType(writer);
  const to = exactType(reader ?? writer);
  const resolver = to.createResolver(from);
  const read = decoderOf(options, parseAvroSchema(reader ?? writer), version);
  return {
    decode: (bytes, start, headerRest) => {
      written.decode(bytes, start, headerRest);
      const { value } = from === to ? from.decode(bufferOf(bytes), start) : to.decode(bufferOf(bytes), start, resolver);
      return read.decode(to.toBuffer(value), 0, null);
    },
  };
};

const bufferOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);

export interface AvroSchema {
  readonly node: AvroNode;
  readonly type: Type;
  readonly definitions: ReadonlyMap<string, AvroObject>;
}

/** avsc checks names and structure; what it refuses cannot be read. */
export const parseAvroSchema = ({ text, references }: Pick<RegisteredSchema, 'text' | 'references'>): AvroSchema => {
  const registry: Record<string, Type> = {};
  const definitions = new Map<string, AvroObject>();
  const parse = (schemaText: string): { readonly node: AvroNode; readonly type: Type } => {
    const node = parseAvroNode(schemaText);
    const type = avsc.Type.forSchema(withoutDefaults(node) as never, { registry, wrapUnions: true });
    collectDefinitions(node, type, definitions);
    return { node, type };
  };
  for (const reference of references) parse(reference.text);
  return { ...parse(text), definitions };
};

/** For resolution: defaults count, and longs are bigints, so that none is rounded. */
const exactType = ({ text, references }: Pick<RegisteredSchema, 'text' | 'references'>): Type => {
  const registry: Record<string, Type> = {};
  const long = exactLong();
  const parse = ({ text: schemaText }: Pick<ReferencedSchema, 'text'>): Type => {
    const node: unknown = /^[A-Za-z_][\w.]*$/.test(schemaText.trim()) ? schemaText.trim() : JSON.parse(schemaText);
    return avsc.Type.forSchema(node as never, {
      registry,
      wrapUnions: true,
      typeHook: (one) => (isLong(one) ? long : undefined),
    });
  };
  for (const reference of references) parse(reference);
  return parse({ text });
};

/** With attributes too, which a registry of types does not see. */
const isLong = (schema: unknown): boolean =>
  schema === 'long' || (typeof schema === 'object' && schema !== null && 'type' in schema && schema.type === 'long');

const exactLong = (): Type =>
  avsc.types.LongType.__with({
    fromBuffer: (buffer: Buffer) => buffer.readBigInt64LE(),
    toBuffer: (value: bigint) => {
      const buffer = Buffer.alloc(8);
      buffer.writeBigInt64LE(value);
      return buffer;
    },
    fromJSON: (value: number | string) => BigInt(value),
    toJSON: (value: bigint) => Number(value),
    isValid: (value: unknown) => typeof value === 'bigint',
    compare: (a: bigint, b: bigint) => (a === b ? 0 : a < b ? -1 : 1),
  }) as Type;
