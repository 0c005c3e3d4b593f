import type { DeadLetter } from '../support/oracle.ts';
import { countRows, judge, readDeadLetters, storedOrigins } from '../support/oracle.ts';
import type { SnowflakeLogin, SnowflakeSession } from '../support/snowflake.ts';
import { connectSnowflake, quoted } from '../support/snowflake.ts';
import { readTopic, withAdmin } from '../support/topics.ts';
import type { LoadTopic } from './load.ts';

/** Origins are `topic/partition/offset`. */
export interface ChaosVerdict {
  /** Records that the topics hold, read_committed: aborted ones never were, compacted ones are gone. */
  readonly total: number;
  /** Rows, those of records that compaction took away later among them. */
  readonly stored: number;
  readonly deadLettered: number;
  /** Of them, records whose rows Snowflake had accepted and then dropped. */
  readonly lateLetters: number;
  readonly missing: readonly string[];
  readonly twice: readonly string[];
  readonly unexpected: readonly string[];
  /** Rows behind a row of a later offset of their partition, in the order in which the table holds them. */
  readonly outOfOrder: readonly string[];
  readonly lettersRepeated: readonly string[];
  /** Records that compaction took away. */
  readonly compactedAway: number;
}

export interface OracleSubject {
  readonly bootstrapServers: string;
  readonly login: SnowflakeLogin;
  readonly topics: readonly LoadTopic[];
  readonly deadLetterTopic: string;
}

/** Patience with a busy machine and a transaction that a dead worker left open. */
const readDeadlineMs = 120_000;

const misplaced = async (session: SnowflakeSession, { name, table }: LoadTopic): Promise<string[]> => {
  // the worker may not have made it yet
  if ((await countRows(session, table)) === 0) return [];
  const rows = await session.query(
    `SELECT RECORD_METADATA:partition::NUMBER AS P, RECORD_METADATA:offset::NUMBER AS O FROM ${quoted(table)}`,
  );
  const last = new Map<unknown, number>();
  const found: string[] = [];
  for (const row of rows) {
    const offset = Number(row['O']);
    if (offset <= (last.get(row['P']) ?? -1)) found.push(`${name}/${row['P']}/${offset}`);
    last.set(row['P'], offset);
  }
  return found;
};

/** A session of its own each time: the emulator may have been killed since the last look. */
export const withSession = async <T>(
  login: SnowflakeLogin,
  use: (session: SnowflakeSession) => Promise<T>,
): Promise<T> => {
  const session = await connectSnowflake(login);
  try {
    return await use(session);
  } finally {
    await session.close();
  }
};

/** `topic/partition` of the compacted topics, with the next offset of each. */
const compactedEnds = async ({ bootstrapServers, topics }: OracleSubject): Promise<Map<string, bigint>> => {
  const ends = new Map<string, bigint>();
  await withAdmin(bootstrapServers, async (admin) => {
    for (const { name, compacted } of topics) {
      if (!compacted) continue;
      for (const { partition, high } of await admin.fetchTopicOffsets(name))
        ends.set(`${name}/${partition}`, BigInt(high));
    }
  });
  return ends;
};

/** Malformed records, the only other bad ones, fail in the converter. */
const isOfDroppedRow = ({ letter: { headers } }: DeadLetter): boolean =>
  String(headers['__connect.errors.stage']) === 'TASK_PUT';

const describeLetter = ({ letter: { offset, timestamp, headers } }: DeadLetter): string =>
  `letter ${offset} of ${new Date(timestamp).toISOString()} (${headers['__connect.errors.stage']})`;

export const askChaosOracle = (subject: OracleSubject): Promise<ChaosVerdict> =>
  withSession(subject.login, async (session) => {
    const { bootstrapServers, topics, deadLetterTopic } = subject;
    // rows and letters first: what compaction takes away in the meantime is then not asked for
    const stored = (await Promise.all(topics.map(({ table }) => storedOrigins(session, table)))).flat();
    const letters = await readDeadLetters(bootstrapServers, deadLetterTopic, readDeadlineMs);
    const held = (
      await Promise.all(topics.map(({ name }) => readTopic(bootstrapServers, name, readDeadlineMs)))
    ).flat();
    const verdict = judge(
      held,
      stored,
      letters.map(({ origin }) => origin),
    );
    const ends = await compactedEnds(subject);
    /** Produced once, and maybe gone now. */
    const wasProduced = (origin: string): boolean => {
      const [topic, partition, offset = '0'] = origin.split('/');
      return BigInt(offset) < (ends.get(`${topic}/${partition}`) ?? 0n);
    };
    const outOfOrder = (await Promise.all(topics.map((topic) => misplaced(session, topic)))).flat();
    const repeated = [...Map.groupBy(letters, ({ origin }) => origin)].filter(([, each]) => each.length > 1);
    return {
      ...verdict,
      total: verdict.produced,
      lateLetters: new Set(letters.filter(isOfDroppedRow).map(({ origin }) => origin)).size,
      unexpected: verdict.unexpected.filter((origin) => !wasProduced(origin)),
      outOfOrder,
      lettersRepeated: repeated.map(([origin, each]) => `${origin} as ${each.map(describeLetter).join(' and ')}`),
      compactedAway:
        [...ends.values()].reduce((sum, end) => sum + Number(end), 0) -
        held.filter(({ topic, partition }) => ends.has(`${topic}/${partition}`)).length,
    };
  });
