import type { Column, SnowflakeAccount } from '../../api/index.ts';
import {
  explainSqlError,
  isMissing,
  qualifiedName,
  quoteIdentifier,
  type SnowflakeSession,
  type SqlRow,
  textLiteral,
} from '../../destinations/index.ts';
import { type OffsetRun, type OffsetRuns, runsOf } from './offset-runs.ts';
import { cellSql } from './stored-cell.ts';

/** Rows of a table that name a topic; `topic` null: all rows, where RECORD_METADATA names none. */
export interface StoredPlace {
  readonly table: string;
  readonly topic: string | null;
}

/** What a table has of one partition, by RECORD_METADATA. */
export interface StoredOffsets {
  readonly offsets: OffsetRuns;
  /** Offsets that more than one row has, with how many. */
  readonly several: readonly (OffsetRun & { readonly rows: number })[];
}

export const noneStored: StoredOffsets = { offsets: [], several: [] };

/** A row, for its contents. */
export interface StoredRow {
  readonly partition: number;
  readonly offset: number;
  /** By column name, as `cellSql` reads them. */
  readonly cells: ReadonlyMap<string, string | null>;
}

const partition = 'RECORD_METADATA:"partition"::NUMBER';
const offset = 'RECORD_METADATA:"offset"::NUMBER';
const pushTime = 'RECORD_METADATA:"SnowflakeConnectorPushTime"::NUMBER';

const ofTopic = (topic: string | null): string =>
  topic === null ? '' : ` WHERE RECORD_METADATA:"topic"::VARCHAR = ${textLiteral(topic)}`;

/** Runs of offsets with the same number of rows: as many rows as there are gaps and changes of that number, however large the table. */
const storedRuns = (table: string, topic: string | null): string => {
  const rows = `SELECT ${partition} AS P, ${offset} AS O, COUNT(*) AS C FROM ${table}${ofTopic(topic)} GROUP BY ${partition}, ${offset}`;
  const grouped = `SELECT P, O, C, O - ROW_NUMBER() OVER (PARTITION BY P, C ORDER BY O) AS G FROM (${rows})`;
  return `SELECT P, C, MIN(O) AS F, MAX(O) AS L FROM (${grouped}) GROUP BY P, C, G ORDER BY P, MIN(O)`;
};

const orderBreaks = (table: string, topic: string | null): string => {
  const rows = `SELECT ${partition} AS P, ${pushTime} AS T, LAG(${pushTime}) OVER (PARTITION BY ${partition} ORDER BY ${offset}) AS B FROM ${table}${ofTopic(topic)}`;
  return `SELECT P, COUNT(*) AS N FROM (${rows}) WHERE T < B GROUP BY P`;
};

/** Reads tables, changes nothing. */
export class StoredRows {
  readonly #session: SnowflakeSession;
  readonly #account: SnowflakeAccount;

  constructor(session: SnowflakeSession, account: SnowflakeAccount) {
    this.#session = session;
    this.#account = account;
  }

  /** By partition; a table that is not there has none. */
  async offsets({ table, topic }: StoredPlace): Promise<ReadonlyMap<number, StoredOffsets>> {
    const rows = await this.#read('offsets', table, (name) => storedRuns(name, topic));
    const runs = rows.map((row) => ({
      partition: Number(row['P']),
      rows: Number(row['C']),
      first: Number(row['F']),
      last: Number(row['L']),
    }));
    return new Map(
      [...Map.groupBy(runs, (run) => run.partition)].map(([number, list]) => [
        number,
        { offsets: runsOf(list), several: list.filter((run) => run.rows > 1) },
      ]),
    );
  }

  /** By partition: how often a row was pushed before the one of the offset before it. */
  async orderBreaks({ table, topic }: StoredPlace): Promise<ReadonlyMap<number, number>> {
    const rows = await this.#read('order', table, (name) => orderBreaks(name, topic));
    return new Map(rows.map((row) => [Number(row['P']), Number(row['N'])]));
  }

  /** About so many rows, drawn by chance. */
  async sample(
    { table, topic }: StoredPlace,
    columns: readonly Column[],
    about: number,
  ): Promise<readonly StoredRow[]> {
    const cells = columns.map((column, index) => `${cellSql(column, quoteIdentifier(column.name))} AS C${index}`);
    const rows = await this.#read(
      'rows',
      table,
      (name) =>
        `SELECT ${[`${partition} AS P`, `${offset} AS O`, ...cells].join(', ')} FROM (SELECT * FROM ${name} ORDER BY RANDOM() LIMIT ${about})${ofTopic(topic)}`,
    );
    return rows.map((row) => ({
      partition: Number(row['P']),
      offset: Number(row['O']),
      cells: new Map(columns.map(({ name }, index) => [name, textOrNull(row[`C${index}`])])),
    }));
  }

  async #read(what: string, table: string, sql: (name: string) => string): Promise<readonly SqlRow[]> {
    const name = qualifiedName(this.#account, table);
    try {
      return await this.#session.execute(sql(name));
    } catch (error) {
      if (isMissing(error)) return [];
      const wish = `read the ${what} of table ${name} (it needs SELECT on the table and a warehouse)`;
      throw explainSqlError(this.#account, wish, error);
    }
  }
}

const textOrNull = (cell: unknown): string | null => (cell === null || cell === undefined ? null : String(cell));
