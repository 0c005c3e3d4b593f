import type { DuckDBConnection } from '@duckdb/node-api';
import type { EmulatorCatalog } from '../catalog/catalog.ts';
import type { PipeTransform } from '../catalog/pipe-definition.ts';
import type { TableDefinition } from '../catalog/table-definition.ts';
import type { Batch, ChannelRecord, Commit, CommitOutcome, PipeName, RowError, RowStore } from '../streaming/index.ts';
import {
  type BadRow,
  type CheckedInsert,
  type ColumnMatch,
  columnNames,
  expressionsOf,
  insertChecked,
  matchingFields,
} from './checked-insert.ts';
import { columnExpressions } from './column-expressions.ts';
import type { Database } from './database.ts';
import { logRowErrors } from './row-errors.ts';
import { type RowFile, removeRowFile, wholeRow, writeRowFile } from './row-file.ts';
import type { ScannedRows } from './scanned-rows.ts';
import { evolveTable } from './schema-evolution.ts';

type RecordOf = (commit: Commit<ScannedRows>, outcome: CommitOutcome) => ChannelRecord;
type ScannedBatch = Batch<ScannedRows>;

interface Tally {
  inserted: number;
  errors: number;
  lastError: RowError | null;
}

export interface TransformedRows {
  /** JSON texts, one column for each of `columns`. */
  readonly source: RowFile;
  readonly columns: readonly string[];
  /** What was wrong with the rows, by number from 1, that the SELECT could not be evaluated for. */
  readonly failed: ReadonlyMap<number, string>;
}

/** The SELECT of custom pipes, which is SQL's business. */
export interface RowTransforms {
  apply(
    connection: DuckDBConnection,
    table: TableDefinition,
    transform: PipeTransform,
    rows: {
      readonly fields: readonly string[];
      readonly file: RowFile;
      readonly rowCount: number;
      readonly nowMs: number;
    },
  ): Promise<TransformedRows>;
}

const channelKey = (pipe: PipeName, channel: string): string =>
  JSON.stringify([pipe.database, pipe.schema, pipe.pipe, channel]);

/** Rows and channel records in one DuckDB transaction: a kill at any moment leaves both or neither. */
export class DuckDbRowStore implements RowStore<ScannedRows> {
  readonly #database: Database;
  readonly #catalog: EmulatorCatalog;
  readonly #transforms: RowTransforms;

  constructor(database: Database, catalog: EmulatorCatalog, transforms: RowTransforms) {
    this.#database = database;
    this.#catalog = catalog;
    this.#transforms = transforms;
  }

