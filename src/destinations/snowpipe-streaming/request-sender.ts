import { BatchTooLargeError, ChannelInvalidError, type Clock, type Logger, type Random } from '../../api/index.ts';
import { backoffMs } from '../../util/backoff.ts';
import type { Credential } from '../sign-in/sign-in.ts';
import { type ErrorBody, withoutValues } from './json-reply.ts';
import type { Refusals } from './refusals.ts';
import { type Call, commonHeaders, requestId, urlOf } from './request-builder.ts';
import { backoffOf, judge } from './retry-logic.ts';
import { type Endpoint, type Transport, TransportError } from './transport.ts';

export interface Authorization {
  readonly endpoint: Endpoint;
  readonly origin: string;
  readonly token: string;
  readonly tokenType: Credential['tokenType'];
}

/** Where a call goes and as whom; it hears what the replies say about that. */
export interface Authorizer {
  authorize(signal: AbortSignal): Promise<Authorization>;
  tokenRejected(token: string): void;
  /** 410: the pipe lives on another host now. */
  failedOver(origin: string): void;
  /** No connection: the host's name or certificate is not right any more. */
  hostUnusable(origin: string): void;
}

export interface SentReply {
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface SendHooks {
  /** Runs before each try, the first included. */
  readonly beforeTry?: (signal: AbortSignal) => Promise<void>;
  readonly onRetry?: () => void;
}

/** 409 ERR_CHANNEL_HAS_UNCOMMITTED_DATA: open-channel waits for the commit. */
export class UncommittedDataError extends Error {
  override readonly name: string = 'UncommittedDataError';
}

export interface RequestSenderOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly refusals: Refusals;
  /** How long an endpoint that never answered yet may stay silent before it counts as unreachable. */
  readonly firstContactMs: number;
}

/** Codes of a connection that this host name will not get: it is asked for anew. */
const hostIsWrong = (code: string): boolean =>
  /^(ENOTFOUND|EAI_|ERR_TLS|CERT_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED)/.test(code);

/** How often a call asks again while a breaker is open: nothing goes over the wire. */
const breakerPollMs = 500;
const rediscoveries = 6;

/** One send under way: its tries and what the last ones met. */
interface Progress {
  readonly id: string;
  readonly startedAtMs: number;
  tries: number;
  /** Replies that are taken for passing only so often. */
  doubtful: number;
  /** Replies in a row that rejected the token. */
  unauthorized: number;
  /** The last error of the connection itself. */
  lastFailure: TransportError | null;
}

/**
 * Sends a call until a reply settles it: retries what may be retried, identical but for retryCount, as long as the signal lets it;
 * throws ChannelInvalidError, DestinationRefusedError or BatchTooLargeError for what may not.
 */
export class RequestSender {
  readonly #options: RequestSenderOptions;
  readonly #reached = new Set<string>();

  constructor(options: RequestSenderOptions) {
    this.#options = options;
  }

  async send(call: Call, authorizer: Authorizer, signal: AbortSignal, hooks: SendHooks = {}): Promise<SentReply> {
    const { clock, random } = this.#options;
    const progress: Progress = {
      id: requestId(random),
      startedAtMs: clock.now(),
      tries: 0,
      doubtful: 0,
      unauthorized: 0,
      lastFailure: null,
    };
    try {
      return await this.#tryUntilSettled(call, authorizer, progress, signal, hooks);
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    }
  }

