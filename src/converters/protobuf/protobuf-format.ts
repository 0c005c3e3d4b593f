import type { Decoder, SchemaCompiler, SchemaVersions } from '../schema-registry-converter.ts';
import { ProtobufCompiler } from './compile-protobuf.ts';
import { messageAt, readMessageIndexes } from './message-indexes.ts';
import { parseProto } from './parse-proto.ts';
import type { ProtobufOptions } from './protobuf-options.ts';

/** io.confluent.connect.protobuf.ProtobufConverter's part of SchemaRegistryConverter. */
export const protobufCompiler = (options: ProtobufOptions): SchemaCompiler => ({
  recordName: (schema) => parseProto(schema).file.messages[0]?.typeName ?? null,
  compile: (schemas) => compileProtobuf(options, schemas),
});

type Compiled = ReturnType<ProtobufCompiler['compile']>;

/** With a reader's schema, the message of the same name in it: Protobuf's wire format is its own schema resolution. */
const compileProtobuf = (options: ProtobufOptions, { writer, reader, version }: SchemaVersions): Decoder => {
  const written = parseProto(writer);
  const used = reader === null ? written : parseProto(reader);
  const compiler = new ProtobufCompiler(options, used.meta);
  const messages = new Map<string, Compiled>();
  const messageOf = (path: readonly number[]): Compiled => {
    const key = path.join('.');
    const known = messages.get(key);
    if (known !== undefined) return known;
    const { typeName } = messageAt(written.file, path);
    const target =
      reader === null
        ? messageAt(written.file, path)
        : (find(used.file.messages, typeName) ?? messageAt(used.file, path));
    const compiled = compiler.compile(target, version);
    messages.set(key, compiled);
    return compiled;
  };
  return {
    decode: (bytes, from, headerRest) => {
      const inHeader = headerRest !== null && headerRest.length > 0;
      const { path, end } = inHeader
        ? { ...readMessageIndexes(headerRest, 0), end: from }
        : headerRest === null
          ? readMessageIndexes(bytes, from)
          : { path: firstMessage, end: from };
      const { schema, decode } = messageOf(path);
      return { schema, value: decode(bytes.subarray(end)) };
    },
  };
};

const firstMessage: readonly number[] = [0];

interface Message {
  readonly typeName: string;
  readonly nestedMessages: readonly Message[];
}

const find = <M extends Message>(messages: readonly M[], typeName: string): M | undefined => {
  for (const message of messages) {
    const found = message.typeName === typeName ? message : find(message.nestedMessages as readonly M[], typeName);
    if (found !== undefined) return found;
  }
  return undefined;
};
