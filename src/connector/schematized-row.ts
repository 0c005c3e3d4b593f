import { DataError, type NewColumn, type Schema, type SinkRecord, type TableChange } from '../api/index.ts';
import { columnJson } from './columns/column-json.ts';
import { ExtraFieldsError, NarrowColumnError } from './columns/refusal.ts';
import type { TypedColumn } from './columns/typed-column.ts';
import { declaredText, declaredTextSchema } from './declared-type.ts';
import { ExtraColumns } from './extra-columns.ts';
import { icebergColumn } from './iceberg-type.ts';
import { newColumn } from './new-column.ts';
import { type RecordColumn, recordColumns } from './record-columns.ts';
import { jsonRenderer } from './renderer.ts';
import type { SinkSettings } from './sink-settings.ts';
import { metadataColumnType } from './structured-metadata.ts';
import type { TableColumns } from './table-columns.ts';
import { TableMismatchError } from './table-mismatch-error.ts';
import type { ValueWriter } from './value-writer.ts';

type SchematizedSettings = Pick<SinkSettings, 'generation' | 'normalizeColumnNames' | 'validation' | 'evolution'>;

const metadataColumn = 'RECORD_METADATA';

/**
 * One column per top-level field. With client-side validation each value is checked and made what its column's type stores; with server-side
 * validation values go as they are. What the table lacks is gathered before values are judged (as the connector's validator does).
 */
export class SchematizedRow {
  readonly #settings: SchematizedSettings;
  readonly #writer: ValueWriter;
  readonly #extras: ExtraColumns;

  constructor(settings: SchematizedSettings, writer: ValueWriter, extras = new ExtraColumns('')) {
    this.#settings = settings;
    this.#extras = extras;
    this.#writer = writer;
  }

  /** `"NAME":json,…` without braces; '' where there is nothing to write. @throws TableMismatchError, DataError */
  text(record: SinkRecord, table: TableColumns, metadata: string | null, nowMs = 0): string {
    return this.#members(record, table, metadata, nowMs).join(',');
  }

