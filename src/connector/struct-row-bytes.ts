import type { OpenedValue, ValueLayout } from '../api/index.ts';
import { columnBytes } from './column-bytes.ts';
import type { SinkSettings } from './sink-settings.ts';
import type { StructRow, StructSlot } from './struct-row.ts';
import type { TableColumns } from './table-columns.ts';
import type { ValueBytes, WriteValue } from './value-bytes.ts';
import { writeBytes, writeText } from './write-text.ts';

/** Null: rows of this layout are for the object path. */
interface Plan {
  readonly table: TableColumns;
  readonly prefixes: readonly Uint8Array[];
  readonly writes: readonly WriteValue[] | null;
  readonly metadataPrefix: Uint8Array;
}

const maxPlans = 1000;

/**
 * The hot path of values with a schema that lie in bytes (Avro): from a record's bytes to its row, field by field, and no object is made.
 * Whatever is not plain is for the object path; a property test holds both side by side. Writing past the end of `out`
 * does no harm: the position tells how much room the row needs.
 */
export class StructRowBytes {
  readonly #structs: StructRow;
  readonly #values: ValueBytes;
  readonly #validation: SinkSettings['validation'];
  readonly #plans = new Map<ValueLayout, Plan>();

  constructor(structs: StructRow, values: ValueBytes, validation: SinkSettings['validation']) {
    this.#structs = structs;
    this.#values = values;
    this.#validation = validation;
  }

  /** `"NAME":value,…,` with the metadata column's name at the end where there is one; the position behind it, -1: not plain. */
  write(
    { layout, input }: OpenedValue,
    table: TableColumns,
    withMetadata: boolean,
    out: Uint8Array,
    at: number,
  ): number {
    const { prefixes, writes, metadataPrefix } = this.#planOf(layout, table, withMetadata);
    if (writes === null) return -1;
    input.enter();
    let to = at;
    for (let index = 0; index < writes.length; index++) {
      to = writeBytes(prefixes[index] as Uint8Array, out, to);
      to = (writes[index] as WriteValue)(input, out, to);
      if (to < 0) return -1;
    }
    return writeBytes(metadataPrefix, out, to);
  }

  #planOf(layout: ValueLayout, table: TableColumns, withMetadata: boolean): Plan {
    const known = this.#plans.get(layout);
    if (known !== undefined && known.table === table) return known;
    const plan = this.#plan(layout, table, withMetadata);
    if (this.#plans.size >= maxPlans) this.#plans.clear();
    this.#plans.set(layout, plan);
    return plan;
  }

  #plan({ shape }: ValueLayout, table: TableColumns, withMetadata: boolean): Plan {
    const none: Plan = { table, prefixes: [], writes: null, metadataPrefix: Buffer.alloc(0) };
    if (shape.kind !== 'struct') return none;
    const { slots, metadataPrefix } = this.#structs.planOf(shape.schema, table, withMetadata);
    if (slots === null) return none;
    return {
      table,
      prefixes: slots.map(({ prefix }, index) => Buffer.from(index === 0 ? prefix : `,${prefix}`)),
      writes: slots.map((slot, index) => this.#writerOf(slot, shape.fields[index])),
      metadataPrefix: Buffer.from(withMetadata ? `,${metadataPrefix}` : ''),
    };
  }

  #writerOf(slot: StructSlot, layout: ValueLayout | undefined): WriteValue {
    if (layout === undefined) return () => -1;
    const { column, declared } = slot;
    const isPlain = declared === null && !column.isStructured;
    const quick = isPlain ? columnBytes(layout, column, { values: this.#values, validation: this.#validation }) : null;
    return quick ?? this.#judged(slot, layout);
  }

  /** What its column does not take at a glance. */
  #judged(slot: StructSlot, { read }: ValueLayout): WriteValue {
    return (input, out, at) => {
      const json = this.#structs.json(read(input) ?? slot.byDefault, slot);
      return json === null ? -1 : writeText(json, out, at);
    };
  }
}
