import { type CommittedOffset, type LastOffset, type NextOffset, nextAfter } from '../api/index.ts';
import { type CommitMetadata, decodeCommitMetadata } from './commit-metadata.ts';

/** All that is known about a partition when it is assigned. */
export interface ResumeFacts {
  readonly committed: CommittedOffset | null;
  /** The channel's token: the authority on what is in the table. */
  readonly token: LastOffset | null;
  readonly logStart: NextOffset;
  readonly logEnd: NextOffset;
  readonly topicId: string | null;
  /** The channel's, where it is known: another one than a commit noted was made after that commit. */
  readonly incarnation?: string | undefined;
  /** The channel's rows_error_count. */
  readonly rejected?: number | undefined;
  /** Its rows_inserted and rows_error_count together; null: it does not say. Missing: it has only some of the partition's rows, and that tells nothing. */
  readonly rows?: number | null | undefined;
  /** Since the last commit the token has moved, and no row has come to the table: somebody has set it. */
  readonly tokenWasSet?: boolean | undefined;
}

/** All rows before an offset are accounted for: `rows` are in the table or were dropped, `rejected` of them dropped. */
export interface Accounted {
  readonly below: NextOffset;
  readonly rejected: number;
  readonly rows: number | null;
}

export interface ResumePolicy {
  readonly offsetReset: 'earliest' | 'latest' | 'none';
  readonly onAmbiguousOffset: 'fail' | 'kafka' | 'earliest' | 'latest';
  readonly onLoss: 'fail' | 'continue';
  /**
   * A transform may route records of the partition to other tables, each with a channel and a token of its own. Then one token does not
   * speak for what the others lack: nothing behind Kafka's offset may be passed over on its word.
   */
  readonly severalTables?: boolean;
}

export type ResumeReason =
  | 'no-initial-offset'
  | 'token-lost'
  | 'foreign-group'
  | 'topic-recreated'
  | 'beyond-log-end'
  | 'token-was-set'
  | 'token-without-commit'
  | 'retention-loss';

export interface ResumeNotice {
  readonly code:
    | 'destination-regressed'
    | 'retention-loss'
    | 'token-was-set'
    | 'token-without-commit'
    | 'not-verified'
    | 'ambiguous';
  /** Offsets concerned, both inclusive. */
  readonly from: bigint;
  readonly to: bigint;
}

/**
 * Channels that must be dropped and opened anew, or their tokens would hide records: all of the partition's where they speak of another log, or
 * only the one that is judged, whose token somebody has set.
 */
export type Forgets = 'none' | 'this channel' | 'all channels';

export type Resume =
  | {
      readonly kind: 'start';
      readonly at: NextOffset;
      readonly forgets: Forgets;
      /** What is left out or sent again, for the log: one, or two where retention took a part. */
      readonly notices: readonly ResumeNotice[];
    }
  | { readonly kind: 'stop'; readonly reason: ResumeReason; readonly explanation: string };

const start = (at: NextOffset, notice: ResumeNotice | null = null, forgets: Forgets = 'none'): Resume => ({
  kind: 'start',
  at,
  forgets,
  notices: notice === null ? [] : [notice],
});
const stop = (reason: ResumeReason, explanation: string): Resume => ({ kind: 'stop', reason, explanation });
const later = (a: NextOffset, b: NextOffset): NextOffset => (a > b ? a : b);

/**
 * Where to read on: the exactly-once rule of the whole sink, in one pure function.
 * K = Kafka's committed offset (next to read), C = the channel's token (last durable row), m = what K's commit noted.
 * Filtered and dead-lettered records leave C behind K−1 for good reason; `m.token = C` is the proof that nothing else does.
 */
export const resumeAt = (facts: ResumeFacts, policy: ResumePolicy): Resume => {
  const noted = decodeCommitMetadata(facts.committed?.metadata ?? null);
  // No row is sent before Kafka has noted the topic's id, so whatever the channel has is of the log that the note names.
  if (noted?.topicId && facts.topicId && noted.topicId !== facts.topicId) {
    return anotherLog(
      facts,
      policy,
      'topic-recreated',
      `the topic was deleted and made again (id ${noted.topicId} before, ${facts.topicId} now)`,
    );
  }
  if (isSet(facts)) {
    if (noted?.token == null || noted.incarnation === facts.incarnation) return behindNobody(facts, policy);
    // The channel was made anew before that: what it had is gone, which is the question.
    const lost = resumeAt({ ...facts, token: null, tokenWasSet: false }, policy);
    return onlyThis(lost);
  }
  const single = startingPoint(facts, policy, noted);
  const candidate = policy.severalTables === true ? beforeOtherTables(single, facts, policy) : single;
  if (candidate.kind === 'stop' || candidate.forgets !== 'none') return candidate;
  return withinLog(candidate.at, candidate.notices, facts, policy);
};

