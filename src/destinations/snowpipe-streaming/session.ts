import type { Clock, Logger, SnowflakeAccount } from '../../api/index.ts';
import { DestinationRefusedError } from '../../api/index.ts';
import { orAborted } from '../../util/signals.ts';
import type { CurrentSignIn } from '../sign-in/current-sign-in.ts';
import { asObject, numberField, parseJson, textField } from './json-reply.ts';
import { type Call, hostnameCall, tokenCall } from './request-builder.ts';
import type { Authorization, Authorizer, RequestSender, SendHooks, SentReply } from './request-sender.ts';

interface ScopedToken {
  readonly token: string;
  /** Clock's time. */
  readonly renewAtMs: number;
}

/** Snowflake's tokens live ten minutes or an hour; one whose life cannot be read is taken for the shorter. */
const assumedLifeMs = 600_000;
const renewBeforeMs = 60_000;

/** From `exp` (RFC 7519), measured from `iat` so that a clock that is off does not matter. */
const lifeMsOf = (token: string, nowMs: number): number => {
  const claims = asObject(parseJson(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()));
  const exp = numberField(claims, 'exp');
  if (exp === null) return assumedLifeMs;
  return Math.max(0, exp * 1000 - (numberField(claims, 'iat') ?? nowMs / 1000) * 1000);
};

/** Bare text (what the service sends) or JSON (what its documentation says). */
const bareOrJson = (text: string, ...names: readonly string[]): string => {
  const json = parseJson(text);
  if (typeof json === 'string') return json.trim();
  return textField(asObject(json), ...names) ?? text.trim();
};

/** TLS checks no name with an underscore; Snowflake's certificates hold the dash in its place. */
const withoutUnderscores = (url: URL): URL => {
  if (url.protocol === 'https:') url.hostname = url.hostname.replaceAll('_', '-');
  return url;
};

/** Discovery's reply → origin: scheme and port of the account URL where the reply has none. Null: no host name at all. */
export const ingestOrigin = (reply: string, accountUrl: string): string | null => {
  const named = bareOrJson(reply, 'hostname');
  if (!/^(https?:\/\/)?[a-z0-9._-]+(:\d+)?\/?$/i.test(named)) return null;
  const account = new URL(accountUrl);
  const url = new URL(named.includes('://') ? named : `${account.protocol}//${named}`);
  if (!named.includes('://') && !/:\d+\/?$/.test(named)) url.port = account.port;
  return withoutUnderscores(url).origin;
};

/** A value that is made once for all who wait, kept, and made again after it was dropped. */
class SingleFlight<T> {
  readonly #make: () => Promise<T>;
  #pending: Promise<T> | null = null;
  /** Null while it is being made. */
  held: T | null = null;

  constructor(make: () => Promise<T>) {
    this.#make = make;
  }

