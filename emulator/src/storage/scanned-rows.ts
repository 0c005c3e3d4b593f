import { isUtf8 } from 'node:buffer';
import type { AppendedRows } from '../streaming/index.ts';
import { JsonScanner, JsonSyntaxError } from './json-scanner.ts';
import { NdjsonError } from './ndjson-error.ts';

/** Between the fields of a row file: control characters cannot occur bare in JSON text, so nothing needs quoting. */
export const fieldSeparator = 0x1f;
const lineFeed = 0x0a;
const space = 0x20;
const rowMark = 0x31;

export interface RejectedRows {
  readonly count: number;
  readonly lastMessage: string;
}

/** One append's rows, cut into fields: ready for a DuckDB bulk read, still digit for digit what was sent. */
export interface ScannedRows extends AppendedRows {
  /** Names of the fields as the rows spell them. */
  readonly fields: readonly string[];
  /**
   * Per row a `1` (so that no line is empty) and the raw JSON of each field (empty: absent), each after a 0x1f; ended by
   * a line feed.
   */
  readonly bytes: Uint8Array;
  readonly longestRowBytes: number;
  /** Rows that never reach the table, counted as row errors. `rowCount` includes them. */
  readonly rejected: RejectedRows | null;
  /** Bytes of the body before compression. */
  readonly rawBytes: number;
  /** False: whoever appended them may not change the table's columns. */
  readonly mayEvolve?: boolean;
}

export interface ScanOptions {
  /** Fault injection: true rejects the row. Takes the row's bytes. */
  readonly rejectRow?: (row: Uint8Array) => boolean;
  /** A row that has a field twice is malformed. Default: its last value counts. */
  readonly uniqueFields?: boolean;
}

interface Field {
  readonly rawName: Uint8Array;
  from: number;
  to: number;
  /** Row in which `from` and `to` were set. */
  row: number;
  spaced: boolean;
}

/**
 * Checks and cuts an NDJSON body (RFC 8259 objects, one per line, `\n` or `\r\n`). Blank lines are skipped and not
 * counted [seen on the wire of the official SDKs]. A malformed line refuses the body [inferred].
 */
export const scanRows = (body: Uint8Array, options: ScanOptions = {}): ScannedRows => {
  if (!isUtf8(body)) throw new NdjsonError(1, 'the body is not valid UTF-8');
  return new RowScan(body, options).run();
};

class RowScan {
  readonly #body: Uint8Array;
  readonly #options: ScanOptions;
  readonly #scanner: JsonScanner;
  readonly #fields: Field[] = [];
  readonly #byName = new Map<string, Field>();
  #out: Uint8Array;
  #outLength = 0;
  #row = 0;
  #line = 0;
  #longest = 0;
  #rejected = 0;
  #lastMessage = '';
  /** Fields of the shortest row written: shorter than the last one when a later row brought a new field. */
  #fewestFields = Number.POSITIVE_INFINITY;

  constructor(body: Uint8Array, options: ScanOptions) {
    this.#body = body;
    this.#options = options;
    this.#scanner = new JsonScanner(body);
    this.#out = new Uint8Array(body.length + 1024);
  }

