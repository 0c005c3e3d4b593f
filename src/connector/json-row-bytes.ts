import { isUtf8 } from 'node:buffer';
import { JsonNumber } from '../api/index.ts';
import type { TypedColumn } from './columns/typed-column.ts';
import type { PlainRow } from './plain-row.ts';
import type { TableColumns } from './table-columns.ts';
import { takenAsIs } from './taken-as-is.ts';
import { writeBytes, writeText } from './write-text.ts';

/** A field name that has a column in a table. */
interface Slot {
  readonly field: string;
  /** As it stands in the value: `"name"`. */
  readonly name: Uint8Array;
  /** `"NAME":` */
  readonly prefix: Uint8Array;
  readonly taken: ReturnType<typeof takenAsIs>;
  readonly nullable: boolean;
  readonly isRequired: boolean;
  /** One for all spellings of a column: the row that wrote it last. */
  readonly column: { row: number };
}

const maxSlots = 10_000;
/** Neither Jackson's limit of depth nor that of a number's digits can be passed in so few bytes. */
const maxJacksonBytes = 1000;
const metadataColumn = 'RECORD_METADATA';

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 0x30 && byte <= 0x39;

/**
 * The hot path of schemaless JSON into columns: a record's bytes go to its row in one pass, each member behind its column's name, and no
 * object is made. Whatever is not plain (a field without a column, a value that its column refuses, odd JSON) is for the
 * object path; a property test holds both side by side. Writing past the end of `out` does no harm: the position tells
 * how much room the row needs.
 */
export class JsonRowBytes {
  readonly #plain: PlainRow;
  #table: TableColumns | null = null;
  readonly #slots = new Map<string, Slot>();
  readonly #columns = new Map<TypedColumn, Slot['column']>();
  /** The slots of the row before: records of a topic mostly have the same fields in the same order. */
  #order: Slot[] = [];
  #row = 0;
  #in: Uint8Array = new Uint8Array(0);
  #out: Uint8Array = new Uint8Array(0);
  /** Where the last member ended in the value. */
  #from = 0;

  constructor(plain: PlainRow) {
    this.#plain = plain;
  }

  /** `"NAME":value,…,` with the metadata column's name at the end where there is one; the position behind it, -1: not plain. */
  write(value: Uint8Array, table: TableColumns, withMetadata: boolean, out: Uint8Array, at: number): number {
    if (table !== this.#table || this.#slots.size > maxSlots) this.#begin(table);
    this.#in = value;
    this.#out = out;
    const row = ++this.#row;
    let from = this.#blanks(0);
    if (value[from] !== 0x7b) return -1;
    from = this.#blanks(from + 1);
    let to = at;
    let required = 0;
    for (let index = 0; ; index++) {
      const slot = this.#slotAt(from, index, table);
      if (slot === null || slot.column.row === row) return -1;
      slot.column.row = row;
      if (slot.isRequired) required++;
      if (index > 0) out[to++] = comma;
      to = writeBytes(slot.prefix, out, to);
      from = this.#blanks(from + slot.name.length);
      if (value[from] !== 0x3a) return -1;
      to = this.#member(slot, this.#blanks(from + 1), to);
      if (to < 0) return -1;
      from = this.#blanks(this.#from);
      if (value[from] === 0x7d) break;
      if (value[from] !== comma) return -1;
      from = this.#blanks(from + 1);
    }
    if (this.#blanks(from + 1) !== value.length || !isUtf8(value)) return -1;
    if (withMetadata) {
      const slot = this.#slot(metadataColumn, table);
      if (slot === null || slot.column.row === row) return -1;
      if (slot.isRequired) required++;
      out[to++] = comma;
      to = writeBytes(slot.prefix, out, to);
    }
    return required === table.requiredCount ? to : -1;
  }

  #begin(table: TableColumns): void {
    this.#table = table;
    this.#slots.clear();
    this.#columns.clear();
    this.#order = [];
  }

  #blanks(from: number): number {
    let at = from;
    for (;;) {
      const byte = this.#in[at];
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return at;
      at++;
    }
  }

  #slotAt(from: number, index: number, table: TableColumns): Slot | null {
    const expected = this.#order[index];
    if (expected !== undefined && this.#isAt(from, expected.name)) return expected;
    const value = this.#in;
    if (value[from] !== quote) return null;
    let end = from + 1;
    for (; end < value.length && value[end] !== quote; end++) {
      if (value[end] === backslash || (value[end] ?? 0) < 0x20) return null;
    }
    if (end >= value.length) return null;
    const slot = this.#slot(this.#text(from + 1, end), table);
    if (slot !== null) this.#order[index] = slot;
    return slot;
  }

  #slot(field: string, table: TableColumns): Slot | null {
    const known = this.#slots.get(field);
    if (known !== undefined) return known;
    const found = this.#plain.columnOf(field, table);
    if (found === null) return null;
    const { column, prefix } = found;
    const written = this.#columns.get(column) ?? { row: 0 };
    this.#columns.set(column, written);
    const slot: Slot = {
      field,
      name: Buffer.from(`"${field}"`),
      prefix: Buffer.from(prefix),
      taken: takenAsIs(column, this.#plain.settings.validation),
      nullable: column.nullable,
      isRequired: table.isRequired(column),
      column: written,
    };
    this.#slots.set(field, slot);
    return slot;
  }

