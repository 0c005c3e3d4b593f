import { DataError, JsonNumber } from '../api/index.ts';
import { columnJson } from './columns/column-json.ts';
import type { TypedColumn } from './columns/typed-column.ts';
import { columnName } from './record-columns.ts';
import { jsonRenderer, jsonString } from './renderer.ts';
import type { SinkSettings } from './sink-settings.ts';
import type { TableColumns } from './table-columns.ts';
import { takenAsIs, takesNumber, takesString } from './taken-as-is.ts';
import type { ValueWriter } from './value-writer.ts';

type PlainSettings = Pick<SinkSettings, 'generation' | 'normalizeColumnNames' | 'validation'>;

/** A field name that has a column in a table. */
interface Slot {
  readonly column: TypedColumn;
  /** `"NAME":` */
  readonly prefix: string;
  /** `,"NAME":` */
  readonly nextPrefix: string;
  /** What the column stores as it comes, at a glance. */
  readonly takes: (value: unknown) => boolean;
  /** The row that wrote it last: a second field for the same column is noticed. */
  row: number;
}

const maxSlots = 10_000;

/**
 * The hot path: a schemaless JSON object whose fields all have columns that take them. No object is made for a row beyond its
 * text. Whatever else: null, and the careful way (schematized-row.ts) decides; a test holds both side by side.
 */
export class PlainRow {
  readonly settings: PlainSettings;
  readonly #writer: ValueWriter;
  #table: TableColumns | null = null;
  readonly #slots = new Map<string, Slot>();
  #row = 0;

  constructor(settings: PlainSettings, writer: ValueWriter) {
    this.settings = settings;
    this.#writer = writer;
  }

  /** Members of the row without their braces. */
  text(value: ReadonlyMap<unknown, unknown>, table: TableColumns, metadata: string | null): string | null {
    if (table !== this.#table || this.#slots.size > maxSlots) this.#begin(table);
    const row = ++this.#row;
    let text = '';
    let required = 0;
    for (const key of value.keys()) {
      const slot = typeof key === 'string' ? this.#slot(key, table) : null;
      if (slot === null || slot.row === row) return null;
      slot.row = row;
      const json = this.#json(value.get(key), slot);
      if (json === null) return null;
      if (table.isRequired(slot.column)) required++;
      text += text === '' ? slot.prefix : slot.nextPrefix;
      text += json;
    }
    if (metadata !== null) {
      const slot = this.#slot(metadataColumn, table);
      if (slot === null || slot.row === row) return null;
      if (table.isRequired(slot.column)) required++;
      text += text === '' ? slot.prefix + metadata : `,${slot.prefix}${metadata}`;
    }
    return required === table.requiredCount && text !== '' ? text : null;
  }

  /** A field's column and `"NAME":`; null: there is none. */
  columnOf(field: string, table: TableColumns): Pick<Slot, 'column' | 'prefix'> | null {
    if (table !== this.#table || this.#slots.size > maxSlots) this.#begin(table);
    return this.#slot(field, table);
  }

  /** JSON of one field's value for its column; null: for the careful way. */
  memberJson(field: string, value: unknown, table: TableColumns): string | null {
    if (table !== this.#table) this.#begin(table);
    const slot = this.#slot(field, table);
    return slot === null ? null : this.#json(value, slot);
  }

  #begin(table: TableColumns): void {
    this.#table = table;
    this.#slots.clear();
  }

  #slot(field: string, table: TableColumns): Slot | null {
    const known = this.#slots.get(field);
    if (known !== undefined) return known;
    if (field === '') return null;
    const name = field === metadataColumn ? field : columnName(this.settings, field);
    const column = table.find(name);
    if (column === null) return null;
    const same = [...this.#slots.values()].find((slot) => slot.column === column);
    // Two spellings of one column share the slot, so that both in one record are noticed.
    const slot = same ?? {
      column,
      prefix: jsonRenderer.name(column.name),
      nextPrefix: jsonRenderer.name(column.name, true),
      takes: takesOf(column, this.settings),
      row: 0,
    };
    this.#slots.set(field, slot);
    return slot;
  }

  #json(value: unknown, { column, takes }: Slot): string | null {
    if (value === null || value === undefined) return column.nullable ? 'null' : null;
    if (typeof value === 'number') return null;
    const json = this.#plainJson(value);
    if (takes(value)) return json;
    return this.settings.validation === 'server' && !column.isStructured ? null : this.#converted(column, value, json);
  }

  #plainJson(value: unknown): string {
    if (typeof value === 'string') return jsonString(value);
    if (value instanceof JsonNumber) return value.text;
    return this.#writer.topLevel(null, value);
  }

  /** Null: refused, which the careful way puts into words, or heals by widening the column. */
  #converted(column: TypedColumn, value: unknown, json: string): string | null {
    try {
      return columnJson(column, { generation: this.settings.generation, schema: null, value, json });
    } catch (error) {
      if (error instanceof DataError) return null;
      throw error;
    }
  }
}

const metadataColumn = 'RECORD_METADATA';

/** What the JSON converter makes. */
const takesOf = (column: TypedColumn, { validation }: PlainSettings): Slot['takes'] => {
  const taken = takenAsIs(column, validation);
  return (value) => {
    if (typeof value === 'string') return takesString(taken, value);
    if (value instanceof JsonNumber) return takesNumber(taken, value.text);
    if (typeof value === 'boolean') return taken.booleans;
    return value instanceof Map ? taken.objects : taken.arrays && Array.isArray(value);
  };
};
