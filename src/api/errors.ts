/** Where in a record's path something failed (org.apache.kafka.connect.runtime.errors.Stage). */
export const stages = [
  'KAFKA_CONSUME',
  'KEY_CONVERTER',
  'VALUE_CONVERTER',
  'HEADER_CONVERTER',
  'TRANSFORMATION',
  'TASK_PUT',
  'KAFKA_PRODUCE',
] as const;
export type Stage = (typeof stages)[number];

/**
 * An error whose message is meant for people: what is wrong, where, why, and what to change; never a record's value or a
 * secret. `javaClass` is the name that Connect's clients know it by (DLQ headers, traces).
 */
export class ConnectError extends Error {
  readonly javaClass: string = 'org.apache.kafka.connect.errors.ConnectException';
  override readonly name: string = 'ConnectError';
}

/** The same call may succeed later. Unknown errors are not retriable. */
export class RetriableError extends ConnectError {
  override readonly javaClass: string = 'org.apache.kafka.connect.errors.RetriableException';
  override readonly name: string = 'RetriableError';
}

/** The record itself is bad: tolerance decides (DLQ, skip or fail). */
export class DataError extends ConnectError {
  override readonly javaClass: string = 'org.apache.kafka.connect.errors.DataException';
  override readonly name: string = 'DataError';
}

/** Snowflake accepted the record's row and dropped it later. */
export class RowDroppedError extends DataError {
  override readonly name = 'RowDroppedError';
}

export interface ConfigProblem {
  /** Property name; '' where it concerns the whole. */
  readonly key: string;
  /** What is wrong and why; in Connect's or the Snowflake connector's own words where they have some. */
  readonly message: string;
  /** What to write instead, for people: a form's field shows the message alone. */
  readonly advice?: string;
}

/** Message and advice, as people read them. */
export const problemText = ({ message, advice }: ConfigProblem): string =>
  advice === undefined ? message : `${message}. ${advice}`;

/**
 * A DataError in Connect's own words, which quote the record's value: they go to the dead letter topic, where the value lies
 * anyway. Logs and traces over REST say `withoutValue`, and leave its causes out, which quote it too.
 */
export class RecordValueError extends DataError {
  readonly withoutValue: string;
  constructor(message: string, withoutValue: string, options?: ErrorOptions) {
    super(message, options);
    this.withoutValue = withoutValue;
  }
}

/** A user's configuration mistake: exit code 1 at the command line, 400 over REST; never a stack trace. */
export class ConfigError extends ConnectError {
  override readonly javaClass: string = 'org.apache.kafka.common.config.ConfigException';
  override readonly name: string = 'ConfigError';
  readonly problems: readonly ConfigProblem[];
  constructor(problems: readonly ConfigProblem[], options?: ErrorOptions) {
    super(
      problems
        .map((problem) => (problem.key === '' ? problemText(problem) : `${problem.key}: ${problemText(problem)}`))
        .join('\n'),
      options,
    );
    this.problems = problems;
  }
}

export class NotFoundError extends ConnectError {
  override readonly javaClass: string = 'org.apache.kafka.connect.errors.NotFoundException';
  override readonly name: string = 'NotFoundError';
}

export class AlreadyExistsError extends ConnectError {
  override readonly javaClass: string = 'org.apache.kafka.connect.errors.AlreadyExistsException';
  override readonly name: string = 'AlreadyExistsError';
}

/** A request that no retry mends: 400 over REST. */
export class BadRequestError extends ConnectError {
  override readonly javaClass: string = 'org.apache.kafka.connect.runtime.rest.errors.BadRequestException';
  override readonly name: string = 'BadRequestError';
}

/** The consumer group has members: its offsets are theirs to write. */
export class GroupInUseError extends ConnectError {
  override readonly name: string = 'GroupInUseError';
}

/** The channel cannot take this append any more (fenced, invalidated, dropped): reopen if we still own the partition, rewind. */
export class ChannelInvalidError extends ConnectError {
  override readonly name: string = 'ChannelInvalidError';
  readonly code: string;
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The destination refuses for a reason that no retry mends (role, grants, missing database, bad key). */
export class DestinationRefusedError extends ConnectError {
  override readonly name: string = 'DestinationRefusedError';
}

/** A batch over the destination's limits; the writer splits it or, for one record, reports it. */
export class BatchTooLargeError extends ConnectError {
  override readonly name: string = 'BatchTooLargeError';
}

/** What logs and traces say of it: never a record's value. */
export const errorMessage = (error: unknown): string => {
  if (error instanceof RecordValueError) return error.withoutValue;
  return error instanceof Error ? error.message : String(error);
};

/** The trace that REST and DLQ show: Connect's class names, message and causes, without file names of ours for a user's mistake. */
export const javaTrace = (error: unknown): string => {
  const lines: string[] = [];
  for (let at: unknown = error, depth = 0; at !== undefined && at !== null && depth < 8; depth++) {
    const javaClass =
      at instanceof ConnectError ? at.javaClass : `java.lang.${at instanceof Error ? 'RuntimeException' : 'Object'}`;
    lines.push(`${depth === 0 ? '' : 'Caused by: '}${javaClass}: ${errorMessage(at)}`);
    at = at instanceof Error && !(at instanceof RecordValueError) ? at.cause : undefined;
  }
  return lines.join('\n');
};
