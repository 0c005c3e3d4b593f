import { ConnectError, errorMessage } from '../../api/index.ts';
import { ProtobufCompiler } from './compile-protobuf.ts';
import { messageOfClass, readProtoFile } from './proto-files.ts';
import type { ProtobufOptions } from './protobuf-options.ts';

export type BlueApronMessage = ReturnType<ProtobufCompiler['compile']>;

/** What its ProtobufData does, in the words of Confluent's options. */
const options: ProtobufOptions = {
  'enhanced.protobuf.schema.support': false,
  'int.for.enums': false,
  'optional.for.nullables': false,
  'optional.for.proto2': true,
  'wrapper.for.nullables': false,
  'wrapper.for.raw.primitives': false,
  'generate.struct.for.nulls': false,
  'generate.index.for.unions': false,
  'generalized.sum.type.support': false,
};

/**
 * The message of a Java class in the .proto file that it was generated from.
 * @throws ConnectError where there is none: no record can be read then
 */
export const blueApronMessage = (javaClass: string, path: string, legacyName: string): BlueApronMessage => {
  let found: ReturnType<typeof readProtoFile>;
  try {
    found = readProtoFile(path);
  } catch (error) {
    throw new ConnectError(`proto.file: ${path} cannot be used: ${errorMessage(error)}`);
  }
  const { texts, file } = found;
  const renames = new RegExp(`\\(\\s*[\\w.]*\\b${legacyName.replaceAll(/\W/g, '')}\\s*\\)\\s*=`);
  if ([...texts].some((text) => renames.test(text))) {
    throw new ConnectError(
      `legacyName: ${path} renames fields by the option ${legacyName}, which is not supported: rename them by a transform (ReplaceField) and take the option out`,
    );
  }
  const message = messageOfClass(file, javaClass);
  if (message === null) {
    const known = file.messages.map(({ name }) => name).join(', ');
    throw new ConnectError(`protoClassName: ${javaClass} is no message of ${path}, which has: ${known}`);
  }
  return new ProtobufCompiler(options, new Map()).compile(message, null);
};
