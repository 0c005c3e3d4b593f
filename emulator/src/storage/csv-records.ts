/** File format options of TYPE = CSV, defaults filled in. [documented] */
export interface CsvFormat {
  /** Null: NONE, the record is one field. */
  readonly fieldDelimiter: string | null;
  /** Null: line feed, carriage return or both. */
  readonly recordDelimiter: string | null;
  readonly skipHeader: number;
  /** FIELD_OPTIONALLY_ENCLOSED_BY. */
  readonly quote: string | null;
  /** Inside enclosed fields. */
  readonly escapeEnclosed: string | null;
  readonly escapeUnenclosed: string | null;
  readonly nullIf: readonly string[];
  readonly emptyFieldAsNull: boolean;
  readonly trimSpace: boolean;
  readonly skipBlankLines: boolean;
  readonly parseHeader: boolean;
  readonly errorOnColumnCountMismatch: boolean;
}

export interface CsvRecord {
  readonly fields: readonly (string | null)[];
  /** Of the file, from 1. */
  readonly line: number;
}

const isTrue = (value: string | undefined, otherwise: boolean): boolean =>
  value === undefined ? otherwise : value.toUpperCase() === 'TRUE';

const characterOf = (value: string | undefined, otherwise: string | null): string | null => {
  if (value === undefined) return otherwise;
  if (value.toUpperCase() === 'NONE') return null;
  const hex = /^(?:\\x|0x)([0-9a-f]{2})$/i.exec(value)?.[1];
  return hex === undefined ? value : String.fromCharCode(Number.parseInt(hex, 16));
};

export const csvFormat = (options: Readonly<Record<string, string>>): CsvFormat => ({
  fieldDelimiter: characterOf(options['FIELD_DELIMITER'], ','),
  recordDelimiter: characterOf(options['RECORD_DELIMITER'], null),
  skipHeader: Number(options['SKIP_HEADER'] ?? 0),
  quote: characterOf(options['FIELD_OPTIONALLY_ENCLOSED_BY'], null),
  escapeEnclosed: characterOf(options['ESCAPE'], null),
  escapeUnenclosed: characterOf(options['ESCAPE_UNENCLOSED_FIELD'], '\\'),
  nullIf: listOf(options['NULL_IF']) ?? ['\\N', '\\\\N'],
  emptyFieldAsNull: isTrue(options['EMPTY_FIELD_AS_NULL'], true),
  trimSpace: isTrue(options['TRIM_SPACE'], false),
  skipBlankLines: isTrue(options['SKIP_BLANK_LINES'], false),
  parseHeader: isTrue(options['PARSE_HEADER'], false),
  errorOnColumnCountMismatch: isTrue(options['ERROR_ON_COLUMN_COUNT_MISMATCH'], true),
});

/** A list of a file format, kept as JSON; one value stands for itself. */
export const listOf = (value: string | undefined): readonly string[] | null => {
  if (value === undefined) return null;
  return value.startsWith('[') ? (JSON.parse(value) as string[]) : [value];
};

/** The records of a CSV file in order, header and skipped lines left out. */
export const readCsvRecords = (text: string, format: CsvFormat): readonly CsvRecord[] => {
  const records = [...new CsvReader(text, format).records()];
  return records.slice(format.skipHeader);
};

/** Reads character by character; texts are UTF-16, delimiters may be several characters long. */
class CsvReader {
  readonly #text: string;
  readonly #format: CsvFormat;
  #at = 0;
  #line = 1;

  constructor(text: string, format: CsvFormat) {
    this.#text = text.startsWith('\ufeff') ? text.slice(1) : text;
    this.#format = format;
  }

  *records(): Generator<CsvRecord> {
    while (this.#at < this.#text.length) {
      const line = this.#line;
      const from = this.#at;
      const fields: (string | null)[] = [];
      do fields.push(this.#field());
      while (this.#skip(this.#format.fieldDelimiter));
      const isBlank = this.#at === from;
      this.#skipRecordEnd();
      if (!isBlank || !this.#format.skipBlankLines) yield { fields, line };
    }
  }

  #field(): string | null {
    const { quote, trimSpace } = this.#format;
    if (trimSpace) while (this.#text[this.#at] === ' ') this.#at += 1;
    if (quote !== null && this.#text.startsWith(quote, this.#at)) return this.#enclosed(quote);
    const text = this.#unenclosed();
    return this.#nullOr(trimSpace ? text.trimEnd() : text, false);
  }

  #enclosed(quote: string): string | null {
    const { escapeEnclosed, trimSpace } = this.#format;
    let text = '';
    this.#at += quote.length;
    while (this.#at < this.#text.length) {
      if (this.#text.startsWith(quote, this.#at)) {
        this.#at += quote.length;
        if (!this.#text.startsWith(quote, this.#at)) break;
        text += quote;
        this.#at += quote.length;
      } else if (escapeEnclosed !== null && this.#text.startsWith(escapeEnclosed, this.#at)) {
        text += unescaped(this.#text[this.#at + escapeEnclosed.length] ?? '');
        this.#at += escapeEnclosed.length + 1;
      } else {
        if (this.#text[this.#at] === '\n') this.#line += 1;
        text += this.#text[this.#at];
        this.#at += 1;
      }
    }
    if (trimSpace) while (this.#text[this.#at] === ' ') this.#at += 1;
    return this.#nullOr(text, true);
  }

  #unenclosed(): string {
    const { fieldDelimiter, escapeUnenclosed, nullIf } = this.#format;
    const from = this.#at;
    let text = '';
    while (this.#at < this.#text.length && !this.#atRecordEnd()) {
      if (fieldDelimiter !== null && this.#text.startsWith(fieldDelimiter, this.#at)) break;
      if (escapeUnenclosed !== null && this.#text.startsWith(escapeUnenclosed, this.#at)) {
        text += unescaped(this.#text[this.#at + 1] ?? '');
        this.#at += 2;
      } else {
        text += this.#text[this.#at];
        this.#at += 1;
      }
    }
    const written = this.#text.slice(from, this.#at);
    return nullIf.includes(written) ? written : text;
  }

  #nullOr(text: string, wasEnclosed: boolean): string | null {
    if (this.#format.nullIf.includes(text)) return null;
    return text === '' && !wasEnclosed && this.#format.emptyFieldAsNull ? null : text;
  }

  #atRecordEnd(): boolean {
    const { recordDelimiter } = this.#format;
    if (recordDelimiter !== null && recordDelimiter !== '\n') return this.#text.startsWith(recordDelimiter, this.#at);
    const character = this.#text[this.#at];
    return character === '\n' || character === '\r';
  }

  #skipRecordEnd(): void {
    const { recordDelimiter } = this.#format;
    this.#line += 1;
    if (recordDelimiter !== null && recordDelimiter !== '\n') this.#skip(recordDelimiter);
    else if (this.#skip('\r')) this.#skip('\n');
    else this.#skip('\n');
  }

  #skip(text: string | null): boolean {
    if (text === null || !this.#text.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' };
const unescaped = (character: string): string => escapes[character] ?? character;
