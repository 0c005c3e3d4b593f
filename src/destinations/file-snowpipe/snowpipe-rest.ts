import {
  type Clock,
  DestinationRefusedError,
  type Logger,
  type Random,
  type SnowflakeAccount,
} from '../../api/index.ts';
import { backoffMs } from '../../util/backoff.ts';
import type { CurrentSignIn } from '../sign-in/current-sign-in.ts';
import { asObject, parseJson, readErrorBody, textField } from '../snowpipe-streaming/json-reply.ts';
import { commonHeaders, requestId } from '../snowpipe-streaming/request-builder.ts';
import { type HttpRequest, type Transport, TransportError } from '../snowpipe-streaming/transport.ts';

export interface SnowpipeRestOptions {
  readonly account: SnowflakeAccount;
  readonly signIn: CurrentSignIn;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** What a load came to. */
export interface LoadReport {
  /** As insertFiles named it. */
  readonly path: string;
  /** All of its rows are in the table. */
  readonly isWhole: boolean;
  readonly rowsInserted: number;
  /** Why the others are not. */
  readonly reason: string;
}

const timeoutMs = 30_000;
const retries = { initialMs: 500, maxMs: 16_000, jitter: 0.5 };

/** Snowpipe's REST API: `/v1/data/pipes/{pipe}/…` with the JWT of the key pair (or another token of the account). */
export class SnowpipeRest {
  readonly #options: SnowpipeRestOptions;

  constructor(options: SnowpipeRestOptions) {
    this.#options = options;
  }

  /** Answered when Snowpipe has noted the files, not when it has loaded them. A name that it knows is passed over for 14 days. */
  async insertFiles(
    pipe: string,
    files: readonly { readonly path: string; readonly size?: number }[],
    signal: AbortSignal,
  ): Promise<void> {
    const body = Buffer.from(JSON.stringify({ files }));
    await this.#send('POST', pipe, 'insertFiles', [], body, signal);
  }

  /** Loads that ended in the last ten minutes. */
  async insertReport(pipe: string, signal: AbortSignal): Promise<readonly LoadReport[]> {
    return reportsIn(await this.#send('GET', pipe, 'insertReport', [], null, signal));
  }

  /** Loads that ended since then, up to 14 days ago. Snowflake limits how often it may be asked. */
  async loadHistoryScan(pipe: string, sinceMs: number, signal: AbortSignal): Promise<readonly LoadReport[]> {
    const query = [['startTimeInclusive', new Date(sinceMs).toISOString()]] as const;
    return reportsIn(await this.#send('GET', pipe, 'loadHistoryScan', query, null, signal));
  }

  /** Until a reply settles it, or the signal ends it. @throws DestinationRefusedError */
  async #send(
    method: HttpRequest['method'],
    pipe: string,
    action: string,
    query: readonly (readonly [string, string])[],
    body: Buffer | null,
    signal: AbortSignal,
  ): Promise<string> {
    const { account, clock, random, logger, signIn } = this.#options;
    const id = requestId(random);
    const parameters = [...query, ['requestId', id] as const].map(
      ([name, value]) => `${name}=${encodeURIComponent(value)}`,
    );
    const url = `${account.url.replace(/\/$/, '')}/v1/data/pipes/${encodeURIComponent(pipe)}/${action}?${parameters.join('&')}`;
    let isRenewed = false;
    for (let attempt = 1; ; attempt++) {
      let problem: string;
      try {
        const { status, text } = await this.#exchange(method, url, body, signal);
        if (status >= 200 && status < 300) return text;
        const { code, message } = readErrorBody(text);
        problem = `HTTP ${status} ${code ?? ''} ${message}`.replaceAll(/\s+/g, ' ').trim();
        if (status === 401 && !isRenewed) {
          isRenewed = true;
          signIn.get().forget();
          signIn.expire();
          continue;
        }
        if (status !== 408 && status !== 429 && status < 500) throw this.#refused(pipe, action, status, problem);
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof TransportError)) throw error;
        problem = `${error.code}: ${error.message}`;
      }
      const delayMs = backoffMs(retries, attempt, random);
      logger.warn({ delayMs, attempt }, `Snowpipe's ${action} of ${pipe} was not answered (${problem}); asking again`);
      await clock.sleep(delayMs, signal);
    }
  }

  async #exchange(
    method: HttpRequest['method'],
    url: string,
    body: Buffer | null,
    signal: AbortSignal,
  ): Promise<{ readonly status: number; readonly text: string }> {
    const { signIn, transport, clock } = this.#options;
    const { token, tokenType } = await (await signIn.current()).credential(signal);
    const late = new AbortController();
    const timer = clock.setTimer(timeoutMs, () =>
      late.abort(new TransportError('NO_REPLY_IN_TIME', `no reply within ${timeoutMs / 1000} s`)),
    );
    try {
      const reply = await transport.request({
        ...{ endpoint: 'account', method, url, signal: AbortSignal.any([signal, late.signal]) },
        headers: {
          ...commonHeaders,
          ...(body === null ? {} : { 'content-type': 'application/json', 'content-length': String(body.length) }),
          authorization: `Bearer ${token}`,
          'x-snowflake-authorization-token-type': tokenType,
        },
        body: body === null ? null : [body],
      });
      return { status: reply.status, text: await reply.text() };
    } finally {
      timer.cancel();
    }
  }

  #refused(pipe: string, action: string, status: number, problem: string): DestinationRefusedError {
    const advice =
      status === 401
        ? `${this.#options.signIn.get().advice}, and that this machine's clock is right.`
        : `The role needs OPERATE and MONITOR on the pipe, and USAGE on its database and schema; the user's default role is taken: GRANT OPERATE, MONITOR ON PIPE ${pipe} TO ROLE <role>;`;
    return new DestinationRefusedError(`Snowflake refused ${action} of pipe ${pipe}: ${problem}. ${advice}`);
  }
}

/** Of files whose load has ended, this way or that. */
const reportsIn = (text: string): readonly LoadReport[] => {
  const files = asObject(parseJson(text))?.['files'];
  if (!Array.isArray(files)) return [];
  return files.flatMap((file): LoadReport[] => {
    const report = asObject(file);
    const path = textField(report, 'path');
    const status = textField(report, 'status');
    if (path === null || !['LOADED', 'LOAD_FAILED', 'PARTIALLY_LOADED'].includes(status ?? '')) return [];
    return [
      {
        path,
        isWhole: status === 'LOADED',
        rowsInserted: Number(report?.['rowsInserted'] ?? 0),
        reason: textField(report, 'firstError', 'systemError') ?? '',
      },
    ];
  });
};
