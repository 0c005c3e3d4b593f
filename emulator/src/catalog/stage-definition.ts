import type { SchemaName } from './catalog.ts';

/** Options of FILE_FORMAT = (…), upper-cased names. */
export type FileFormat = Readonly<Record<string, string>>;

export interface StageDefinition {
  readonly name: SchemaName & { readonly stage: string };
  /** Where its files lie in the emulator's storage, with a slash at the end. */
  readonly prefix: string;
  readonly fileFormat: FileFormat;
  readonly comment: string;
  /** Of an external stage: where its files would be. */
  readonly url?: string;
  readonly createdOnMs: number;
}

/** A file that COPY INTO has loaded into a table: it is skipped the next time. [documented, for 64 days] */
export interface LoadedFile {
  readonly tableId: string;
  readonly path: string;
  readonly md5: string;
}
