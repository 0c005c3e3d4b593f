import { type Column, ConnectError, DataError, type KeyAndHeaders, type SinkRecord } from '../api/index.ts';
import { columnJson } from './column-value.ts';
import { recordColumns } from './record-columns.ts';
import { RecordMetadata } from './record-metadata.ts';
import { jsonRenderer } from './renderer.ts';
import type { SinkSettings } from './sink-settings.ts';
import { TableColumns } from './table-columns.ts';
import { valueRules } from './value-rules.ts';
import { ValueWriter } from './value-writer.ts';

const contentColumn = 'RECORD_CONTENT';
const metadataColumn = 'RECORD_METADATA';

export type RowSettings = Pick<
  SinkSettings,
  'generation' | 'schematization' | 'metadata' | 'onNullValue' | 'normalizeColumnNames'
>;

/**
 * A record as a row of NDJSON, without its line break. VARIANT columns hold native JSON (a string that holds JSON would stay a
 * string in Snowflake). The generation decides the details:
 *
 * | | v3 | v4 | own |
 * | --- | --- | --- | --- |
 * | Timestamp | epoch ms as a string | ISO, UTC | ISO, UTC |
 * | Infinity in RECORD_CONTENT | `"Infinity"` | `"Inf"` | `"Inf"` |
 * | map with keys that are no strings | array of pairs | as the record's value an object, else pairs | as v4 |
 * | null value | RECORD_CONTENT `{}` | RECORD_METADATA alone | as v4 |
 * | headers | typed | text (typed by snowflake.feature.structured.headers) | typed |
 * | Decimal or Date without a schema | refused, ms as string | refused, ms | written, ISO |
 * | two fields for one column | the last | the last | refused |
 */
export class RowMapper {
  readonly #settings: RowSettings;
  readonly #writer: ValueWriter;
  readonly #metadata: RecordMetadata;
  readonly #tables = new Map<string, TableColumns>();

  constructor(settings: RowSettings) {
    this.#settings = settings;
    this.#writer = new ValueWriter(valueRules[settings.generation], jsonRenderer);
    this.#metadata = new RecordMetadata(settings);
  }

  /** Needed before rows with schematization go to a table. Again: the newer description holds. */
  describe(table: string, columns: readonly Column[]): void {
    this.#tables.set(table, new TableColumns(table, columns));
  }

  /**
   * Null: no row for this record, because behavior.on.null.values=ignore or because nothing of it is left to send.
   * @throws DataError naming field or column where the record does not fit; never its value
   */
  rowText(record: SinkRecord, table: string, pushTimeMs: number): string | null {
    const isTombstone = record.value === null || record.value === undefined;
    if (isTombstone && this.#settings.onNullValue === 'ignore') return null;
    const metadata = this.#metadata.text(record, pushTimeMs);
    const members = this.#settings.schematization
      ? this.#columnMembers(record, table, metadata)
      : this.#contentMembers(record, metadata);
    return members.length === 0 ? null : `{${members.join(',')}}`;
  }

  /** For the raw path: `,"key":…,"headers":{…}` of RECORD_METADATA, or ''. @throws DataError */
  keyAndHeadersFragment(parts: KeyAndHeaders): string {
    return this.#metadata.keyAndHeadersFragment(parts);
  }

  #contentMembers(record: SinkRecord, metadata: string | null): string[] {
    const members: string[] = [];
    const content = this.#content(record);
    if (content !== null) members.push(`"${contentColumn}":${content}`);
    if (metadata !== null) members.push(`"${metadataColumn}":${metadata}`);
    return members;
  }

  #content({ valueSchema, value }: SinkRecord): string | null {
    if (value !== null && value !== undefined) return this.#writer.topLevel(valueSchema, value);
    return this.#settings.generation === 'v3' ? '{}' : null;
  }

  #columnMembers(record: SinkRecord, table: string, metadata: string | null): string[] {
    const columns = this.#tables.get(table);
    if (columns === undefined) throw new ConnectError(`Table ${table} was not described before rows for it came`);
    const members = new Map<string, string>();
    const isTombstone = record.value === null || record.value === undefined;
    for (const { name, schema, value } of isTombstone
      ? []
      : recordColumns(this.#settings, record.valueSchema, record.value)) {
      const column = columns.get(name);
      const json = this.#columnText(schema, value, record.value instanceof Map);
      if (json !== 'null') members.set(column.name, columnJson(column, { schema, value, json }));
      else if (column.nullable) members.set(column.name, json);
      else if (!column.hasDefault)
        throw new DataError(`Column ${column.name} of table ${table} is NOT NULL, but the record has null there`);
    }
    // A table without the column gets no metadata, as with snowflake.metadata.all=false.
    const target = metadata === null ? null : columns.find(metadataColumn);
    if (target !== null && metadata !== null) members.set(target.name, metadata);
    if (members.size > 0) columns.checkRequired(new Set(members.keys()));
    return [...members].map(([name, json]) => jsonRenderer.member(name, json));
  }

  /** v3's columns say Inf where its nested values say Infinity. */
  #columnText(schema: SinkRecord['valueSchema'], value: unknown, inMap: boolean): string {
    const json = inMap ? this.#writer.topLevel(schema, value) : this.#writer.write(schema, value);
    if (typeof value !== 'number' || Number.isFinite(value)) return json;
    return json.replace('Infinity', 'Inf');
  }
}
