import { accessSync, constants } from 'node:fs';
import {
  ConfigError,
  ConnectError,
  type ConnectorConfig,
  type Converter,
  DataError,
  errorMessage,
  nullValue,
  type RawHeader,
  type SchemaAndValue,
} from '../../api/index.ts';
import { ConfigDef, string, type Values } from '../../config/index.ts';
import { parseConverterConfig } from '../parse-converter-config.ts';
import type { BlueApronMessage } from './blue-apron-message.ts';

export const blueApronConverterConfig = new ConfigDef({
  protoClassName: string({
    importance: 'HIGH',
    documentation:
      'Java class of the message, as the converter wants it: com.acme.OrderProtos$Order. Its name tells which message it is.',
  }),
  'proto.file': string({
    importance: 'HIGH',
    documentation:
      'Ours: the .proto file that the class was generated from, on each worker; files that it imports lie in the same folder. In place of the jar, which a worker without Java cannot load.',
  }),
  legacyName: string({
    default: 'legacy_name',
    documentation: 'Field option that renames fields; a .proto file that uses it is refused.',
  }),
});

/** Messages without a schema's id in front, of one type: com.blueapron.connect.protobuf.ProtobufConverter, for reading. */
export class BlueApronConverter implements Converter {
  readonly javaClass = 'com.blueapron.connect.protobuf.ProtobufConverter';
  readonly passesJsonThrough = false;
  readonly passesTextThrough = false;
  readonly #values: Values<typeof blueApronConverterConfig.keys>;
  /** The Protobuf library is loaded with the first record. */
  #message: BlueApronMessage | null = null;

  /** @throws ConfigError naming the sub-key */
  constructor(config: ConnectorConfig) {
    this.#values = parseConverterConfig(blueApronConverterConfig, config);
    try {
      accessSync(this.#values['proto.file'], constants.R_OK);
    } catch (error) {
      throw new ConfigError([{ key: 'proto.file', message: `cannot be read: ${errorMessage(error)}` }]);
    }
  }

  toConnectData(
    _topic: string,
    _headers: readonly RawHeader[],
    bytes: Uint8Array | null,
  ): SchemaAndValue | Promise<SchemaAndValue> {
    if (bytes === null) return nullValue;
    return this.#message === null
      ? this.#load().then((message) => this.#decoded(message, bytes))
      : this.#decoded(this.#message, bytes);
  }

  async #load(): Promise<BlueApronMessage> {
    const { blueApronMessage } = await import('./blue-apron-message.ts');
    const { protoClassName, legacyName } = this.#values;
    this.#message = blueApronMessage(protoClassName, this.#values['proto.file'], legacyName);
    return this.#message;
  }

  #decoded({ schema, decode }: BlueApronMessage, bytes: Uint8Array): SchemaAndValue {
    try {
      return { schema, value: decode(bytes) };
    } catch (error) {
      throw error instanceof DataError ? error : new DataError('Invalid protobuf data', { cause: error });
    }
  }

  fromConnectData(): Uint8Array | null {
    throw new ConnectError(`${this.javaClass} only reads here`);
  }
}
