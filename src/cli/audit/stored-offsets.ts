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
import { bucketSize, unmask } from './offset-masks.ts';
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

/** Buckets in a row that are alike: as many rows as there are gaps, however large the table. */
const masksOf = (table: string, topic: string | null): string => {
  const rows = `SELECT ${partition} AS P, ${offset} AS O FROM ${table}${ofTopic(topic)}`;
  const placed = `SELECT P, O - MOD(O, ${bucketSize}) AS B, MOD(O, ${bucketSize}) AS R FROM (${rows})`;
  const masks = `SELECT P, B, COUNT(*) AS N, SUM(POWER(2, R)::NUMBER) AS S FROM (${placed}) GROUP BY P, B`;
  const grouped = `SELECT P, B, N, S, B - ${bucketSize} * ROW_NUMBER() OVER (PARTITION BY P, N, S ORDER BY B) AS G FROM (${masks})`;
  return `SELECT P, N, S, MIN(B) AS F, MAX(B) AS L FROM (${grouped}) GROUP BY P, N, S, G`;
};

/** More buckets than this are not named one by one. */
const mostBuckets = 5000;

/** Runs of offsets with the same number of rows, in these buckets (of any partition). */
const runsWithin = (table: string, topic: string | null, buckets: ReadonlySet<number>): string => {
  const list = buckets.size > mostBuckets ? '' : ` WHERE O - MOD(O, ${bucketSize}) IN (${[...buckets].join(', ')})`;
  const rows = `SELECT P, O, COUNT(*) AS C FROM (SELECT ${partition} AS P, ${offset} AS O FROM ${table}${ofTopic(topic)})${list} GROUP BY P, O`;
  const grouped = `SELECT P, O, C, O - ROW_NUMBER() OVER (PARTITION BY P, C ORDER BY O) AS G FROM (${rows})`;
  return `SELECT P, C, MIN(O) AS F, MAX(O) AS L FROM (${grouped}) GROUP BY P, C, G`;
};

const orderBreaks = (table: string, topic: string | null): string => {
  const rows = `SELECT ${partition} AS P, ${pushTime} AS T, LAG(${pushTime}) OVER (PARTITION BY ${partition} ORDER BY ${offset}) AS B FROM ${table}${ofTopic(topic)}`;
  return `SELECT P, COUNT(*) AS N FROM (${rows}) WHERE T < B GROUP BY P`;
};

/** Reads tables, changes nothing. */
export class StoredRows {
  /** Qualified names of tables that do not exist, or that the role may not see. */
  readonly absentTables = new Set<string>();
  readonly #session: SnowflakeSession;
  readonly #account: SnowflakeAccount;

  constructor(session: SnowflakeSession, account: SnowflakeAccount) {
    this.#session = session;
    this.#account = account;
  }

  /** By partition; a table that is not there has none. Rows that do not say which record they are count nowhere. */
  async offsets({ table, topic }: StoredPlace): Promise<ReadonlyMap<number, StoredOffsets>> {
    const masks = numbersOf(
      await this.#read('offsets', table, (name) => masksOf(name, topic)),
      'P',
      'N',
      'S',
      'F',
      'L',
    );
    const unmasked = [...Map.groupBy(masks, ([number = 0]) => number)].map(
      ([number, list]) =>
        [
          number,
          unmask(list.map(([, rows = 0, sum = 0, first = 0, last = 0]) => ({ rows, sum, first, last }))),
        ] as const,
    );
    const repeating = new Set(unmasked.flatMap(([, found]) => found.repeating));
    const counted =
      repeating.size === 0
        ? []
        : numbersOf(
            await this.#read('offsets', table, (name) => runsWithin(name, topic, repeating)),
            'P',
            'C',
            'F',
            'L',
          );
    return new Map(
      unmasked.map(([number, { offsets }]) => {
        const runs = counted
          .filter(([where]) => where === number)
          .map(([, rows = 0, first = 0, last = 0]) => ({ rows, first, last }));
        return [number, { offsets: runsOf([...offsets, ...runs]), several: runs.filter(({ rows }) => rows > 1) }];
      }),
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
      if (isMissing(error)) {
        this.absentTables.add(name);
        return [];
      }
      const wish = `read the ${what} of table ${name} (it needs SELECT on the table and a warehouse)`;
      throw explainSqlError(this.#account, wish, error);
    }
  }
}

/** Without rows that lack one of them. */
const numbersOf = (rows: readonly SqlRow[], ...names: readonly string[]): readonly (readonly number[])[] =>
  rows
    .map((row) => names.map((name) => row[name] ?? null))
    .filter((cells) => !cells.includes(null))
    .map((cells) => cells.map(Number));

const textOrNull = (cell: unknown): string | null => (cell === null || cell === undefined ? null : String(cell));
