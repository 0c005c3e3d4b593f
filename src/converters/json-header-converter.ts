import type { ConnectorConfig, HeaderConverter, SchemaAndValue } from '../api/index.ts';
import { JsonConverter } from './json-converter.ts';

/** JsonConverter as `header.converter`. */
export class JsonHeaderConverter implements HeaderConverter {
  readonly javaClass: string;
  readonly #converter: JsonConverter;

  constructor(config: ConnectorConfig) {
    this.#converter = new JsonConverter(config);
    this.javaClass = this.#converter.javaClass;
  }

  toConnectHeader(topic: string, _name: string, bytes: Uint8Array | null): SchemaAndValue {
    return this.#converter.toConnectData(topic, [], bytes);
  }
}
