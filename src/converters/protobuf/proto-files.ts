import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { clone, createFileRegistry, type DescFile, type DescMessage } from '@bufbuild/protobuf';
import { type DescriptorProto, type FileDescriptorProto, FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { errorMessage } from '../../api/index.ts';
import { parseProto } from './parse-proto.ts';

const importPattern = /^\s*import\s+(?:public\s+|weak\s+)?"([^"]+)"/gm;

/** A .proto text and what it imports, as far as it lies in the same folder or below. */
const textsFrom = (file: string): ReadonlyMap<string, string> => {
  const folder = dirname(file);
  const texts = new Map<string, string>();
  const read = (text: string): void => {
    for (const [, name = ''] of text.matchAll(importPattern)) {
      if (texts.has(name)) continue;
      let imported: string;
      try {
        imported = readFileSync(join(folder, name), 'utf8');
      } catch {
        continue; // one of Google's or Confluent's, else the parser says that it is missing
      }
      texts.set(name, imported);
      read(imported);
    }
  };
  const main = readFileSync(file, 'utf8');
  read(main);
  return texts.set('', main);
};

/**
 * The messages of a .proto file as BlueApron's converter sees them: members of a oneof are fields like others, maps are lists of key and value.
 * @throws Error where the file cannot be read or is none; never with its content
 */
export const readProtoFile = (file: string): { readonly texts: Iterable<string>; readonly file: DescFile } => {
  const texts = textsFrom(file);
  const references = [...texts].map(([name, text]) => ({ name, text }));
  let parsed: DescFile;
  try {
    ({ file: parsed } = parseProto({ text: texts.get('') ?? '', references }));
  } catch (error) {
    const [where] = /line \d+|imports [\w./-]+|type [\w.]+/.exec(errorMessage(error)) ?? ['no line is told'];
    throw new Error(`it is no .proto file that can be used (${where})`);
  }
  return { texts: texts.values(), file: flat(parsed) };
};

const flat = (file: DescFile): DescFile => {
  const protos = new Map<string, FileDescriptorProto>();
  const collect = ({ proto, dependencies }: DescFile): void => {
    const copy = clone(FileDescriptorProtoSchema, proto);
    for (const message of copy.messageType) flatten(message, copy.syntax === 'proto3');
    protos.set(copy.name, copy);
    for (const dependency of dependencies) if (!protos.has(dependency.proto.name)) collect(dependency);
  };
  collect(file);
  const registry = createFileRegistry(protos.get(file.proto.name) ?? file.proto, (name) => protos.get(name));
  return registry.getFile(file.proto.name) ?? file;
};

/** Each member of a oneof gets one of its own, as `optional` does in proto3: it is null while unset. */
const flatten = (message: DescriptorProto, isProto3: boolean): void => {
  const members = message.field.filter((field) => field.oneofIndex !== undefined);
  message.oneofDecl = [];
  for (const member of members) {
    Reflect.deleteProperty(member, 'oneofIndex');
    if (!isProto3) continue;
    member.proto3Optional = true;
    member.oneofIndex = message.oneofDecl.length;
    message.oneofDecl.push({ $typeName: 'google.protobuf.OneofDescriptorProto', name: `_${member.name}` });
  }
  for (const nested of message.nestedType) {
    if (nested.options?.mapEntry === true) nested.options.mapEntry = false;
    flatten(nested, isProto3);
  }
};

/** The message of a Java class: `com.acme.Outer$Order$Line` is `Order.Line`, whether or not Outer is only Java's wrapper. */
export const messageOfClass = (file: DescFile, javaClass: string): DescMessage | null => {
  const names = javaClass.slice(javaClass.lastIndexOf('.') + 1).split('$');
  const find = (messages: readonly DescMessage[], [name, ...rest]: readonly string[]): DescMessage | null => {
    const found = messages.find((message) => message.name === name) ?? null;
    return found === null || rest.length === 0 ? found : find(found.nestedMessages, rest);
  };
  return find(file.messages, names) ?? find(file.messages, names.slice(1));
};
