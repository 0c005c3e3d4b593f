import { DataError, Decimal, type Field, type Schema, type Struct } from '../api/index.ts';
import { decimalText } from '../util/big-decimal.ts';
import { doubleText } from '../util/java-number-text.ts';
import { columnJson } from './columns/column-json.ts';
import type { TypedColumn } from './columns/typed-column.ts';
import { declaredText, declaredTextSchema } from './declared-type.ts';
import { columnName } from './record-columns.ts';
import { jsonString } from './renderer.ts';
import type { SinkSettings } from './sink-settings.ts';
import type { TableColumns } from './table-columns.ts';
import type { ValueWriter } from './value-writer.ts';

type StructSettings = Pick<SinkSettings, 'generation' | 'normalizeColumnNames' | 'validation' | 'evolution'>;

/** One field of a schema on its way to its column. */
export interface StructSlot {
  readonly name: string;
  readonly column: TypedColumn;
  /** `"NAME":` */
  readonly prefix: string;
  readonly byDefault: unknown;
  /** JSON of a value that the column takes as it is; null: ask the general rules. */
  readonly quick: (value: unknown) => string | null;
  /** What makes of the value what its schema's name says; null: the value is meant as it is. */
  readonly declared: ((value: unknown) => string | null) | null;
  readonly schema: Schema;
}

interface Plan {
  readonly table: TableColumns;
  /** In the order of the schema's fields. Null: rows of this schema are for the careful way. */
  readonly slots: readonly StructSlot[] | null;
  readonly metadataPrefix: string;
}

const metadataColumn = 'RECORD_METADATA';
/** Schemas whose plans are kept: each of a topic's versions has one. */
const maxPlans = 1000;
/** UTF-8 needs three bytes a character at most. */
const maxPlainCharacters = 16_777_216 / 3;

/**
 * The hot path of values with a schema (Avro, Protobuf, JSON Schema): which field goes to which column is found once per schema, and a row
 * is nothing but its text. Whatever is not plain: null, and the careful way (schematized-row.ts) decides; a test holds both side by side.
 */
export class StructRow {
  readonly #settings: StructSettings;
  readonly #writer: ValueWriter;
  readonly #plans = new Map<Schema, Plan>();

  constructor(settings: StructSettings, writer: ValueWriter) {
    this.#settings = settings;
    this.#writer = writer;
  }

  /** Members of the row without their braces. */
  text(struct: Struct, table: TableColumns, metadata: string | null): string | null {
    const { slots, metadataPrefix } = this.planOf(struct.schema, table, metadata !== null);
    if (slots === null) return null;
    let text = '';
    for (let index = 0; index < slots.length; index++) {
      const slot = slots[index] as StructSlot;
      const json = this.json(struct.fields[index] ?? slot.byDefault, slot);
      if (json === null) return null;
      text += text === '' ? slot.prefix + json : `,${slot.prefix}${json}`;
    }
    return metadata === null ? text : `${text},${metadataPrefix}${metadata}`;
  }

  planOf(schema: Schema, table: TableColumns, withMetadata: boolean): Plan {
    const known = this.#plans.get(schema);
    if (known !== undefined && known.table === table) return known;
    const plan = this.#plan(schema, table, withMetadata);
    if (this.#plans.size >= maxPlans) this.#plans.clear();
    this.#plans.set(schema, plan);
    return plan;
  }

  #plan(schema: Schema, table: TableColumns, withMetadata: boolean): Plan {
    const metadata = withMetadata ? table.find(metadataColumn) : null;
    const none: Plan = { table, slots: null, metadataPrefix: '' };
    if (withMetadata && metadata === null) return none;
    const written = new Set<string>(metadata === null ? [] : [metadata.name]);
    const slots: StructSlot[] = [];
    for (const field of schema.fields ?? []) {
      const slot = this.#slot(field, table);
      if (slot === null || slot.column.name === metadataColumn || written.has(slot.column.name)) return none;
      written.add(slot.column.name);
      slots.push(slot);
    }
    if (slots.length === 0 || table.missing(written).length > 0) return none;
    return { table, slots, metadataPrefix: metadata === null ? '' : `${jsonString(metadata.name)}:` };
  }

  #slot({ name, schema }: Field, table: TableColumns): StructSlot | null {
    if (name === '') return null;
    const column = table.find(columnName(this.#settings, name));
    if (column === null) return null;
    return {
      name,
      column,
      prefix: `${jsonString(column.name)}:`,
      byDefault: schema.defaultValue ?? null,
      quick: quickJson(schema, column),
      declared: this.#settings.evolution.types === 'schema' ? declaredText(schema, column) : null,
      schema,
    };
  }

  /** What the slot's column stores of a value; null: for the careful way. */
  json(value: unknown, { column, schema, quick, declared }: StructSlot): string | null {
    if (value === null) return column.nullable && schema.optional ? 'null' : null;
    const text = declared === null ? null : declared(value);
    if (text !== null) return this.#general(text, declaredTextSchema, column);
    if (typeof value === 'number' && !Number.isFinite(value)) return null;
    return quick(value) ?? this.#general(value, schema, column);
  }

  /** Null: refused, which the careful way puts into words, or heals by widening the column. */
  #general(value: unknown, schema: Schema, column: TypedColumn): string | null {
    const { generation, validation } = this.#settings;
    try {
      const json = this.#writer.write(schema, value);
      return (validation === 'server' && !column.isStructured) || json === 'null'
        ? json
        : columnJson(column, { generation, schema, value, json });
    } catch (error) {
      if (error instanceof DataError) return null;
      throw error;
    }
  }
}

const never = (): null => null;

/** The commonest types into columns that hold any of their values, without looking twice. */
const quickJson = (schema: Schema, column: TypedColumn): StructSlot['quick'] => {
  if (column.isStructured) return never;
  const [first, second = 0] = column.typeArguments;
  switch (`${schema.type} ${column.baseType}`) {
    case 'STRING VARCHAR':
    case 'STRING TEXT':
    case 'STRING STRING': {
      const most = Math.min(first ?? maxPlainCharacters, maxPlainCharacters);
      return (value) => (typeof value === 'string' && value.length <= most ? jsonString(value) : null);
    }
    case 'BOOLEAN BOOLEAN':
      return (value) => (typeof value === 'boolean' ? String(value) : null);
    case 'FLOAT64 FLOAT':
      return (value) => (typeof value === 'number' ? doubleText(value) : null);
    case 'INT8 NUMBER':
    case 'INT16 NUMBER':
    case 'INT32 NUMBER':
    case 'INT64 NUMBER':
      return schema.name === undefined ? integerJson((first ?? 38) - second) : never;
    case 'BYTES NUMBER':
      return decimalJson((first ?? 38) - second, second);
    default:
      return never;
  }
};

const integerJson =
  (digits: number): StructSlot['quick'] =>
  (value) => {
    if (typeof value !== 'bigint' && !(typeof value === 'number' && Number.isInteger(value))) return null;
    const text = String(value);
    return text.length <= digits && text.charCodeAt(0) !== minus ? text : null;
  };

const minus = 0x2d;

/** A Decimal whose text has no more digits before or behind the point than the column. */
const decimalJson =
  (whole: number, scale: number): StructSlot['quick'] =>
  (value) => {
    if (!(value instanceof Decimal) || value.scale < 0 || value.scale > scale) return null;
    const text = decimalText(value);
    const before = value.scale === 0 ? text.length : text.length - value.scale - 1;
    return before <= whole && text.charCodeAt(0) !== minus && !text.includes('E') ? text : null;
  };
