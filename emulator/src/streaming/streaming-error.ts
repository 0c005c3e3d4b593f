import type { MissingObject, PipeName } from './ports.ts';

/** A refusal: HTTP status, Snowflake's code, text. The HTTP shell chooses the body form (`code` or `error_code`). */
export interface StreamingError {
  readonly httpStatus: number;
  readonly code: string;
  readonly message: string;
}

export type Result<T> =
  | { readonly ok: T; readonly error?: undefined }
  | { readonly ok?: undefined; readonly error: StreamingError };

const notFoundCodes: Readonly<Record<MissingObject, string>> = {
  database: 'ERR_DATABASE_DOES_NOT_EXIST_OR_NOT_AUTHORIZED',
  schema: 'ERR_SCHEMA_DOES_NOT_EXIST_OR_NOT_AUTHORIZED',
  pipe: 'ERR_PIPE_DOES_NOT_EXIST_OR_NOT_AUTHORIZED',
  table: 'ERR_TABLE_DOES_NOT_EXIST_NOT_AUTHORIZED',
};

/** 404 by kind of object. [documented codes; the code for a schema is inferred] */
export const objectNotFound = (missing: MissingObject, pipe: PipeName): StreamingError => ({
  httpStatus: 404,
  code: notFoundCodes[missing],
  message: `The ${missing} of pipe ${pipe.database}.${pipe.schema}.${pipe.pipe} does not exist or not authorized.`,
});

/** [documented code; observed body and status 400] */
export const staleContinuationToken: StreamingError = {
  httpStatus: 400,
  code: 'STALE_CONTINUATION_TOKEN_SEQUENCER',
  message: 'Channel sequencer in the continuation token is stale. Please reopen the channel',
};

/** [inferred: documents give no code for a token that never was one] */
export const malformedContinuationToken: StreamingError = {
  httpStatus: 400,
  code: 'INVALID_CONTINUATION_TOKEN',
  message: 'The continuation token is missing or malformed.',
};

/** [documented] */
export const channelNotFound = (channel: string): StreamingError => ({
  httpStatus: 404,
  code: 'ERR_CHANNEL_DOES_NOT_EXIST_OR_NOT_AUTHORIZED',
  message: `Channel ${channel} does not exist or not authorized.`,
});

/** A channel whose status is no longer SUCCESS takes no rows until it is opened again. [documented: 409, reopen] */
export const channelInvalid = (channel: string, statusCode: string): StreamingError => ({
  httpStatus: 409,
  code: statusCode,
  message: `Channel ${channel} is invalid and must be reopened.`,
});

/** [documented: `fail_on_uncommitted_rows` of open and drop] */
export const hasUncommittedData = (channel: string): StreamingError => ({
  httpStatus: 409,
  code: 'ERR_CHANNEL_HAS_UNCOMMITTED_DATA',
  message: `Channel ${channel} has uncommitted data.`,
});

/** Two opens race, or an open meets a commit that is being written. Clients retry. [observed] */
export const openInProgress = (channel: string): StreamingError => ({
  httpStatus: 409,
  code: 'ERR_OPEN_CHANNEL_IN_PROGRESS',
  message: `Another open of channel ${channel} is in progress.`,
});

/** 2 000 named channels per pipe. [documented limit; status and code inferred] */
export const tooManyChannels = (limit: number): StreamingError => ({
  httpStatus: 400,
  code: 'ERR_CHANNEL_LIMIT_EXCEEDED',
  message: `The pipe has reached its limit of ${limit} channels.`,
});

/** 10 append requests per second and channel. [documented limit; observed body] */
export const rateExceeded: StreamingError = {
  httpStatus: 429,
  code: '390701',
  message: 'Request rate exceeds max. Try later.',
};