  async commit(
    commits: readonly Commit<ScannedRows>[],
    recordOf: RecordOf,
  ): Promise<readonly (CommitOutcome | null)[]> {
    const evolved: TableDefinition[] = [];
    const outcomes = await this.#database.transaction(async (connection) => {
      const tallies = new Map<Commit<ScannedRows>, Tally>();
      for (const ofTable of this.#byTable(commits)) {
        const changed = await this.#insert(connection, ofTable.table, ofTable.commits, tallies);
        if (changed !== null) evolved.push(changed);
      }
      const results = commits.map((commit): CommitOutcome | null => {
        const tally = tallies.get(commit);
        if (tally === undefined) return null;
        return { rowsInserted: tally.inserted, rowsErrorCount: tally.errors, lastError: tally.lastError };
      });
      const records = commits.flatMap((commit, index) => {
        const outcome = results[index];
        return outcome === null || outcome === undefined ? [] : [recordOf(commit, outcome)];
      });
      await this.#save(connection, records);
      return results;
    });
    for (const table of evolved) this.#catalog.tableAltered(table);
    this.#database.activity.changed(commits.map(({ target }) => target.tableId));
    return outcomes;
  }

  saveChannel(record: ChannelRecord): Promise<void> {
    return this.#database.transaction((connection) => this.#save(connection, [record]));
  }

  /** After the last commit, so that clients go on with the tokens that they hold. */
  saveAtShutdown(records: readonly ChannelRecord[]): Promise<void> {
    return this.#database.transaction(async (connection) => {
      await this.#save(connection, records);
      await connection.run('INSERT INTO _emulator.shutdowns VALUES (true)');
    });
  }

  removeChannel(pipe: PipeName, channel: string): Promise<void> {
    return this.#database.transaction(async (connection) => {
      await connection.run('DELETE FROM _emulator.channels WHERE name = $1', [channelKey(pipe, channel)]);
    });
  }

  /**
   * After a crash, rows that were accepted but not committed are gone: every channel then asks to be reopened, so that
   * its client goes back to the committed token. [the emulator's own choice; Snowflake keeps accepted rows]
   */
  async loadChannels(): Promise<readonly ChannelRecord[]> {
    return this.#database.transaction(async (connection) => {
      const shutdowns = await connection.runAndReadAll('SELECT count(*) FROM _emulator.shutdowns');
      const clean = Number(shutdowns.getRowsJson()[0]?.[0]) > 0;
      await connection.run('DELETE FROM _emulator.shutdowns');
      const rows = await connection.runAndReadAll('SELECT record FROM _emulator.channels');
      return rows.getRowsJson().map(([text]): ChannelRecord => {
        const record: ChannelRecord = JSON.parse(String(text));
        return clean ? record : { ...record, statusCode: 'ERR_CHANNEL_MUST_BE_REOPENED' };
      });
    });
  }

  #byTable(
    commits: readonly Commit<ScannedRows>[],
  ): readonly { table: TableDefinition; commits: Commit<ScannedRows>[] }[] {
    const tables = new Map<string, { table: TableDefinition; commits: Commit<ScannedRows>[] }>();
    for (const commit of commits) {
      const table = this.#catalog.table(commit.target.table);
      if (table === null || table.id !== commit.target.tableId) continue;
      const known = tables.get(table.id);
      if (known === undefined) tables.set(table.id, { table, commits: [commit] });
      else known.commits.push(commit);
    }
    return [...tables.values()];
  }

  async #insert(
    connection: DuckDBConnection,
    table: TableDefinition,
    commits: readonly Commit<ScannedRows>[],
    tallies: Map<Commit<ScannedRows>, Tally>,
  ): Promise<TableDefinition | null> {
    let current = table;
    const whole: { commit: Commit<ScannedRows>; batch: ScannedBatch }[] = [];
    for (const commit of commits) {
      const pipe = this.#catalog.pipe(commit.pipe);
      const transform = pipe?.streaming?.transform;
      const match = pipe?.streaming?.match === 'CASE_SENSITIVE' ? 'CASE_SENSITIVE' : undefined;
      const tally: Tally = { inserted: 0, errors: 0, lastError: null };
      tallies.set(commit, tally);
      for (const batch of commit.batches) {
        this.#countRejected(tally, batch);
        if (batch.rows.bytes.length === 0) continue;
        if (transform !== undefined)
          await this.#insertTransformed(connection, current, commit, batch, tally, {
            transform,
            nowMs: pipe?.createdOnMs ?? 0,
          });
        else if (match === undefined && rejectsNothing(current, batch.rows.fields)) {
          whole.push({ commit, batch });
          tally.inserted += batch.rows.rowCount - (batch.rows.rejected?.count ?? 0);
        } else current = await this.#insertChecked(connection, current, commit, batch, tally, match);
      }
    }
    for (const rows of sameFields(whole.map(({ batch }) => batch.rows)))
      await this.#insertWhole(connection, current, rows);
    return current === table ? null : current;
  }

  #countRejected(tally: Tally, batch: ScannedBatch): void {
    if (batch.rows.rejected === null) return;
    tally.errors += batch.rows.rejected.count;
    tally.lastError = { message: batch.rows.rejected.lastMessage, offsetUpperBound: batch.endOffsetToken };
  }

  /** The fast way, many appends at once: no row can be refused. */
  async #insertWhole(
    connection: DuckDBConnection,
    table: TableDefinition,
    rows: readonly ScannedRows[],
  ): Promise<void> {
    const file = await writeRowFile(this.#database, rows);
    try {
      const columns = expressionsOf(table, rows[0]?.fields ?? [], file);
      await connection.run(
        `INSERT INTO ${table.storedName} (${columnNames(table)}) SELECT ${columns.map(({ value }) => value).join(', ')} FROM ${file.source}`,
      );
    } finally {
      await removeRowFile(file);
    }
  }

  /** One append at a time, each row checked: bad rows are counted, good ones land (ON_ERROR = CONTINUE). [documented] */
  async #insertChecked(
    connection: DuckDBConnection,
    table: TableDefinition,
    commit: Commit<ScannedRows>,
    batch: ScannedBatch,
    tally: Tally,
    match: ColumnMatch = 'CASE_INSENSITIVE',
  ): Promise<TableDefinition> {
    const file = await writeRowFile(this.#database, [batch.rows]);
    try {
      const evolves = table.schemaEvolution && batch.rows.mayEvolve !== false;
      const evolved = evolves ? await evolveTable(connection, table, batch.rows.fields, file, match) : null;
      if (evolved !== null) await this.#catalog.alterTableWithin(connection, evolved.table, evolved.statements);
      const current = evolved?.table ?? table;
      const raw = current.errorLogging === true ? { rawRow: wholeRow(batch.rows.fields, file) } : {};
      const options = { ...raw, match };
      const insert = await insertChecked(connection, current, batch.rows.fields, file, options);
      count(tally, insert, batch);
      await logRowErrors(connection, current, commit, batch, insert.badRows);
      return current;
    } finally {
      await removeRowFile(file);
    }
  }

  /** The same by way of a pipe's SELECT. */
  async #insertTransformed(
    connection: DuckDBConnection,
    table: TableDefinition,
    commit: Commit<ScannedRows>,
    batch: ScannedBatch,
    tally: Tally,
    { transform, nowMs }: { readonly transform: PipeTransform; readonly nowMs: number },
  ): Promise<void> {
    const file = await writeRowFile(this.#database, [batch.rows]);
    try {
      const { fields, rowCount } = batch.rows;
      const rows = { fields, file, rowCount: rowCount - (batch.rows.rejected?.count ?? 0), nowMs };
      const { source, columns, failed } = await this.#transforms.apply(connection, table, transform, rows);
      const lastFailed = [...failed.values()].at(-1);
      tally.errors += failed.size;
      if (lastFailed !== undefined) tally.lastError = { message: lastFailed, offsetUpperBound: batch.endOffsetToken };
      const listBadRows = table.errorLogging === true;
      const insert = await insertChecked(connection, table, columns, source, { listBadRows });
      count(tally, insert, batch);
      if (!listBadRows) return;
      const messages = new Map(failed);
      const evaluated = Array.from({ length: rows.rowCount }, (_, index) => index + 1).filter(
        (row) => !failed.has(row),
      );
      for (const { row, message } of insert.badRows) messages.set(evaluated[row] ?? 0, message);
      await logRowErrors(connection, table, commit, batch, await rowsByNumber(connection, fields, file, messages));
    } finally {
      await removeRowFile(file);
    }
  }

  async #save(connection: DuckDBConnection, records: readonly ChannelRecord[]): Promise<void> {
    for (const record of records) {
      const key = channelKey(record.pipe, record.channel);
      await connection.run('DELETE FROM _emulator.channels WHERE name = $1', [key]);
      await connection.run('INSERT INTO _emulator.channels VALUES ($1, $2)', [key, JSON.stringify(record)]);
    }
  }
}

