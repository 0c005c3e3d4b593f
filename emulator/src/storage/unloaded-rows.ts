import { gzipSync, zstdCompressSync } from 'node:zlib';
import { csvFormat } from './csv-records.ts';

/** A result to be written into files: cells as text, null for SQL NULL. */
export interface UnloadedRows {
  readonly names: readonly string[];
  /** Columns that are never enclosed: numbers and booleans. [observed] */
  readonly plain: readonly boolean[];
  readonly rows: readonly (readonly (string | null)[])[];
}

export interface UnloadedFile {
  readonly bytes: Uint8Array;
  readonly rowCount: number;
}

export type Compression = 'NONE' | 'GZIP' | 'ZSTD';

export interface UnloadOptions {
  /** FILE_FORMAT, names upper-cased. */
  readonly format: Readonly<Record<string, string>>;
  readonly compression: Compression;
  readonly header: boolean;
  /** Bytes before compression; Infinity: one file. */
  readonly maxFileBytes: number;
}

export const fileSuffix: Readonly<Record<Compression, string>> = { NONE: '', GZIP: '.gz', ZSTD: '.zst' };

const compress = (text: string, compression: Compression): Uint8Array => {
  if (compression === 'GZIP') return gzipSync(text);
  return compression === 'ZSTD' ? zstdCompressSync(text) : Buffer.from(text);
};

/** Rows as CSV lines or JSON documents, in as many files as their size asks for. `bytes`: all of them, not compressed. */
export const writeUnloadedFiles = (
  result: UnloadedRows,
  options: UnloadOptions,
): { readonly files: readonly UnloadedFile[]; readonly bytes: number } => {
  const isJson = options.format['TYPE'] === 'JSON';
  const lineOf = isJson ? (row: readonly (string | null)[]) => `${row[0] ?? 'null'}\n` : csvLines(result, options);
  const header = options.header && !isJson ? csvLines({ ...result, plain: [] }, options)(result.names) : '';
  const files: UnloadedFile[] = [];
  let bytes = 0;
  let text = header;
  let rowCount = 0;
  const finish = (): void => {
    if (rowCount === 0) return;
    bytes += Buffer.byteLength(text);
    files.push({ bytes: compress(text, options.compression), rowCount });
    text = header;
    rowCount = 0;
  };
  for (const row of result.rows) {
    const line = lineOf(row);
    if (text.length + line.length > options.maxFileBytes) finish();
    text += line;
    rowCount += 1;
  }
  finish();
  return { files, bytes };
};

/**
 * NULL is the first value of NULL_IF; inside enclosed fields the quote is doubled, in others the delimiters and the escape
 * character itself stand behind ESCAPE_UNENCLOSED_FIELD. [documented]
 */
const csvLines = (
  { plain }: UnloadedRows,
  { format }: UnloadOptions,
): ((row: readonly (string | null)[]) => string) => {
  const { fieldDelimiter, recordDelimiter, quote, escapeEnclosed, escapeUnenclosed, nullIf } = csvFormat(format);
  const [between, end] = [fieldDelimiter ?? '', recordDelimiter ?? '\n'];
  const enclosed = (text: string, mark: string): string => {
    const escaped =
      escapeEnclosed === null ? text : text.replaceAll(escapeEnclosed, () => escapeEnclosed + escapeEnclosed);
    return mark + escaped.replaceAll(mark, () => mark + mark) + mark;
  };
  const bare = (text: string): string => {
    if (escapeUnenclosed === null) return text;
    return [escapeUnenclosed, between, end]
      .filter((special) => special !== '')
      .reduce((done, special) => done.replaceAll(special, () => escapeUnenclosed + special), text);
  };
  const fieldOf = (cell: string | null, index: number): string => {
    if (cell === null) return nullIf[0] ?? '';
    return quote === null || plain[index] === true ? bare(cell) : enclosed(cell, quote);
  };
  return (row) => row.map(fieldOf).join(between) + end;
};
