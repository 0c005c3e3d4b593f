import type { DuckDBConnection } from '@duckdb/node-api';
import type { Database } from '../storage/database.ts';

/** Writes a definition into the emulator's bookkeeping, within a transaction of the caller. */
export const saveDefinition = async (
  connection: DuckDBConnection,
  kind: string,
  key: string,
  definition: unknown,
): Promise<void> => {
  await forgetDefinition(connection, kind, key);
  await connection.run('INSERT INTO _emulator.objects VALUES ($1, $2, $3)', [kind, key, JSON.stringify(definition)]);
};

export const forgetDefinition = async (connection: DuckDBConnection, kind: string, key: string): Promise<void> => {
  await connection.run('DELETE FROM _emulator.objects WHERE kind = $1 AND name = $2', [kind, key]);
};

/** Definitions of one kind: in memory for reading, in `_emulator.objects` for the next start. */
export class StoredObjects<T> {
  readonly #database: Database;
  readonly #kind: string;
  readonly #keyOf: (value: T) => string;
  readonly #values = new Map<string, T>();

  constructor(database: Database, kind: string, keyOf: (value: T) => string) {
    this.#database = database;
    this.#kind = kind;
    this.#keyOf = keyOf;
  }

  values(): readonly T[] {
    return [...this.#values.values()];
  }

  get(key: string): T | null {
    return this.#values.get(key) ?? null;
  }

  /** `statements`: what DuckDB must do for it, in the same transaction. */
  async save(value: T, statements: readonly string[] = []): Promise<void> {
    const key = this.#keyOf(value);
    await this.#database.transaction(async (connection) => {
      for (const statement of statements) await connection.run(statement);
      await saveDefinition(connection, this.#kind, key, value);
    });
    this.#values.set(key, value);
  }

  async forget(key: string, statements: readonly string[] = []): Promise<void> {
    await this.#database.transaction(async (connection) => {
      for (const statement of statements) await connection.run(statement);
      await forgetDefinition(connection, this.#kind, key);
    });
    this.#values.delete(key);
  }

  /** At the start, as it was saved. */
  restore(kind: string, value: unknown): void {
    if (kind === this.#kind) this.#values.set(this.#keyOf(value as T), value as T);
  }
}
