import {
  type Assignment,
  asNextOffset,
  ConnectError,
  type LastOffset,
  type Logger,
  type NextOffset,
} from '../api/index.ts';
import {
  accountedFor,
  decodeCommitMetadata,
  encodeCommitMetadata,
  type Forgets,
  resumeAt,
  wroteElsewhere,
} from '../offsets/index.ts';
import type { Verified } from './late-rejections.ts';
import type { SinkSettings } from './sink-settings.ts';

export interface StartFacts {
  /** The token of the channel that was just opened. */
  readonly token: LastOffset | null;
  /** Of that channel, where a commit may have noted it. */
  readonly incarnation?: string;
  /** Its rows_error_count. */
  readonly rejected?: number;
  /** Its rows_inserted and rows_error_count together. */
  readonly rows?: number | null;
  readonly tokenWasSet?: boolean;
  readonly settings: SinkSettings;
  readonly logger: Logger;
}

export interface RecoveryFacts extends StartFacts {
  /** What this owner knew before it had to reopen: its token, and the first row that was not durable (null: none). */
  readonly recovering: {
    readonly token: LastOffset | null;
    readonly pending: bigint | null;
    readonly incarnation: string;
    /** The log's end now. */
    readonly logEnd: NextOffset;
  };
}

export class StartRefusedError extends ConnectError {
  override readonly name = 'StartRefusedError';
}

export interface FirstStart {
  readonly at: NextOffset;
  readonly forgets: Forgets;
  /** An operator chose the log's end. What lies before it was named, of all the partition's tables. */
  readonly isEndChosen: boolean;
  /** What the commit notes of further channels is of another log, or of another ingestion method, or an operator has left it out. */
  readonly forgetsNotes: boolean;
  readonly verified: Verified;
  /**
   * Kafka's commit names this topic by its id, and leads here by itself. Else it must be renewed before the first row is sent: whoever came
   * next could not tell which log a token speaks of, nor what an operator had chosen.
   */
  readonly isNoted: boolean;
}

/** The start of a newly assigned partition. */
export const decideFirstStart = (assignment: Assignment, facts: StartFacts): FirstStart => {
  const { committed, logStart, logEnd, topicId } = assignment;
  const { token, incarnation, rejected, rows, tokenWasSet } = facts;
  const known = { committed, token, logStart, logEnd, topicId, incarnation, rejected, rows, tokenWasSet };
  const decided = decide(assignment, known, facts);
  const accounted = accountedFor(known, decided.at);
  const noted = decodeCommitMetadata(committed?.metadata ?? null);
  const isEndChosen = decided.isChosen && facts.settings.onAmbiguousOffset === 'latest';
  const isElsewhere = noted !== null && wroteElsewhere(noted, facts);
  return {
    at: decided.at,
    forgets: decided.forgets,
    isEndChosen,
    forgetsNotes: decided.forgets === 'all channels' || isEndChosen || isElsewhere,
    isNoted: noted !== null && noted.topicId === topicId && decided.forgets === 'none' && !decided.isChosen,
    verified: { last: accounted.below - 1n, count: accounted.rejected, rows: accounted.rows },
  };
};

/**
 * The same rule after a reopen: what this owner knew stands for Kafka's commit. Null: nothing was pending and the token is as
 * known, so reading just goes on.
 */
export const decideStart = (assignment: Assignment, facts: RecoveryFacts): NextOffset | null => {
  const { token, pending, incarnation, logEnd } = facts.recovering;
  if (pending === null && token === facts.token) return null;
  const offset = asNextOffset(pending ?? (token === null ? 0n : token + 1n));
  const metadata = encodeCommitMetadata({ token, topicId: assignment.topicId, incarnation });
  // The log has moved on since the assignment; a position that was read cannot lie outside it.
  const logStart = assignment.logStart < offset ? assignment.logStart : offset;
  const resumeFacts = {
    committed: { offset, metadata },
    token: facts.token,
    logStart,
    logEnd,
    topicId: assignment.topicId,
    incarnation: facts.incarnation,
    tokenWasSet: facts.tokenWasSet,
  };
  const decideBy = (settings: SinkSettings): ReturnType<typeof decide> =>
    decide(assignment, resumeFacts, { ...facts, settings });
  const decided = decideBy(fromWhereItStands(facts.settings));
  // A channel is made anew at a start only.
  return decided.forgets !== 'none' ? decideBy({ ...facts.settings, onAmbiguousOffset: 'fail' }).at : decided.at;
};

/** An owner that has read so far leaves nothing out that lies before the log's end. */
const fromWhereItStands = (settings: SinkSettings): SinkSettings =>
  settings.onAmbiguousOffset === 'latest' ? { ...settings, onAmbiguousOffset: 'kafka' } : settings;

const decide = (
  assignment: Assignment,
  facts: Parameters<typeof resumeAt>[0],
  { settings, logger }: StartFacts,
): { at: NextOffset; forgets: Forgets; isChosen: boolean } => {
  const { topic, partition } = assignment;
  const resume = resumeAt(facts, settings);
  if (resume.kind === 'stop') {
    throw new StartRefusedError(
      `Topic ${topic}, partition ${partition} cannot go on (${resume.reason}): ${resume.explanation}.`,
    );
  }
  for (const { code, from, to } of resume.notices) {
    logger.warn(
      { topic, partition, code, from: String(from), to: String(to) },
      `Topic ${topic}, partition ${partition}: ${code}, offsets ${from} to ${to}; reading on at ${resume.at}`,
    );
  }
  const isChosen = resume.notices.some(({ code }) => code === 'ambiguous');
  return { at: resume.at, forgets: resume.forgets, isChosen };
};