const startingPoint = (facts: ResumeFacts, policy: ResumePolicy, noted: CommitMetadata | null): Resume => {
  const { committed, token } = facts;
  if (committed === null) return token === null ? initial(facts, policy) : withoutCommit(token, facts, policy);
  const kafka = committed.offset;
  if (noted === null) return foreignCommit(kafka, facts, policy);
  if (wroteElsewhere(noted, facts)) {
    return ambiguous(
      facts,
      policy,
      'token-lost',
      kafka,
      facts.logStart,
      'snowflake.ingestion.method was another one when the last commit was made, and its channels keep offsets of their own: after an orderly stop Kafka’s offset is the place to go on from',
    );
  }
  if (token === null) {
    if (noted.token === null) return start(kafka);
    return ambiguous(
      facts,
      policy,
      'token-lost',
      kafka,
      facts.logStart,
      `the last commit noted token ${noted.token}, but the channel has none: the table or pipe was made anew, the channel was dropped, or it was idle for 30 days`,
    );
  }
  const afterToken = nextAfter(token);
  if (noted.token !== null && token < noted.token) {
    return start(afterToken, { code: 'destination-regressed', from: afterToken, to: noted.token });
  }
  const at = later(kafka, afterToken);
  if (afterToken > facts.logEnd) return start(at);
  // Somewhere between commit and token Snowflake dropped rows: they are looked for, so reading begins before them.
  if (rejectedBefore(facts, noted) < (facts.rejected ?? 0)) return start(kafka);
  // Or another owner sent rows there, and there are less of them than offsets.
  if (!isDoubtful(facts, noted)) return start(at);
  if (kafka >= facts.logStart) return start(kafka);
  // What retention took cannot be looked into any more: were those that make no row, or did rows vanish?
  return start(at, { code: 'not-verified', from: noted.accountedBelow ?? kafka, to: token });
};

const isDoubtful = (facts: ResumeFacts, noted: CommitMetadata): boolean => {
  const { token, rows, committed } = facts;
  const { accountedBelow, rows: before, lanes = 1 } = noted;
  // Of several lanes each has some of the offsets only; all is read again from Kafka's offset, and counted.
  if (lanes > 1) return false;
  if (token === null || accountedBelow === undefined || before === undefined || rows == null) return false;
  if (noted.incarnation === facts.incarnation) return rows - before < Number(token - accountedBelow) + 1;
  return committed !== null && isMadeAnew(facts, noted) && rows < Number(token - committed.offset) + 1;
};

/** The channel is another one than that of the commit: all its rows were sent from the commit on. */
const isMadeAnew = ({ incarnation, tokenWasSet }: ResumeFacts, noted: CommitMetadata): boolean =>
  incarnation !== undefined && noted.incarnation !== '' && noted.incarnation !== incarnation && tokenWasSet !== true;

/** Kafka has forgotten the group's offset. Had the topic been made again since, the token would hide the new one's records. */
const withoutCommit = (token: LastOffset, facts: ResumeFacts, policy: ResumePolicy): Resume => {
  const { logStart, logEnd } = facts;
  const at = nextAfter(token);
  if (policy.onLoss === 'continue') {
    return start(at, token < logStart ? null : { code: 'token-without-commit', from: logStart, to: token });
  }
  return anotherLog(
    facts,
    policy,
    'token-without-commit',
    `the channel's token says that all up to offset ${token} is in the table, but Kafka has no offset of the group: the topic was made again, and the token is another one's; or it is the same topic, and the connector has another name now or stood still for longer than offsets.retention.minutes`,
    at <= logEnd
      ? `; or, where the topic is the same, set snowsink.on.loss=continue to go on behind the token, at ${at}`
      : '',
  );
};

/** Destinations other than the stream mark their incarnations (`staged-copy:…`). The token of one says nothing of what the other wrote. */
export const wroteElsewhere = (noted: CommitMetadata, { incarnation }: Pick<ResumeFacts, 'incarnation'>): boolean =>
  incarnation !== undefined && noted.incarnation !== '' && methodOf(noted.incarnation) !== methodOf(incarnation);
const methodOf = (incarnation: string): string => /^[a-z-]+(?=:)/.exec(incarnation)?.[0] ?? '';

/** The count of dropped rows that the commit accounts for. One that says nothing of it accounts for all there are. */
const rejectedBefore = ({ rejected = 0, incarnation }: ResumeFacts, noted: CommitMetadata | null): number => {
  if (noted?.rejected === undefined) return rejected;
  return noted.incarnation === incarnation ? noted.rejected : 0;
};