  /** Writes the value that begins at `from`; -1: not plain. */
  #member(slot: Slot, from: number, to: number): number {
    const first = this.#in[from];
    if (first === quote) return this.#string(slot, from, to);
    if (first === 0x2d || isDigit(first)) return this.#number(slot, from, to);
    if (first === 0x7b) return slot.taken.objects ? this.#nested(from, to) : -1;
    if (first === 0x5b) return slot.taken.arrays ? this.#nested(from, to) : -1;
    if (this.#isAt(from, nullBytes)) return slot.nullable ? this.#copy(from, from + 4, to) : -1;
    const isTrue = this.#isAt(from, trueBytes);
    if (!isTrue && !this.#isAt(from, falseBytes)) return -1;
    const end = from + (isTrue ? 4 : 5);
    return slot.taken.booleans ? this.#copy(from, end, to) : this.#judged(slot, isTrue, end, to);
  }

  #string(slot: Slot, from: number, to: number): number {
    const value = this.#in;
    const out = this.#out;
    const last = value.length;
    let end = from + 1;
    let behind = to;
    let isEscaped = false;
    out[behind++] = quote;
    for (; ; end++) {
      if (end >= last) return -1;
      const byte = value[end] as number;
      out[behind++] = byte;
      if (byte === quote) break;
      if (byte < 0x20) return -1;
      if (byte === backslash) {
        isEscaped = true;
        out[behind++] = value[++end] ?? 0;
      }
    }
    end++;
    const length = end - from;
    if (!isEscaped && length - 2 <= slot.taken.stringBytes) {
      this.#from = end;
      return behind;
    }
    const text = parsed(this.#text(from, end));
    if (typeof text !== 'string') return -1;
    if (length - 2 > slot.taken.stringBytes) return this.#judged(slot, text, end, to);
    this.#from = end;
    return behind;
  }

  /** RFC 8259's grammar, digit for digit. */
  #number(slot: Slot, from: number, to: number): number {
    const value = this.#in;
    let at = value[from] === 0x2d ? from + 1 : from;
    const wholeFrom = at;
    while (isDigit(value[at])) at++;
    const whole = at - wholeFrom;
    if (whole === 0 || (whole > 1 && value[wholeFrom] === 0x30)) return -1;
    let fraction = 0;
    if (value[at] === 0x2e) {
      const fractionFrom = ++at;
      while (isDigit(value[at])) at++;
      fraction = at - fractionFrom;
      if (fraction === 0) return -1;
    }
    const isScientific = value[at] === 0x65 || value[at] === 0x45;
    if (isScientific) {
      at += value[at + 1] === 0x2b || value[at + 1] === 0x2d ? 2 : 1;
      if (!isDigit(value[at])) return -1;
      while (isDigit(value[at])) at++;
    }
    if (at - from > maxJacksonBytes) return -1;
    const { wholeDigits, fractionDigits } = slot.taken;
    const fits = fractionDigits === anyDigits || (!isScientific && whole <= wholeDigits && fraction <= fractionDigits);
    return fits ? this.#copy(from, at, to) : this.#judged(slot, new JsonNumber(this.#text(from, at)), at, to);
  }

  /** An object or array: only its end is looked for here, whether it is JSON is JSON.parse's to say. */
  #nested(from: number, to: number): number {
    const value = this.#in;
    const last = Math.min(value.length, from + maxJacksonBytes);
    let depth = 0;
    let isText = false;
    let at = from;
    for (; at < last; at++) {
      const byte = value[at] as number;
      if (byte < 0x20) return -1;
      if (byte === quote) isText = !isText;
      else if (isText) at += byte === backslash ? 1 : 0;
      else if (byte === 0x7b || byte === 0x5b) depth++;
      else if ((byte === 0x7d || byte === 0x5d) && --depth === 0) break;
    }
    if (at >= last || parsed(this.#text(from, at + 1)) === undefined) return -1;
    return this.#copy(from, at + 1, to);
  }

  /** What its column does not take at a glance. */
  #judged(slot: Slot, value: unknown, end: number, to: number): number {
    const json = this.#table === null ? null : this.#plain.memberJson(slot.field, value, this.#table);
    if (json === null) return -1;
    this.#from = end;
    return writeText(json, this.#out, to);
  }

  #copy(from: number, end: number, to: number): number {
    const value = this.#in;
    const out = this.#out;
    let behind = to;
    for (let at = from; at < end; at++) out[behind++] = value[at] as number;
    this.#from = end;
    return behind;
  }

  #isAt(from: number, word: Uint8Array): boolean {
    const value = this.#in;
    for (let at = 0; at < word.length; at++) if (value[from + at] !== word[at]) return false;
    return true;
  }

  #text(from: number, end: number): string {
    const { buffer, byteOffset } = this.#in;
    return Buffer.from(buffer, byteOffset + from, end - from).toString('utf8');
  }
}

const anyDigits = Number.POSITIVE_INFINITY;
const nullBytes = Buffer.from('null');
const trueBytes = Buffer.from('true');
const falseBytes = Buffer.from('false');

/** Undefined: no JSON. */
const parsed = (json: string): unknown => {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
};