  #members(record: SinkRecord, table: TableColumns, metadata: string | null, nowMs: number): string[] {
    const { value } = record;
    const target = metadata === null ? null : (table.find(metadataColumn)?.name ?? metadataColumn);
    const own = this.#fields(record, table, target);
    const given = [...own, ...this.#extras.fields(record, nowMs)];
    const fields = this.#settings.evolution.types === 'schema' ? given.map((field) => asDeclared(field, table)) : given;
    // What cannot be converted must not change the table.
    const texts = fields.map((field) => this.#columnText(field.schema, field.value, value instanceof Map));
    this.#checkShape(fields, value instanceof Map ? own.length : 0, table, metadata);
    const widen: { name: string; type: string }[] = [];
    const members: string[] = [];
    for (const [at, field] of fields.entries()) {
      const column = table.find(field.name);
      try {
        const json = this.#json(field, column, texts[at] ?? 'null');
        if (json !== null) members.push(jsonRenderer.name(column?.name ?? field.name) + json);
      } catch (error) {
        if (!(error instanceof NarrowColumnError) || error.wider === null || !this.#mayWiden(error)) throw error;
        widen.push({ name: error.column, type: error.wider });
      }
    }
    if (widen.length > 0) throw new TableMismatchError(table.table, changeOf(table, { widen }));
    if (target !== null && metadata !== null) members.push(jsonRenderer.name(target) + metadata);
    return members;
  }

  /** The connectors write their metadata over a field of that name; our own class refuses it. */
  #fields(
    { topic, value, valueSchema }: SinkRecord,
    table: TableColumns,
    target: string | null,
  ): readonly RecordColumn[] {
    if (value === null || value === undefined) return [];
    const hidden = this.#extras.isEmpty ? undefined : (field: string) => this.#extras.takesOver(topic, field);
    const fields = recordColumns(this.#settings, valueSchema, value, hidden);
    const others = fields.filter(({ name }) => target === null || (table.find(name)?.name ?? name) !== target);
    if (others.length === fields.length) return fields;
    if (this.#settings.generation !== 'own') return others;
    throw new DataError(
      `The record has a field for column ${target}, which takes the record's metadata: rename it by a transform such as ReplaceField`,
    );
  }

  /** Columns that the table lacks, and NOT NULL ones that get nothing. A record with neither field nor metadata makes no row. */
  #checkShape(
    fields: readonly RecordColumn[],
    typedByValue: number,
    table: TableColumns,
    metadata: string | null,
  ): void {
    if (fields.length === 0 && metadata === null) return;
    const add: NewColumn[] = [];
    const dropNotNull: string[] = [];
    const written = new Set<string>();
    for (const [at, field] of fields.entries()) {
      const column = table.find(field.name);
      if (column === null && field.name === '') throw new DataError('A field without a name has no column');
      if (column === null) add.push(this.#newColumn(field, at < typedByValue, table));
      else if (!isNull(field)) written.add(column.name);
      else if (!column.nullable && !this.#takesDefault(column)) dropNotNull.push(column.name);
    }
    if (metadata !== null) {
      const column = table.find(metadataColumn);
      const type = metadataColumnType(table.iceberg, this.#settings.generation);
      if (column === null) add.push({ name: metadataColumn, type, comment: null });
      else written.add(column.name);
    }
    dropNotNull.push(...table.missing(written).filter((name) => !dropNotNull.includes(name)));
    if (add.length === 0 && dropNotNull.length === 0) return;
    if (this.#settings.validation === 'server' && table.evolves) return;
    throw new TableMismatchError(table.table, changeOf(table, { add, dropNotNull }));
  }

  #newColumn(field: RecordColumn, typedByValue: boolean, { iceberg }: TableColumns): NewColumn {
    if (iceberg === null) return newColumn(this.#settings, field, typedByValue);
    return icebergColumn(this.#settings, field, iceberg);
  }

  /** Longer values by wish only; new fields of structured columns as new columns are. */
  #mayWiden(error: NarrowColumnError): boolean {
    return this.#settings.evolution.widen || error instanceof ExtraFieldsError;
  }

  /** A null for a NOT NULL column with a default: the connectors make the column nullable; our own class lets it have its default. */
  #takesDefault(column: TypedColumn): boolean {
    return this.#settings.generation === 'own' && !column.nullable && column.hasDefault;
  }

  /** Null: nothing is sent, so that the column gets its default. */
  #json({ schema, value }: RecordColumn, column: TypedColumn | null, json: string): string | null {
    if (json === 'null') return column !== null && this.#takesDefault(column) ? null : json;
    if (column === null || (this.#settings.validation === 'server' && !column.isStructured)) return json;
    return columnJson(column, { generation: this.#settings.generation, schema, value, json });
  }

  /** v3's columns say Inf where its nested values say Infinity. */
  #columnText(schema: Schema | null, value: unknown, inMap: boolean): string {
    const json = inMap ? this.#writer.topLevel(schema, value) : this.#writer.write(schema, value);
    if (typeof value !== 'number' || Number.isFinite(value)) return json;
    return json.replace('Infinity', 'Inf');
  }
}

const changeOf = ({ iceberg }: TableColumns, change: Partial<TableChange>): TableChange => ({
  add: [],
  dropNotNull: [],
  widen: [],
  ...change,
  ...(iceberg === null ? {} : { iceberg: true }),
});

const isNull = ({ value, schema }: RecordColumn): boolean =>
  (value === null || value === undefined) && (schema?.defaultValue ?? null) === null;

/** What the schema's name says of an integer, where its column is there already. */
const asDeclared = (field: RecordColumn, table: TableColumns): RecordColumn => {
  const column = table.find(field.name);
  const text = column === null ? null : (declaredText(field.schema, column)?.(field.value) ?? null);
  return text === null ? field : { name: field.name, schema: declaredTextSchema, value: text };
};
