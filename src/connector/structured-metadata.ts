import { Decimal, type SinkRecord, SnowflakeRecordContent } from '../api/index.ts';
import { javaText } from '../util/java-value-text.ts';
import type { StructuredType } from './columns/structured-type.ts';
import type { NestedColumns } from './iceberg-type.ts';
import { javaRenderer, jsonRenderer, jsonString } from './renderer.ts';
import type { Generation, MetadataSwitches, SinkSettings } from './sink-settings.ts';
import { headerRules } from './value-rules.ts';
import { ValueWriter } from './value-writer.ts';

type MetadataSettings = Pick<SinkSettings, 'generation' | 'metadata'>;

/** Fields of RECORD_METADATA in an Iceberg table of format 2, in the connectors' order, with their types as these write them. */
const fields: readonly (readonly [name: string, type: string])[] = [
  ['offset', 'LONG'],
  ['topic', 'STRING'],
  ['partition', 'INTEGER'],
  ['key', 'STRING'],
  ['schema_id', 'INTEGER'],
  ['key_schema_id', 'INTEGER'],
  ['CreateTime', 'BIGINT'],
  ['LogAppendTime', 'BIGINT'],
  ['SnowflakeConnectorPushTime', 'BIGINT'],
  ['headers', 'MAP(VARCHAR, VARCHAR)'],
];

/** v4 has no schema ids. */
const fieldsOf = (generation: Generation): typeof fields =>
  generation === 'v4' ? fields.filter(([name]) => !name.endsWith('schema_id')) : fields;

/** VARIANT, but for Iceberg's format 2, which has none. */
export const metadataColumnType = (iceberg: NestedColumns | null, generation: Generation): string =>
  iceberg === 'structured' ? metadataObjectType(generation) : 'VARIANT';

/** `OBJECT(offset LONG,topic STRING,…)` */
export const metadataObjectType = (generation: Generation): string =>
  `OBJECT(${fieldsOf(generation)
    .map((field) => field.join(' '))
    .join(',')})`;

/** What rows of this generation need and a table's structured RECORD_METADATA lacks; case does not count (ERROR_0035). */
export const missingMetadataFields = (type: StructuredType, generation: Generation): readonly string[] => {
  const found = new Set(type.kind === 'object' ? type.fields.map(({ name }) => name.toLowerCase()) : []);
  // The connectors' own converters alone give schema ids.
  const optional = generation === 'own' ? /schema_id$/ : /^$/;
  return fieldsOf(generation)
    .map(([name]) => name)
    .filter((name) => !found.has(name.toLowerCase()) && !optional.test(name));
};

/**
 * RECORD_METADATA for a structured OBJECT: Snowflake's cast wants every field of the type and no other, so what a record has not is null.
 * Keys and headers are texts there: v4's are Java's (`{id=1}`, a date without a schema `Tue Jan 03 …`), else JSON.
 */
export class StructuredMetadata {
  readonly #names: readonly string[];
  readonly #generation: Generation;
  readonly #switches: MetadataSwitches;
  readonly #json: ValueWriter;
  readonly #java: ValueWriter;

  constructor({ generation, metadata }: MetadataSettings, type: StructuredType) {
    this.#names = type.kind === 'object' ? type.fields.map(({ name }) => name) : [];
    this.#generation = generation;
    this.#switches = metadata;
    this.#json = new ValueWriter(headerRules[generation], jsonRenderer);
    this.#java = new ValueWriter(headerRules[generation], javaRenderer);
  }

  /** JSON object; null where snowflake.metadata.all=false. @throws DataError */
  text(record: SinkRecord, pushTimeMs: number): string | null {
    if (!this.#switches.all) return null;
    const members = this.#names.map(
      (name) => jsonRenderer.name(name) + (this.#value(name, record, pushTimeMs) ?? 'null'),
    );
    return `{${members.join(',')}}`;
  }

  #value(name: string, record: SinkRecord, pushTimeMs: number): string | null {
    const { topic, offsetAndPartition, createTime, connectorPushTime } = this.#switches;
    switch (name.toLowerCase()) {
      case 'topic':
        return topic ? jsonString(record.topic) : null;
      case 'offset':
        return offsetAndPartition ? String(record.offset) : null;
      case 'partition':
        return offsetAndPartition ? String(record.partition) : null;
      case 'createtime':
        return createTime && record.timestampType === 'CreateTime' ? String(record.timestamp) : null;
      case 'logappendtime':
        return createTime && record.timestampType === 'LogAppendTime' ? String(record.timestamp) : null;
      case 'snowflakeconnectorpushtime':
        return connectorPushTime ? String(pushTimeMs) : null;
      case 'schema_id':
        return this.#schemaId(record.value);
      case 'key_schema_id':
        return record.key instanceof SnowflakeRecordContent ? String(record.key.schemaId) : null;
      case 'key':
        return record.key === null || record.key === undefined ? null : this.#text(record.keySchema, record.key);
      case 'headers':
        return this.#headers(record);
      default:
        return null;
    }
  }

  /** v3 gives a null value the schema id 0, whatever the converter. */
  #schemaId(value: unknown): string | null {
    if (value instanceof SnowflakeRecordContent) return String(value.schemaId);
    return this.#generation === 'v3' && (value === null || value === undefined) ? '0' : null;
  }

  /** The last of repeated names wins, at the first one's place. v3 has an empty object where there are none. */
  #headers({ headers }: SinkRecord): string | null {
    if (headers.length === 0) return this.#generation === 'v4' ? null : '{}';
    const texts = new Map<string, string>();
    for (const { name, schema, value } of headers) texts.set(name, this.#text(schema, value) ?? 'null');
    return `{${[...texts].map(([name, text]) => jsonRenderer.name(name) + text).join(',')}}`;
  }

  #text(schema: SinkRecord['keySchema'], value: unknown): string | null {
    if (this.#generation === 'v4' && schema === null && (value instanceof Date || value instanceof Decimal))
      return JSON.stringify(javaText(null, value));
    const json = this.#json.write(schema, value);
    if (json === 'null') return null;
    if (json.startsWith('"')) return json;
    return JSON.stringify(this.#generation === 'v4' ? this.#java.write(schema, value) : json);
  }
}
