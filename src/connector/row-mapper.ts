import {
  type Column,
  ConnectError,
  type KeyAndHeaders,
  type OpenedValue,
  RecordRows,
  type RecordView,
  type SinkRecord,
  Struct,
} from '../api/index.ts';
import type { RowColumns } from '../kernel/index.ts';
import { columnJson } from './columns/column-json.ts';
import { parseStructuredType } from './columns/structured-type.ts';
import { ExtraColumns } from './extra-columns.ts';
import { jsonRowColumns, noColumns } from './json-row-columns.ts';
import type { MetadataBytes } from './metadata-bytes.ts';
import { PlainRow } from './plain-row.ts';
import { RecordMetadata } from './record-metadata.ts';
import { jsonRenderer } from './renderer.ts';
import { SchematizedRow } from './schematized-row.ts';
import type { SinkSettings } from './sink-settings.ts';
import { StructRow } from './struct-row.ts';
import { StructRowBytes } from './struct-row-bytes.ts';
import { StructuredMetadata } from './structured-metadata.ts';
import { TableColumns } from './table-columns.ts';
import { ValueBytes } from './value-bytes.ts';
import { headerRules, valueRules } from './value-rules.ts';
import { ValueWriter } from './value-writer.ts';
import { writeBytes } from './write-text.ts';

const contentColumn = 'RECORD_CONTENT';
const metadataColumn = 'RECORD_METADATA';
const contentPrefix = Buffer.from(`"${contentColumn}":`);
const metadataPrefix = Buffer.from(`,"${metadataColumn}":`);

/** `metadata`: null where snowflake.metadata.all=false. */
interface BytesTarget {
  readonly table: string;
  readonly metadata: MetadataBytes | null;
}

export type RowSettings = Pick<
  SinkSettings,
  'generation' | 'schematization' | 'metadata' | 'onNullValue' | 'normalizeColumnNames' | 'validation' | 'evolution'
> &
  Partial<Pick<SinkSettings, 'columns'>>;

/** Names and texts of a row that differ with the way that it goes. */
export interface RowForm {
  readonly content: string;
  readonly metadata: string;
  readonly rules: typeof valueRules;
}

const columnForm: RowForm = { content: contentColumn, metadata: metadataColumn, rules: valueRules };

/** A line of a file for Snowpipe, as the Snowflake connector's pipes read it: `{"content":…,"meta":…}`, without a column's bytes. */
export const fileForm: RowForm = { content: 'content', metadata: 'meta', rules: headerRules };

/** What DESCRIBE does not tell. */
export interface TableTraits {
  /** Snowflake adds what the table lacks. */
  readonly evolves: boolean;
  /** Null: no Iceberg table. */
  readonly iceberg: TableColumns['iceberg'];
}

const standardTable: TableTraits = { evolves: false, iceberg: null };

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
 * | names of columns | to the letter | to the letter (server-side: any case) | any case |
 */
export class RowMapper {
  readonly #settings: RowSettings;
  readonly #form: RowForm;
  readonly #writer: ValueWriter;
  readonly #metadata: RecordMetadata;
  readonly #plain: PlainRow;
  readonly #jsonColumns = new WeakMap<TableColumns, RowColumns>();
  readonly #structs: StructRow;
  readonly #structBytes: StructRowBytes;
  readonly #valueBytes: ValueBytes;
  readonly #schematized: SchematizedRow;
  readonly #extras: ExtraColumns;
  readonly #tables = new Map<string, TableColumns>();
  readonly #objectsOnly = new Set<string>();
  readonly #structured = new Set<string>();
  /** Of tables whose RECORD_METADATA is a structured OBJECT. */
  readonly #structuredMetadata = new Map<string, StructuredMetadata>();

  constructor(settings: RowSettings, form: RowForm = columnForm) {
    this.#settings = settings;
    this.#form = form;
    this.#extras = new ExtraColumns(settings.columns ?? '');
    this.#writer = new ValueWriter(form.rules[settings.generation], jsonRenderer);
    this.#metadata = new RecordMetadata(settings, form.rules);
    this.#plain = new PlainRow(settings, this.#writer);
    this.#structs = new StructRow(settings, this.#writer);
    this.#valueBytes = new ValueBytes(valueRules[settings.generation], this.#writer);
    this.#structBytes = new StructRowBytes(this.#structs, this.#valueBytes, settings.validation);
    this.#schematized = new SchematizedRow(settings, this.#writer, this.#extras);
  }

  /** Needed before rows with schematization go to a table. Again: the newer description holds. */
  describe(table: string, columns: readonly Column[], { evolves, iceberg }: TableTraits = standardTable): void {
    const { generation, validation } = this.#settings;
    const exact = validation === 'client' && generation !== 'own';
    const described = new TableColumns(table, columns, { exact, evolves, iceberg });
    this.#tables.set(table, described);
    const metadata = described.find(metadataColumn);
    const takesBytes = metadata?.isStructured !== true && described.find(contentColumn)?.isStructured !== true;
    if (takesBytes) this.#objectsOnly.delete(table);
    else this.#objectsOnly.add(table);
    if (described.hasStructured) this.#structured.add(table);
    else this.#structured.delete(table);
    if (metadata?.isStructured !== true) this.#structuredMetadata.delete(table);
    else {
      const type = parseStructuredType(metadata.type);
      this.#structuredMetadata.set(table, new StructuredMetadata(this.#settings, type));
    }
  }

  /** `OBJECT(…)`, `ARRAY(…)` or `MAP(…)`. */
  hasStructuredColumns(table: string): boolean {
    return this.#structured.has(table);
  }

  /** Whether rows for this table can be spliced from bytes: not into columns that Iceberg's format 2 has for want of VARIANT. */
  takesBytes(table: string): boolean {
    return this.#form === columnForm && !this.#objectsOnly.has(table);
  }