  get(): Promise<T> {
    if (this.#pending !== null) return this.#pending;
    const pending = this.#make();
    this.#pending = pending;
    pending.then(
      (value) => {
        if (this.#pending === pending) this.held = value;
      },
      // A failure belongs to those who waited for it; the next one starts anew.
      () => {
        if (this.#pending === pending) this.#pending = null;
      },
    );
    return pending;
  }

  drop(): void {
    this.#pending = null;
    this.held = null;
  }
}

export interface SessionOptions {
  readonly account: SnowflakeAccount;
  readonly signIn: CurrentSignIn;
  readonly sender: RequestSender;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Ends work that several callers wait for. */
  readonly closing: AbortSignal;
  /** All channels that were opened before are invalid. */
  readonly onFailedOver: () => void;
}

/** Who we are to Snowflake and where its rows go: ingest host and scoped token, found once, renewed in time, dropped when refused. */
export class Session {
  readonly #options: SessionOptions;
  readonly #accountOrigin: string;
  readonly #host: SingleFlight<string>;
  readonly #token: SingleFlight<ScopedToken>;
  /** The credential that last went to the ingest host itself. */
  #direct: string | null = null;
  #hasExchanged = false;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#accountOrigin = withoutUnderscores(new URL(options.account.url)).origin;
    this.#host = new SingleFlight(() => this.#discover());
    this.#token = new SingleFlight(() => this.#exchangeToken());
  }

  /** Sends a call to the ingest host. See RequestSender.send for what it throws. */
  send(call: Call, signal: AbortSignal, hooks?: SendHooks): Promise<SentReply> {
    return this.#options.sender.send(call, this.#ingest, signal, hooks);
  }

  readonly #ingest: Authorizer = {
    authorize: async (signal) => {
      signal.throwIfAborted();
      return await orAborted(this.#ingestAuthorization(), signal);
    },
    tokenRejected: (token) => {
      // Only the one that was refused: another caller may have fetched a new one already.
      if (this.#token.held?.token === token) this.#token.drop();
      if (this.#direct === token) this.#forgetCredential();
    },
    failedOver: (origin) => this.#failedOver(origin),
    hostUnusable: () => this.#host.drop(),
  };

  readonly #accountAuthorizer: Authorizer = {
    authorize: async () => {
      const { signIn, closing } = this.#options;
      const credential = await (await signIn.current()).credential(closing);
      return { endpoint: 'account', origin: this.#accountOrigin, ...credential };
    },
    tokenRejected: () => {},
    failedOver: () => {},
    hostUnusable: () => {},
  };

  async #ingestAuthorization(): Promise<Authorization> {
    const origin = await this.#host.get();
    const signIn = await this.#options.signIn.current();
    if (!signIn.isExchanged) {
      const credential = await signIn.credential(this.#options.closing);
      this.#direct = credential.token;
      return { endpoint: 'ingest', origin, ...credential };
    }
    const { held } = this.#token;
    if (held !== null && this.#options.clock.now() >= held.renewAtMs) this.#token.drop();
    const { token } = await this.#token.get();
    return { endpoint: 'ingest', origin, token, tokenType: 'OAUTH' };
  }

  async #discover(): Promise<string> {
    const { account, sender, closing, logger } = this.#options;
    const { text } = await sender.send(hostnameCall(), this.#accountAuthorizer, closing);
    const origin = ingestOrigin(text, this.#accountOrigin);
    if (origin === null) {
      throw new DestinationRefusedError(
        `${account.url} answered the question for its streaming host with something else than a host name: is snowflake.url.name a Snowflake account?`,
      );
    }
    logger.info({ ingest: origin }, 'Found the host that takes rows');
    return origin;
  }

  async #exchangeToken(): Promise<ScopedToken> {
    const { account, sender, clock, closing, signIn } = this.#options;
    // each new token is the occasion to take keys that were exchanged
    if (this.#hasExchanged) signIn.expire();
    this.#hasExchanged = true;
    const { hostname } = new URL(await this.#host.get());
    const { text } = await sender.send(tokenCall(hostname, account.role), this.#accountAuthorizer, closing);
    const token = bareOrJson(text, 'token', 'access_token');
    if (!/^[\w.~+/=-]+$/.test(token)) {
      throw new DestinationRefusedError(
        `${account.url} answered the token exchange with something else than a token: is snowflake.url.name a Snowflake account?`,
      );
    }
    const lifeMs = lifeMsOf(token, clock.now());
    return { token, renewAtMs: clock.now() + Math.max(lifeMs - renewBeforeMs, lifeMs / 2) };
  }

  #forgetCredential(): void {
    const { signIn } = this.#options;
    signIn.get().forget();
    signIn.expire();
  }

  #failedOver(origin: string): void {
    // Told once: the requests that were under way to the old host all come back with 410.
    if (this.#host.held !== origin) return;
    this.#host.drop();
    this.#token.drop();
    this.#options.logger.warn({ ingest: origin }, 'The pipe moved to another host (HTTP 410); finding it');
    this.#options.onFailedOver();
  }
}