/** What need not be looked into by an owner that goes on at `at`. */
export const accountedFor = (facts: ResumeFacts, at: NextOffset): Accounted => {
  const noted = decodeCommitMetadata(facts.committed?.metadata ?? null);
  const rejected = rejectedBefore(facts, noted);
  const { token, rows = null, committed, logStart } = facts;
  const { accountedBelow: below, rows: rowsBefore = null } = noted ?? {};
  const isOurs = below !== undefined && noted?.incarnation === facts.incarnation && facts.tokenWasSet !== true;
  // Behind it an owner wrote that did not come to commit: what it sent is not known.
  const isAhead = isOurs && token !== null && token >= below && (at === committed?.offset || at === token + 1n);
  if (isAhead && below >= logStart) return { below, rejected, rows: rowsBefore };
  // With several channels reading may begin before what the commit accounts for of this one, and nobody has sent over it since.
  const isAsNoted = isOurs && token === noted?.token && rejected === facts.rejected;
  if (isAsNoted && below > at) return { below, rejected, rows: rowsBefore };
  const isAnew = noted !== null && below !== undefined && isMadeAnew(facts, noted);
  if (isAnew && token !== null && token >= at && at === committed?.offset) return { below: at, rejected, rows: 0 };
  // How many of the channel's rows lie behind the beginning, only a commit of ours could tell.
  const isUnknown = below === undefined && token !== null && token >= at;
  return { below: at, rejected, rows: isUnknown ? null : rows };
};

type SetToken = ResumeFacts & Required<Pick<ResumeFacts, 'token' | 'committed'>>;
const isSet = (facts: ResumeFacts): facts is SetToken & { token: LastOffset; committed: CommittedOffset } =>
  facts.tokenWasSet === true && facts.token !== null && facts.committed !== null;

/** The token that somebody set must go; but where that is because of another log, all must. */
const onlyThis = (resume: Resume): Resume =>
  resume.kind === 'start' && resume.forgets === 'none' ? { ...resume, forgets: 'this channel' } : resume;

/** Whoever set the token knows why: what it passes over is in the table by other means, or lost. */
const behindNobody = (
  facts: ResumeFacts & { readonly token: LastOffset; readonly committed: CommittedOffset },
  policy: ResumePolicy,
): Resume => {
  const { token, committed } = facts;
  const passed = { code: 'token-was-set', from: committed.offset, to: token } as const;
  if (policy.onLoss === 'continue') return withinLog(nextAfter(token), [passed], facts, policy);
  switch (policy.onAmbiguousOffset) {
    case 'kafka':
    case 'earliest': {
      return onlyThis(withinLog(committed.offset, [], facts, policy));
    }
    case 'latest':
      return start(facts.logEnd, { code: 'ambiguous', from: committed.offset, to: facts.logEnd - 1n }, 'this channel');
    default:
      return stop(
        'token-was-set',
        `the channel's token is ${token}, but no row has come to the table since offset ${committed.offset} was committed: somebody has set it, or Snowflake has lost them. Offsets ${committed.offset} to ${token} would be left out. ` +
          choices(`kafka (forget the token and read on at ${committed.offset})`, `latest (from ${facts.logEnd})`) +
          (token < facts.logEnd ? '; or set snowsink.on.loss=continue to go on behind the token' : ''),
      );
  }
};

/** Back to where all tables have all rows: each channel passes over what it has. An operator's choice stands. */
const beforeOtherTables = (single: Resume, facts: ResumeFacts, policy: ResumePolicy): Resume => {
  const { committed, token, logStart, logEnd } = facts;
  if (single.kind === 'stop' || single.forgets !== 'none' || single.at > logEnd) return single;
  if (single.notices.some(({ code }) => code === 'ambiguous')) return single;
  if (committed !== null) return { ...single, at: committed.offset < single.at ? committed.offset : single.at };
  if (token === null) return single;
  if (policy.offsetReset === 'earliest') return { ...single, at: logStart };
  return ambiguous(
    facts,
    policy,
    'no-initial-offset',
    nextAfter(token),
    logStart,
    `the channel holds rows up to ${token}, but Kafka has no offset of the group: what the transforms routed to other tables meanwhile cannot be told`,
  );
};

const initial = (facts: ResumeFacts, { offsetReset }: ResumePolicy): Resume => {
  if (offsetReset === 'none') {
    return stop(
      'no-initial-offset',
      'neither Kafka nor the channel knows where to start, and auto.offset.reset is none (snowflake.streaming.classic.offset.migration=strict means so): take the old connector over by snowsink migrate, or set earliest or latest (skip)',
    );
  }
  return start(offsetReset === 'earliest' ? facts.logStart : facts.logEnd);
};