  async #tryUntilSettled(
    call: Call,
    authorizer: Authorizer,
    progress: Progress,
    signal: AbortSignal,
    hooks: SendHooks,
  ): Promise<SentReply> {
    for (;;) {
      await hooks.beforeTry?.(signal);
      const authorization = await authorizer.authorize(signal);
      signal.throwIfAborted();
      const triesBefore = progress.tries;
      progress.tries += 1;
      const settled = await this.#try(call, authorization, authorizer, progress, signal);
      if (settled !== null) return settled;
      if (progress.tries > triesBefore) hooks.onRetry?.();
    }
  }

  /** Null: try again (any back-off is over). */
  async #try(
    call: Call,
    authorization: Authorization,
    authorizer: Authorizer,
    progress: Progress,
    signal: AbortSignal,
  ): Promise<SentReply | null> {
    try {
      const { status, text, headers } = await this.#exchange(call, authorization, progress, signal);
      this.#reached.add(authorization.origin);
      return await this.#settle(call, { status, text, headers }, authorization, authorizer, progress, signal);
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      if (error.code !== 'BREAKER_OPEN') progress.lastFailure = error;
      const { origin } = authorization;
      const silentMs = this.#options.clock.now() - progress.startedAtMs;
      if (!this.#reached.has(origin) && silentMs >= this.#options.firstContactMs) {
        throw this.#options.refusals.unreachable(call, origin, progress.lastFailure ?? error);
      }
      if (error.code === 'BREAKER_OPEN') {
        // Nothing was sent: no try.
        progress.tries -= 1;
        await this.#options.clock.sleep(breakerPollMs, signal);
        return null;
      }
      if (hostIsWrong(error.code)) authorizer.hostUnusable(origin);
      await this.#backOff(call, progress, `${error.code}: ${error.message}`, signal);
      return null;
    }
  }

  async #settle(
    call: Call,
    reply: SentReply & { readonly status: number },
    authorization: Authorization,
    authorizer: Authorizer,
    progress: Progress,
    signal: AbortSignal,
  ): Promise<SentReply | null> {
    const { decision, error } = judge(call.operation, reply.status, reply.text);
    const previouslyUnauthorized = progress.unauthorized;
    progress.unauthorized = decision.action === 'renew-token' ? previouslyUnauthorized + 1 : 0;
    switch (decision.action) {
      case 'accept':
        return reply;
      case 'retry':
        if (decision.atMost === Number.POSITIVE_INFINITY || ++progress.doubtful < decision.atMost) break;
        throw decision.otherwise === 'reopen'
          ? this.#invalid(reply.status, error)
          : this.#options.refusals.reply(call, reply.status, error);
      case 'renew-token':
        authorizer.tokenRejected(authorization.token);
        if (previouslyUnauthorized === 0) return null;
        throw this.#options.refusals.reply(call, reply.status, error);
      case 'rediscover':
        authorizer.failedOver(authorization.origin);
        if (call.operation === 'append' || call.operation === 'status') throw failedOverError();
        if (++progress.doubtful < rediscoveries) break;
        throw this.#options.refusals.reply(call, reply.status, error);
      case 'wait-for-commit':
        throw new UncommittedDataError('rows of the last holder are not committed yet');
      case 'reopen':
        throw this.#invalid(reply.status, error);
      case 'too-large':
        throw new BatchTooLargeError(
          `Snowflake refused ${call.headers['content-length']} bytes as too much for one append`,
        );
      case 'refuse':
        throw this.#options.refusals.reply(call, reply.status, error);
    }
    await this.#backOff(call, progress, `HTTP ${reply.status} ${error.code ?? withoutValues(error.message)}`, signal);
    return null;
  }

  /** One request and its reply, in the call's time. */
  async #exchange(
    call: Call,
    { endpoint, origin, token, tokenType }: Authorization,
    { id, tries }: Progress,
    signal: AbortSignal,
  ): Promise<SentReply & { readonly status: number }> {
    const either = new AbortController();
    const giveUp = (): void => either.abort(signal.reason);
    signal.addEventListener('abort', giveUp, { once: true });
    const timer = this.#options.clock.setTimer(call.timeoutMs, () =>
      either.abort(new TransportError('NO_REPLY_IN_TIME', `no reply within ${call.timeoutMs / 1000} s`)),
    );
    const headers = {
      ...commonHeaders,
      ...call.headers,
      authorization: `Bearer ${token}`,
      'x-snowflake-authorization-token-type': tokenType,
    };
    try {
      const url = urlOf(origin, call, id, tries - 1);
      const request = { endpoint, method: call.method, url, headers, body: call.body, signal: either.signal };
      const reply = await this.#options.transport.request(request);
      return { status: reply.status, headers: reply.headers, text: await reply.text() };
    } finally {
      timer.cancel();
      signal.removeEventListener('abort', giveUp);
    }
  }

  async #backOff(call: Call, { tries, id }: Progress, reason: string, signal: AbortSignal): Promise<void> {
    const { random, logger } = this.#options;
    const delayMs = backoffMs(backoffOf(call.operation), tries, random);
    const fields = {
      operation: call.operation,
      channel: call.channel,
      requestId: id,
      tries,
      delayMs: Math.round(delayMs),
    };
    // One hiccup is ordinary; what lasts is told, ever more rarely.
    const lasts = tries > 1 && (tries & (tries - 1)) === 0;
    logger[lasts ? 'warn' : 'debug'](
      fields,
      `Snowflake did not answer the ${call.operation} as hoped (${reason}); trying again`,
    );
    await this.#options.clock.sleep(delayMs, signal);
  }

  #invalid(status: number, { code, statusCode, message }: ErrorBody): ChannelInvalidError {
    const named = code ?? (statusCode === null ? `HTTP_${status}` : `STATUS_CODE_${statusCode}`);
    return new ChannelInvalidError(
      named,
      `Snowflake takes no more rows on this channel: ${named} ${withoutValues(message)}`.trimEnd(),
    );
  }
}

/** 410: the pipe moved, and with it every channel. */
export const failedOverError = (): ChannelInvalidError =>
  new ChannelInvalidError(
    'PIPE_FAILED_OVER',
    'the pipe moved to another host (HTTP 410): its channels must be opened there',
  );
