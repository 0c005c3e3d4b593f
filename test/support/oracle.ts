import type { SnowflakeSession } from './snowflake.ts';
import { quoted } from './snowflake.ts';
import type { ProducedRecord, ReadRecord } from './topics.ts';
import { readTopic } from './topics.ts';

/** Where a record is counted: `topic/partition/offset`. */
type Origin = string;
const origin = ({ topic, partition, offset }: ProducedRecord): Origin => `${topic}/${partition}/${offset}`;

export interface Verdict {
  readonly produced: number;
  /** Rows in the table. */
  readonly stored: number;
  /** Different records in the dead-letter topic. */
  readonly deadLettered: number;
  /** Dead letters written a second time (a kill between the write and the commit of its offset): allowed, Connect does so too. */
  readonly deadLettersRepeated: number;
  /** Neither stored nor dead-lettered. */
  readonly missing: readonly Origin[];
  /** In the table twice or more, or both in the table and dead-lettered. */
  readonly twice: readonly Origin[];
  /** In the table or the dead-letter topic, but never produced. */
  readonly unexpected: readonly Origin[];
}

export const isExactlyOnce = ({ missing, twice, unexpected }: Verdict): boolean =>
  missing.length === 0 && twice.length === 0 && unexpected.length === 0;

interface StoredCount {
  readonly origin: Origin;
  readonly rows: number;
}

/** Snowflake's code for a table that does not exist: the worker has not made it yet. */
const isMissingTable = (error: unknown): boolean => (error as { readonly code?: unknown }).code === '002003';

/** Origins of a table's rows, from RECORD_METADATA. A table that is not there has none. */
export const storedOrigins = async (session: SnowflakeSession, table: string): Promise<StoredCount[]> => {
  const sql = `SELECT RECORD_METADATA:topic::VARCHAR AS T, RECORD_METADATA:partition::NUMBER AS P, RECORD_METADATA:offset::NUMBER AS O, COUNT(*) AS N FROM ${quoted(table)} GROUP BY 1, 2, 3`;
  const rows = await session.query(sql).catch((error: unknown) => {
    if (isMissingTable(error)) return [];
    throw error;
  });
  return rows.map((row) => ({
    origin: origin({ topic: String(row['T']), partition: Number(row['P']), offset: BigInt(String(row['O'])) }),
    rows: Number(row['N']),
  }));
};

/** Rows of a table; 0 if it is not there. */
export const countRows = async (session: SnowflakeSession, table: string): Promise<number> => {
  try {
    const [row] = await session.query(`SELECT COUNT(*) AS N FROM ${quoted(table)}`);
    return Number(row?.['N'] ?? 0);
  } catch (error) {
    if (isMissingTable(error)) return 0;
    throw error;
  }
};

/** Last value of a header: a record that failed before carries an older set in front. */
const lastHeader = ({ headers }: ReadRecord, name: string): string => {
  const value = headers[`__connect.errors.${name}`];
  return String(Array.isArray(value) ? value.at(-1) : value);
};

export interface DeadLetter {
  readonly origin: Origin;
  readonly letter: ReadRecord;
}

/** Dead letters and what they are of, from their context headers, repeats included. */
export const readDeadLetters = async (
  bootstrapServers: string,
  topic: string,
  deadlineMs?: number,
): Promise<DeadLetter[]> =>
  (await readTopic(bootstrapServers, topic, deadlineMs)).map((letter) => ({
    letter,
    origin: origin({
      topic: lastHeader(letter, 'topic'),
      partition: Number(lastHeader(letter, 'partition')),
      offset: BigInt(lastHeader(letter, 'offset')),
    }),
  }));

export const deadLetterOrigins = async (bootstrapServers: string, topic: string): Promise<Origin[]> =>
  (await readDeadLetters(bootstrapServers, topic)).map((each) => each.origin);

export const judge = (
  produced: readonly ProducedRecord[],
  stored: readonly StoredCount[],
  deadLetters: readonly Origin[],
): Verdict => {
  const expected = new Set(produced.map(origin));
  const inTable = new Map(stored.map((each) => [each.origin, each.rows]));
  const dead = new Set(deadLetters);
  return {
    produced: expected.size,
    stored: stored.reduce((sum, { rows }) => sum + rows, 0),
    deadLettered: dead.size,
    deadLettersRepeated: deadLetters.length - dead.size,
    missing: [...expected.difference(new Set(inTable.keys())).difference(dead)],
    twice: [...inTable].filter(([at, rows]) => rows > 1 || dead.has(at)).map(([at]) => at),
    unexpected: [...new Set(inTable.keys()).union(dead).difference(expected)],
  };
};

export interface OracleOptions {
  readonly produced: readonly ProducedRecord[];
  readonly session: SnowflakeSession;
  /** As SQL stores their names. */
  readonly tables: readonly string[];
  readonly bootstrapServers: string;
  readonly deadLetterTopic?: string;
}

/** Counts every produced record by (topic, partition, offset) in the tables and the dead-letter topic. */
export const askOracle = async (options: OracleOptions): Promise<Verdict> => {
  const stored = await Promise.all(options.tables.map((table) => storedOrigins(options.session, table)));
  const { deadLetterTopic } = options;
  const dead = deadLetterTopic === undefined ? [] : await deadLetterOrigins(options.bootstrapServers, deadLetterTopic);
  return judge(options.produced, stored.flat(), dead);
};

/** For error messages: counts and the first few origins of each kind. */
export const describeVerdict = (verdict: Verdict): string => {
  const some = (origins: readonly Origin[]) => (origins.length === 0 ? '' : ` (${origins.slice(0, 5).join(', ')} …)`);
  return [
    `produced ${verdict.produced}`,
    `stored ${verdict.stored}`,
    `dead-lettered ${verdict.deadLettered}`,
    `missing ${verdict.missing.length}${some(verdict.missing)}`,
    `twice ${verdict.twice.length}${some(verdict.twice)}`,
    `unexpected ${verdict.unexpected.length}${some(verdict.unexpected)}`,
  ].join(', ');
};