/** A commit that is not ours: Java's worker before us, or an operator who moved the group. */
const foreignCommit = (kafka: NextOffset, facts: ResumeFacts, policy: ResumePolicy): Resume => {
  const { token, logStart } = facts;
  if (token === null) {
    if (kafka <= logStart) return start(kafka);
    return ambiguous(
      facts,
      policy,
      'foreign-group',
      kafka,
      logStart,
      `the group committed offset ${kafka}, not by this worker, and the channel holds no row: whether the records before it are in the table cannot be told`,
    );
  }
  const afterToken = nextAfter(token);
  if (kafka <= afterToken) return start(afterToken);
  return ambiguous(
    facts,
    policy,
    'foreign-group',
    kafka,
    // The other channels may hold less than this one, and pass over what they have.
    policy.severalTables === true ? logStart : afterToken,
    `the group committed offset ${kafka}, not by this worker, but the channel holds rows only up to ${token}`,
  );
};

const ambiguous = (
  facts: ResumeFacts,
  policy: ResumePolicy,
  reason: ResumeReason,
  kafka: NextOffset,
  first: NextOffset,
  explanation: string,
): Resume => {
  // Where retention has passed even Kafka's offset, what it took must not be left out without a word.
  const earliest = first < kafka ? first : kafka;
  const notice = { code: 'ambiguous', from: earliest, to: kafka - 1n } as const;
  switch (policy.onAmbiguousOffset) {
    case 'kafka':
      return start(kafka, notice);
    case 'earliest':
      return start(earliest, notice);
    case 'latest':
      return start(facts.logEnd, { ...notice, to: facts.logEnd - 1n });
    default:
      return stop(
        reason,
        `${explanation}. ${choices(`kafka (read on at ${kafka})`, `earliest (from ${earliest})`, `latest (from ${facts.logEnd})`)}`,
      );
  }
};

const choices = (...values: readonly string[]): string =>
  `Set snowsink.on.ambiguous.offset for one start to ${values.join(', ')}`;

/**
 * What `latest` leaves out. Of a log that was truncated the channel has all that it still holds, unless its counters know of less rows or cannot
 * tell, or there are other channels, of which its token tells nothing.
 */
const unread = (facts: ResumeFacts, reason: ResumeReason, { severalTables }: ResumePolicy): ResumeNotice | null => {
  const { committed, logStart, logEnd } = facts;
  const noted = decodeCommitMetadata(committed?.metadata ?? null);
  const isTruncated = reason === 'beyond-log-end';
  const isDoubted =
    noted !== null && (isDoubtful(facts, noted) || rejectedBefore(facts, noted) < (facts.rejected ?? 0));
  const from = isTruncated ? later(committed?.offset ?? logStart, logStart) : logStart;
  const isWhole = isTruncated && severalTables !== true && facts.rows !== undefined && !isDoubted;
  return isWhole || from >= logEnd ? null : { code: 'ambiguous', from, to: logEnd - 1n };
};

/** Token and commit speak of a log that is gone: only its start or end can be meant, and the token must go. */
const anotherLog = (
  facts: ResumeFacts,
  policy: ResumePolicy,
  reason: ResumeReason,
  explanation: string,
  otherwise = '',
): Resume => {
  if (policy.onAmbiguousOffset === 'earliest') return start(facts.logStart, null, 'all channels');
  if (policy.onAmbiguousOffset === 'latest') return start(facts.logEnd, unread(facts, reason, policy), 'all channels');
  return stop(
    reason,
    `${explanation}. ${choices(`earliest (forget the channel's token and read the new log from ${facts.logStart})`, `latest (from ${facts.logEnd})`)}${otherwise}`,
  );
};

const withinLog = (
  at: NextOffset,
  notices: readonly ResumeNotice[],
  facts: ResumeFacts,
  policy: ResumePolicy,
): Resume => {
  if (at > facts.logEnd) return anotherLog(facts, policy, 'beyond-log-end', endsBefore(at, facts));
  if (at >= facts.logStart) return { kind: 'start', at, forgets: 'none', notices };
  const lost = { code: 'retention-loss', from: at, to: facts.logStart - 1n } as const;
  if (policy.onLoss === 'continue') {
    const before = notices.filter(({ from, to }) => from <= to);
    return { kind: 'start', at: facts.logStart, forgets: 'none', notices: [...before, lost] };
  }
  return stop(
    'retention-loss',
    `offsets ${at} to ${facts.logStart - 1n} must come next, but the log begins at ${facts.logStart}: retention or DeleteRecords took them. Set snowsink.on.loss=continue to go on without them`,
  );
};

const endsBefore = (at: NextOffset, { committed, topicId, logEnd }: ResumeFacts): string => {
  const noted = decodeCommitMetadata(committed?.metadata ?? null)?.topicId;
  const isSame = noted != null && noted === topicId;
  return `the next offset is ${at}, but the log ends at ${logEnd}: ${isSame ? 'it was truncated (the topic is the same one)' : 'it was truncated, the topic was made again, or the offset was set past it'}`;
};
