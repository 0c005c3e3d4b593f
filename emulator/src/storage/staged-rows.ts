import { csvFormat, readCsvRecords } from './csv-records.ts';
import { decompressFile, readJsonDocuments } from './json-documents.ts';
import { NdjsonError } from './ndjson-error.ts';
import { type ScannedRows, scanRows } from './scanned-rows.ts';

/** A record of a file that cannot be a row. */
export interface BadRecord {
  readonly message: string;
  readonly line: number;
}

/** A staged file as rows. */
export interface StagedRows {
  /** Fields `$1`, `$2`, …; with `byName` the names that the file gives. Values are JSON texts. */
  readonly rows: ScannedRows;
  /** Line of the file of each row. */
  readonly lines: readonly number[];
  readonly bad: readonly BadRecord[];
}

export interface StagedRowsOptions {
  /** FILE_FORMAT, names upper-cased. */
  readonly format: Readonly<Record<string, string>>;
  readonly byName: boolean;
  /** Fields that a CSV record must have; null: any number. */
  readonly width: number | null;
}

const emptyRows = (): ScannedRows => scanRows(new Uint8Array());

/** Reads a staged JSON or CSV file, compressed or not. */
export const readStagedRows = (file: Buffer, options: StagedRowsOptions): StagedRows => {
  const bytes = decompressFile(file);
  return options.format['TYPE'] === 'JSON' ? jsonRows(bytes, options) : csvRows(bytes, options);
};

const lineFeed = Buffer.from('\n');

const jsonRows = (bytes: Buffer, { format, byName }: StagedRowsOptions): StagedRows => {
  const { documents, problem } = readJsonDocuments(bytes, format['STRIP_OUTER_ARRAY']?.toUpperCase() === 'TRUE');
  const lines = documents.map((_, index) => index + 1);
  const bad = problem === null ? [] : [{ message: problem, line: documents.length + 1 }];
  if (documents.length === 0) return { rows: emptyRows(), lines, bad };
  const parts = documents.flatMap((document) =>
    byName ? [document, lineFeed] : [Buffer.from('{"$1":'), document, Buffer.from('}\n')],
  );
  try {
    const uniqueFields = format['ALLOW_DUPLICATE']?.toUpperCase() !== 'TRUE';
    return { rows: scanRows(Buffer.concat(parts), { uniqueFields }), lines, bad };
  } catch (error) {
    if (!(error instanceof NdjsonError)) throw error;
    return {
      rows: emptyRows(),
      lines: [],
      bad: [...bad, { message: `Error parsing JSON: ${error.message}`, line: 1 }],
    };
  }
};

const csvRows = (bytes: Buffer, { format, byName, width }: StagedRowsOptions): StagedRows => {
  const csv = csvFormat(format);
  const all = readCsvRecords(bytes.toString('utf8'), csv);
  const header = csv.parseHeader ? (all[0]?.fields ?? []) : [];
  const records = csv.parseHeader ? all.slice(1) : all;
  const bad: BadRecord[] = [];
  const good = records.filter(({ fields, line }) => {
    if (width === null || !csv.errorOnColumnCountMismatch || fields.length === width) return true;
    const message = `Number of columns in file (${fields.length}) does not match that of the corresponding table (${width}), use file format option error_on_column_count_mismatch=false to ignore this error`;
    bad.push({ message, line });
    return false;
  });
  if (good.length === 0) return { rows: emptyRows(), lines: [], bad };
  const widest = Math.max(...good.map(({ fields }) => fields.length));
  const names = Array.from({ length: widest }, (_, index) =>
    JSON.stringify(byName ? (header[index] ?? `$${index + 1}`) : `$${index + 1}`),
  );
  const rows = good.map(
    ({ fields }) => `{${names.map((name, index) => `${name}:${JSON.stringify(fields[index] ?? null)}`).join(',')}}`,
  );
  return { rows: scanRows(Buffer.from(rows.join('\n'))), lines: good.map(({ line }) => line), bad };
};
