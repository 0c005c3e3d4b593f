import {
  type Assignment,
  asNextOffset,
  ConnectError,
  type LastOffset,
  type Logger,
  type NextOffset,
} from '../api/index.ts';
import { encodeCommitMetadata, resumeAt } from '../offsets/index.ts';
import type { SinkSettings } from './sink-settings.ts';

export interface StartFacts {
  /** The token of the channel that was just opened. */
  readonly token: LastOffset | null;
  readonly settings: SinkSettings;
  readonly logger: Logger;
}

export interface RecoveryFacts extends StartFacts {
  /** What this owner knew before it had to reopen: its token, and the first row that was not durable (null: none). */
  readonly recovering: {
    readonly token: LastOffset | null;
    readonly pending: bigint | null;
    readonly incarnation: string;
  };
}

export class StartRefusedError extends ConnectError {
  override readonly name = 'StartRefusedError';
}

/** The start of a newly assigned partition. */
export const decideFirstStart = (
  assignment: Assignment,
  facts: StartFacts,
): { at: NextOffset; resetChannel: boolean } => {
  const { committed, logStart, logEnd, topicId } = assignment;
  return decide(assignment, { committed, token: facts.token, logStart, logEnd, topicId }, facts);
};

/**
 * The same rule after a reopen: what this owner knew stands for Kafka's commit. Null: nothing was pending and the token is as
 * known, so reading just goes on.
 */
export const decideStart = (assignment: Assignment, facts: RecoveryFacts): NextOffset | null => {
  const { token, pending, incarnation } = facts.recovering;
  if (pending === null && token === facts.token) return null;
  const offset = asNextOffset(pending ?? (token === null ? 0n : token + 1n));
  const metadata = encodeCommitMetadata({ token, topicId: assignment.topicId, incarnation });
  // The log has moved on since the assignment; a position that was read cannot lie outside it.
  const logStart = assignment.logStart < offset ? assignment.logStart : offset;
  const logEnd = asNextOffset(2n ** 63n - 1n);
  return decide(
    assignment,
    { committed: { offset, metadata }, token: facts.token, logStart, logEnd, topicId: assignment.topicId },
    facts,
  ).at;
};

const decide = (
  assignment: Assignment,
  facts: Parameters<typeof resumeAt>[0],
  { settings, logger }: StartFacts,
): { at: NextOffset; resetChannel: boolean } => {
  const { topic, partition } = assignment;
  const resume = resumeAt(facts, settings);
  if (resume.kind === 'stop') {
    throw new StartRefusedError(
      `Topic ${topic}, partition ${partition} cannot go on (${resume.reason}): ${resume.explanation}.`,
    );
  }
  if (resume.notice !== null) {
    const { code, from, to } = resume.notice;
    logger.warn(
      { topic, partition, code, from: String(from), to: String(to) },
      `Topic ${topic}, partition ${partition}: ${code}, offsets ${from} to ${to}; reading on at ${resume.at}`,
    );
  }
  return { at: resume.at, resetChannel: resume.resetChannel };
};
