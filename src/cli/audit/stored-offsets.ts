import type { SnowflakeAccount } from '../../api/index.ts';
import { explainSqlError, qualifiedName, type SnowflakeSession, textLiteral } from '../../destinations/index.ts';
import { type OffsetRun, type OffsetRuns, runsOf } from './offset-runs.ts';

/** What a table has of one partition, by RECORD_METADATA. */
export interface StoredOffsets {
  readonly offsets: OffsetRuns;
  /** Offsets that more than one row has. */
  readonly twice: OffsetRuns;
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

const execute = async (session: SnowflakeSession, account: SnowflakeAccount, wish: string, sql: string) => {
  try {
    return await session.execute(sql);
  } catch (error) {
    throw explainSqlError(account, `${wish} (it needs SELECT on the table and a warehouse)`, error);
  }
};

/** Of a topic in a table, by partition. `topic` null: all rows of the table. */
export const readStoredOffsets = async (
  session: SnowflakeSession,
  account: SnowflakeAccount,
  table: string,
  topic: string | null,
): Promise<ReadonlyMap<number, StoredOffsets>> => {
  const name = qualifiedName(account, table);
  const rows = await execute(session, account, `read the offsets of table ${name}`, storedRuns(name, topic));
  const runs = rows.map((row) => ({
    partition: Number(row['P']),
    rows: Number(row['C']),
    first: Number(row['F']),
    last: Number(row['L']),
  }));
  const only = (list: readonly (OffsetRun & { rows: number })[], isMeant: (rows: number) => boolean): OffsetRuns =>
    runsOf(list.filter((run) => isMeant(run.rows)));
  return new Map(
    [...Map.groupBy(runs, (run) => run.partition)].map(([number, list]) => [
      number,
      { offsets: only(list, () => true), twice: only(list, (count) => count > 1) },
    ]),
  );
};

/** How often a row of a partition was pushed before the one of the offset before it. */
export const readOrderBreaks = async (
  session: SnowflakeSession,
  account: SnowflakeAccount,
  table: string,
  topic: string | null,
): Promise<ReadonlyMap<number, number>> => {
  const name = qualifiedName(account, table);
  const rows = await execute(session, account, `read the order of table ${name}`, orderBreaks(name, topic));
  return new Map(rows.map((row) => [Number(row['P']), Number(row['N'])]));
};
