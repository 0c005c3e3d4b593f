import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { macros } from './macros.ts';
import { TableActivity } from './table-activity.ts';
import { timeMacros } from './time-macros.ts';

export interface DatabaseOptions {
  /** Keep everything here; null: memory only. */
  readonly folder: string | null;
  readonly threads: number;
  /** DuckDB's `memory_limit`, for example `1GB`. */
  readonly memoryLimit: string;
  /** DuckDB has stopped working for good, as it does when its disk is full: what is committed is there at the next start. */
  readonly onFatal: (problem: string) => void;
}

/** A session's TIMEZONE is UTC, wherever the emulator runs. */
const utc = "SET GLOBAL TimeZone = 'UTC'";

const bookkeeping = [
  'CREATE SCHEMA IF NOT EXISTS _emulator',
  'CREATE TABLE IF NOT EXISTS _emulator.objects (kind VARCHAR, name VARCHAR, definition VARCHAR)',
  'CREATE TABLE IF NOT EXISTS _emulator.channels (name VARCHAR, record VARCHAR)',
  'CREATE TABLE IF NOT EXISTS _emulator.shutdowns (clean BOOLEAN)',
  `CREATE TABLE IF NOT EXISTS _emulator.pipe_files
     (pipe VARCHAR, path VARCHAR, received_ms BIGINT, report VARCHAR)`,
  `CREATE TABLE IF NOT EXISTS _emulator.row_errors
     (table_id VARCHAR, rejected_at TIMESTAMPTZ, code VARCHAR, metadata JSON, data JSON)`,
];

/** The DuckDB file (or memory), one writer connection of the emulator's own, and connections for SQL sessions. */
export class Database {
  /** Locks and changes of tables, for SQL sessions. */
  readonly activity = new TableActivity();
  readonly #instance: DuckDBInstance;
  readonly #writer: DuckDBConnection;
  readonly #spoolFolder: string;
  readonly #onFatal: (problem: string) => void;
  #turn: Promise<unknown> = Promise.resolve();
  #spoolFiles = 0;

  private constructor(
    instance: DuckDBInstance,
    writer: DuckDBConnection,
    spoolFolder: string,
    onFatal: (problem: string) => void,
  ) {
    this.#instance = instance;
    this.#writer = writer;
    this.#spoolFolder = spoolFolder;
    this.#onFatal = onFatal;
  }

  static async open(options: DatabaseOptions): Promise<Database> {
    if (options.folder !== null) mkdirSync(options.folder, { recursive: true });
    const path = options.folder === null ? ':memory:' : join(options.folder, 'snowflake.duckdb');
    const spoolFolder =
      options.folder === null
        ? mkdtempSync(join(tmpdir(), 'snowsink-emulator-'))
        : emptyFolder(join(options.folder, 'spool'));
    const instance = await DuckDBInstance.create(path, {
      threads: String(options.threads),
      memory_limit: options.memoryLimit,
      temp_directory: join(spoolFolder, 'spilled'),
      // of files: the first that holds macros by the types of their arguments
      storage_compatibility_version: 'v1.4.0',
    });
    const writer = await instance.connect();
    for (const statement of [utc, ...bookkeeping, ...macros, ...timeMacros]) await writer.run(statement);
    return new Database(instance, writer, spoolFolder, options.onFatal);
  }

  connect(): Promise<DuckDBConnection> {
    return this.#instance.connect();
  }

  /** A path for rows on their way into a table. */
  spoolFile(): string {
    this.#spoolFiles += 1;
    return join(this.#spoolFolder, `${this.#spoolFiles}.rows`);
  }

  /** Runs `work` in one transaction of the emulator's own connection, one after another. */
  transaction<T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    const result = this.#turn.then(async () => {
      await this.#writer.run('BEGIN');
      try {
        const value = await work(this.#writer);
        await this.#writer.run('COMMIT');
        return value;
      } catch (error) {
        // After a failed COMMIT there is nothing to roll back any more; the first error is the one that counts.
        await this.#writer.run('ROLLBACK').catch(() => undefined);
        if (error instanceof Error && error.message.startsWith('FATAL')) this.#onFatal(error.message);
        throw error;
      }
    });
    this.#turn = result.catch(() => undefined);
    return result;
  }

  async close(): Promise<void> {
    await this.#turn;
    await this.#writer.run('CHECKPOINT').catch(() => undefined);
    this.#writer.closeSync();
    this.#instance.closeSync();
    rmSync(this.#spoolFolder, { recursive: true, force: true });
  }
}

/** What a killed run left there is of no use any more. */
const emptyFolder = (path: string): string => {
  rmSync(path, { recursive: true, force: true });
  mkdirSync(path);
  return path;
};

/** The error of a statement that lost against another transaction, and that may be tried again. */
export const isWriteConflict = (error: unknown): boolean =>
  error instanceof Error && /conflict|cannot append to|has been altered/i.test(error.message);