const count = (tally: Tally, { inserted, errors, lastError }: CheckedInsert, batch: ScannedBatch): void => {
  tally.inserted += inserted;
  tally.errors += errors;
  if (lastError !== null) tally.lastError = { message: lastError, offsetUpperBound: batch.endOffsetToken };
};

/** No column can refuse a row with these fields, and none would be added. */
const rejectsNothing = (table: TableDefinition, fields: readonly string[]): boolean => {
  const known = new Set(table.columns.map((column) => column.name.toUpperCase()));
  if (table.schemaEvolution && fields.some((field) => !known.has(field.toUpperCase()))) return false;
  return table.columns.every(
    (column) => columnExpressions(column, matchingFields(column, table, fields).map(String)).error === null,
  );
};

/** The rows of these numbers, from 1, whole; `messages`: what was wrong with each. */
const rowsByNumber = async (
  connection: DuckDBConnection,
  fields: readonly string[],
  file: RowFile,
  messages: ReadonlyMap<number, string>,
): Promise<readonly BadRow[]> => {
  if (messages.size === 0) return [];
  const found = await connection.runAndReadAll(
    `SELECT number, ${wholeRow(fields, file)} FROM (SELECT *, row_number() OVER () AS number FROM ${file.source})
     WHERE number IN (${[...messages.keys()].join(', ')}) ORDER BY number`,
  );
  return found.getRowsJson().map(([number, raw]) => {
    const row = Number(number);
    return { row: row - 1, column: '', message: messages.get(row) ?? '', raw: String(raw) };
  });
};

const sameFields = (rows: readonly ScannedRows[]): Iterable<ScannedRows[]> =>
  Map.groupBy(rows, (one) => JSON.stringify(one.fields)).values();
