import { type BytesPath, type KeyAndHeaders, type SinkRecord, SnowflakeRecordContent } from '../api/index.ts';
import type { RawRowEncoderOptions } from '../kernel/index.ts';
import { javaRenderer, jsonRenderer, jsonString } from './renderer.ts';
import type { SinkSettings } from './sink-settings.ts';
import { headerRules, valueRules } from './value-rules.ts';
import { ValueWriter } from './value-writer.ts';

type MetadataSettings = Pick<SinkSettings, 'generation' | 'metadata'>;

/** v4 without snowflake.feature.structured.headers: every header is Java's text of it. */
const headersAreTexts = ({ generation, metadata }: MetadataSettings): boolean =>
  generation === 'v4' && !metadata.typedHeaders;

/** The same headers by the kernel. */
export const rawHeaders = (
  settings: MetadataSettings,
  headers: BytesPath['headers'],
): RawRowEncoderOptions['headers'] => (headers === 'simple' && headersAreTexts(settings) ? 'simpleText' : headers);

interface Shared {
  readonly topic: string;
  readonly partition: number;
  readonly pushTimeMs: number;
  readonly text: string;
}

/**
 * RECORD_METADATA: topic, partition, offset, CreateTime or LogAppendTime, SnowflakeConnectorPushTime, key and headers, each by its
 * switch (snowflake.metadata.*). A record without a timestamp has a JSON null there, as the connector writes it.
 */
export class RecordMetadata {
  readonly #switches: SinkSettings['metadata'];
  readonly #writer: ValueWriter;
  /** v3 gives a null value the schema id 0, whatever the converter. */
  readonly #tombstoneSchemaId: boolean;
  readonly #headers: ValueWriter;
  readonly #headerTexts: ValueWriter | null;
  #shared: Shared = { topic: '', partition: -1, pushTimeMs: 0, text: '' };
  #time: { readonly timestamp: bigint | null; readonly text: string } = { timestamp: null, text: 'null' };

  constructor(settings: MetadataSettings, keyRules: typeof valueRules = valueRules) {
    const { generation, metadata } = settings;
    const rules = headerRules[generation];
    this.#switches = metadata;
    this.#tombstoneSchemaId = generation === 'v3';
    this.#writer = new ValueWriter(keyRules[generation], jsonRenderer);
    this.#headers = new ValueWriter(rules, jsonRenderer);
    this.#headerTexts = headersAreTexts(settings) ? new ValueWriter(rules, javaRenderer) : null;
  }

  /** JSON object; null where snowflake.metadata.all=false. */
  text(record: SinkRecord, pushTimeMs: number): string | null {
    const { all, offsetAndPartition, createTime } = this.#switches;
    if (!all) return null;
    const { value, timestampType } = record;
    let text = this.#sharedText(record, pushTimeMs);
    if (offsetAndPartition) text = withField(text, 'offset', String(record.offset));
    if (createTime && timestampType !== 'NoTimestampType')
      text = withField(text, timestampType, this.#timeText(record.timestamp));
    if (this.#tombstoneSchemaId && (value === null || value === undefined)) text = withField(text, 'schema_id', '0');
    if (value instanceof SnowflakeRecordContent) text = withField(text, 'schema_id', String(value.schemaId));
    return `${this.#withKeyAndHeaders(text, record)}}`;
  }

  /** `,"key":…,"headers":{…}` to be appended to other fields; '' where there is neither. */
  keyAndHeadersFragment(parts: KeyAndHeaders): string {
    return this.#switches.all ? this.#withKeyAndHeaders('', parts) : '';
  }

  /** What the records of a partition that are put together have in common. */
  #sharedText({ topic, partition }: SinkRecord, pushTimeMs: number): string {
    const last = this.#shared;
    if (topic === last.topic && partition === last.partition && pushTimeMs === last.pushTimeMs) return last.text;
    const { topic: hasTopic, offsetAndPartition, connectorPushTime } = this.#switches;
    let text = '{';
    if (hasTopic) text = withField(text, 'topic', jsonString(topic));
    if (offsetAndPartition) text = withField(text, 'partition', String(partition));
    if (connectorPushTime) text = withField(text, 'SnowflakeConnectorPushTime', String(pushTimeMs));
    this.#shared = { topic, partition, pushTimeMs, text };
    return text;
  }

  /** Of records that come together many have the same. */
  #timeText(timestamp: bigint | null): string {
    if (timestamp !== this.#time.timestamp) this.#time = { timestamp, text: String(timestamp) };
    return this.#time.text;
  }

  #withKeyAndHeaders(before: string, { keySchema, key, headers }: KeyAndHeaders): string {
    let text = before;
    if (key !== null && key !== undefined) text = withField(text, 'key', this.#writer.write(keySchema, key));
    if (key instanceof SnowflakeRecordContent) text = withField(text, 'key_schema_id', String(key.schemaId));
    if (headers.length === 0) return text;
    // The last of repeated names wins, at the first one's place.
    const values = new Map<string, string>();
    for (const { name, schema, value } of headers) values.set(name, this.#header(schema, value));
    const members = [...values].map(([name, value]) => jsonRenderer.name(name) + value);
    return withField(text, 'headers', `{${members.join(',')}}`);
  }

  #header(schema: KeyAndHeaders['keySchema'], value: unknown): string {
    const json = this.#headers.write(schema, value);
    if (this.#headerTexts === null || json === jsonRenderer.nothing) return json;
    return JSON.stringify(this.#headerTexts.write(schema, value));
  }
}

/** Piece by piece: V8 joins few pieces fastest, and a list of them costs a third of a microsecond more for each record. */
const withField = (object: string, name: string, value: string): string => {
  const named = object + jsonRenderer.name(name, object !== '{');
  return named + value;
};