  /**
   * A line for each row of a record that holds several. Null: no row for this record, because behavior.on.null.values=ignore or because nothing of it is left to send.
   * @throws TableMismatchError where the table must change first; DataError naming field or column where the record does not fit
   */
  rowText(record: SinkRecord, table: string, pushTimeMs: number): string | null {
    if (record.value instanceof RecordRows) {
      const rows = record.value.rows.map((value) => this.rowText({ ...record, value }, table, pushTimeMs));
      return rows.filter((row) => row !== null).join('\n') || null;
    }
    const isTombstone = record.value === null || record.value === undefined;
    if (isTombstone && this.#settings.onNullValue === 'ignore') return null;
    const metadata = (this.#structuredMetadata.get(table) ?? this.#metadata).text(record, pushTimeMs);
    const members = this.#settings.schematization
      ? this.#columnMembers(record, table, metadata, pushTimeMs)
      : this.#contentMembers(record, table, metadata);
    return members === '' ? null : `{${members}}`;
  }

  /** For the kernel, which makes rows of schemaless JSON; those that need more than it knows are the object path's. */
  jsonColumns(table: string): RowColumns {
    if (!this.#settings.schematization || !this.takesBytes(table)) return noColumns;
    const columns = this.#describedColumns(table);
    const known = this.#jsonColumns.get(columns);
    if (known !== undefined) return known;
    const made = jsonRowColumns(this.#plain, columns, this.#settings.metadata.all);
    this.#jsonColumns.set(columns, made);
    return made;
  }

  /**
   * For values whose bytes a converter has opened, with schematization or without: the whole row, written from `at` on; the position
   * behind it. -1: the object path decides. `keyAndHeaders`: the metadata's last fields.
   */
  writeOpenedRow(
    opened: OpenedValue,
    record: RecordView,
    keyAndHeaders: string,
    { table, metadata }: BytesTarget,
    out: Uint8Array,
    at: number,
  ): number {
    if (record.timestamp < 0n || !this.takesBytes(table)) return -1;
    try {
      const to = this.#settings.schematization
        ? this.#structBytes.write(opened, this.#describedColumns(table), metadata !== null, out, at + 1)
        : this.#writeContent(opened, metadata !== null, out, at + 1);
      return closed(record, keyAndHeaders, metadata, { out, at, to });
    } catch (error) {
      // also what converters throw in Java's name: as objects the record is converted under errors.tolerance
      if (error instanceof ConnectError) return -1;
      throw error;
    }
  }

  #writeContent({ layout, input }: OpenedValue, withMetadata: boolean, out: Uint8Array, at: number): number {
    if (layout.shape.kind !== 'struct') return -1;
    const to = this.#valueBytes.writeOf(layout)(input, out, writeBytes(contentPrefix, out, at));
    return to < 0 || !withMetadata ? to : writeBytes(metadataPrefix, out, to);
  }

  /** For the raw path: `,"key":…,"headers":{…}` of RECORD_METADATA, or ''. @throws DataError */
  keyAndHeadersFragment(parts: KeyAndHeaders): string {
    return this.#metadata.keyAndHeadersFragment(parts);
  }

  #contentMembers(record: SinkRecord, table: string, metadata: string | null): string {
    const { content, metadata: metadataName } = this.#form;
    const value = this.#structuredContent(record, table, this.#content(record));
    if (value === null) return metadata === null ? '' : jsonRenderer.name(metadataName) + metadata;
    const members = jsonRenderer.name(content) + value;
    return metadata === null ? members : members + jsonRenderer.name(metadataName, true) + metadata;
  }

  /** RECORD_CONTENT with types inside, where v3 writes into Iceberg tables without schematization. */
  #structuredContent({ valueSchema, value }: SinkRecord, table: string, json: string | null): string | null {
    const column = this.#tables.get(table)?.find(contentColumn) ?? null;
    if (json === null || column?.isStructured !== true) return json;
    return columnJson(column, { generation: this.#settings.generation, schema: valueSchema, value, json });
  }

  #content({ valueSchema, value }: SinkRecord): string | null {
    if (value !== null && value !== undefined) return this.#writer.topLevel(valueSchema, value);
    return this.#settings.generation === 'v3' ? '{}' : null;
  }

  #columnMembers(record: SinkRecord, table: string, metadata: string | null, pushTimeMs: number): string {
    const columns = this.#describedColumns(table);
    // v4 leaves out what all its switches left empty.
    const sent = metadata === '{}' && this.#settings.generation === 'v4' ? null : metadata;
    if (!this.#extras.isEmpty) return this.#schematized.text(record, columns, sent, pushTimeMs);
    const { value, valueSchema } = record;
    let quick: string | null = null;
    if (value instanceof Struct && value.schema === valueSchema) quick = this.#structs.text(value, columns, sent);
    else if (valueSchema === null && value instanceof Map) quick = this.#plain.text(value, columns, sent);
    return quick ?? this.#schematized.text(record, columns, sent, pushTimeMs);
  }

  #describedColumns(table: string): TableColumns {
    const columns = this.#tables.get(table);
    if (columns === undefined) throw new ConnectError(`Table ${table} was not described before rows for it came`);
    return columns;
  }
}

/** The row's braces and its metadata around members that end at `to`; -1: there are none. */
const closed = (
  record: RecordView,
  keyAndHeaders: string,
  metadata: MetadataBytes | null,
  { out, at, to }: { readonly out: Uint8Array; readonly at: number; readonly to: number },
): number => {
  if (to < 0) return -1;
  out[at] = 0x7b;
  const end = metadata === null ? to : metadata.write(record, keyAndHeaders, out, to);
  out[end] = 0x7d;
  return end + 1;
};