  run(): ScannedRows {
    const scanner = this.#scanner;
    while (scanner.position < this.#body.length) {
      this.#line += 1;
      const start = scanner.position;
      scanner.skipSpace();
      if (!scanner.atLineEnd()) this.#scanRow(start);
      scanner.position += 1;
    }
    return {
      rowCount: this.#row,
      fields: [...this.#byName.keys()],
      bytes: this.#evenRows(),
      longestRowBytes: this.#longest,
      rejected: this.#rejected === 0 ? null : { count: this.#rejected, lastMessage: this.#lastMessage },
      rawBytes: this.#body.length,
    };
  }

  #scanRow(start: number): void {
    const scanner = this.#scanner;
    this.#row += 1;
    scanner.sawLoneSurrogate = false;
    try {
      this.#topLevelObject();
      scanner.skipSpace();
      if (!scanner.atLineEnd()) throw new JsonSyntaxError('text after the object');
    } catch (error) {
      if (error instanceof JsonSyntaxError) throw new NdjsonError(this.#line, error.message);
      throw error;
    }
    this.#longest = Math.max(this.#longest, scanner.position - start);
    if (scanner.sawLoneSurrogate) this.#reject('Error parsing JSON: unpaired surrogate in a string');
    else if (this.#options.rejectRow?.(this.#body.subarray(start, scanner.position)) === true)
      this.#reject('Row rejected by a fault of the emulator');
    else this.#writeRow();
  }

  #reject(message: string): void {
    this.#rejected += 1;
    this.#lastMessage = message;
  }

  #topLevelObject(): void {
    const scanner = this.#scanner;
    scanner.expect(0x7b);
    scanner.skipSpace();
    if (scanner.accept(0x7d)) return;
    let index = 0;
    do {
      scanner.skipSpace();
      const nameFrom = scanner.position;
      scanner.string();
      const field = this.#field(index, nameFrom, scanner.position);
      scanner.skipSpace();
      scanner.expect(0x3a);
      scanner.skipSpace();
      scanner.sawSpace = false;
      // A field that occurs twice keeps its last value. [inferred]
      if (this.#options.uniqueFields === true && field.row === this.#row)
        throw new JsonSyntaxError('duplicate object attribute');
      field.from = scanner.position;
      scanner.value();
      field.to = scanner.position;
      field.row = this.#row;
      field.spaced = scanner.sawSpace;
      scanner.skipSpace();
      index += 1;
    } while (scanner.accept(0x2c));
    scanner.expect(0x7d);
  }

  /** Rows of one body mostly have the same fields in the same order: compare bytes before decoding the name. */
  #field(index: number, from: number, to: number): Field {
    const expected = this.#fields[index];
    if (expected !== undefined && this.#sameBytes(expected.rawName, from, to)) return expected;
    const rawName = this.#body.slice(from, to);
    const name = String(JSON.parse(new TextDecoder().decode(rawName)));
    const known = this.#byName.get(name);
    if (known !== undefined) return known;
    const field: Field = { rawName, from: 0, to: 0, row: 0, spaced: false };
    this.#byName.set(name, field);
    this.#fields.push(field);
    return field;
  }

  #sameBytes(name: Uint8Array, from: number, to: number): boolean {
    if (name.length !== to - from) return false;
    for (let i = 0; i < name.length; i += 1) if (name[i] !== this.#body[from + i]) return false;
    return true;
  }

  #writeRow(): void {
    this.#reserve(this.#longest + this.#fields.length + 2);
    this.#fewestFields = Math.min(this.#fewestFields, this.#fields.length);
    this.#out[this.#outLength++] = rowMark;
    for (let i = 0; i < this.#fields.length; i += 1) {
      const field = this.#fields[i];
      this.#out[this.#outLength++] = fieldSeparator;
      if (field === undefined || field.row !== this.#row) continue;
      if (field.spaced) this.#copyWithoutSpace(field.from, field.to);
      else {
        this.#out.set(this.#body.subarray(field.from, field.to), this.#outLength);
        this.#outLength += field.to - field.from;
      }
    }
    this.#out[this.#outLength++] = lineFeed;
  }

  #copyWithoutSpace(from: number, to: number): void {
    let inString = false;
    for (let at = from; at < to; at += 1) {
      const byte = this.#body[at] ?? space;
      if (!inString && (byte === space || byte === 0x09 || byte === 0x0d)) continue;
      this.#out[this.#outLength++] = byte;
      if (inString && byte === 0x5c) {
        at += 1;
        this.#out[this.#outLength++] = this.#body[at] ?? 0;
      } else if (byte === 0x22) inString = !inString;
    }
  }

  /** DuckDB reads rows of one length several times faster than rows that it must pad. */
  #evenRows(): Uint8Array {
    const written = this.#out.subarray(0, this.#outLength);
    if (this.#fewestFields >= this.#fields.length) return written;
    const even = new Uint8Array(this.#outLength + this.#row * (this.#fields.length - this.#fewestFields));
    let length = 0;
    let separators = 0;
    for (const byte of written) {
      if (byte === fieldSeparator) separators += 1;
      if (byte === lineFeed) {
        for (; separators < this.#fields.length; separators += 1) even[length++] = fieldSeparator;
        separators = 0;
      }
      even[length++] = byte;
    }
    return even.subarray(0, length);
  }

  #reserve(bytes: number): void {
    if (this.#outLength + bytes <= this.#out.length) return;
    const larger = new Uint8Array(Math.max(this.#out.length * 2, this.#outLength + bytes));
    larger.set(this.#out.subarray(0, this.#outLength));
    this.#out = larger;
  }
}
