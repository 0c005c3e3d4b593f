import { type Clock, errorMessage, type Random } from '../api/index.ts';
import { backoffMs } from '../util/backoff.ts';
import { createClientCredentialsToken } from '../util/client-credentials-token.ts';
import { type HttpAnswer, HttpClient } from '../util/http-client.ts';
import { RegistryAnswerError, RegistryAwayError } from './registry-error.ts';
import type { RegistrySettings } from './registry-settings.ts';

const accept = 'application/vnd.schemaregistry.v1+json, application/vnd.schemaregistry+json, application/json';
const contentType = 'application/vnd.schemaregistry.v1+json';
/** A schema is a few kilobytes; what is larger is none. */
const maxAnswerBytes = 16 * 1024 * 1024;
/** To one address. */
const connections = 4;
/** Request Timeout, Too Many Requests, and a proxy that wants other credentials: none of them says anything about the schema. */
const saysNothing: ReadonlySet<number> = new Set([407, 408, 429]);

/** Requests to one registry of several addresses: the one that answered last is asked first, the others follow in order. */
export class RegistryHttp {
  readonly #settings: RegistrySettings;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #client: HttpClient;
  readonly #authorization: () => Promise<string | null>;
  #preferred = 0;

  constructor(settings: RegistrySettings, clock: Clock, random: Random) {
    this.#settings = settings;
    this.#clock = clock;
    this.#random = random;
    const { tls, connectTimeoutMs, readTimeoutMs, proxyUrl } = settings;
    const proxyTo = () => proxyUrl;
    this.#client = new HttpClient({ connections, connectTimeoutMs, readTimeoutMs, maxAnswerBytes, tls, proxyTo });
    this.#authorization = authorizationOf(settings, clock);
  }

  /**
   * The JSON answer. Repeated up to max.retries times where none came.
   * @throws RegistryAnswerError (4xx), RegistryAwayError (no answer, 407, 408, 429, 5xx)
   */
  async json(method: 'GET' | 'POST', path: string, body?: object): Promise<unknown> {
    const { maxRetries, retryWaitMs, retryMaxWaitMs } = this.#settings;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#anywhere(method, path, body);
      } catch (error) {
        if (!(error instanceof RegistryAwayError) || attempt > maxRetries) throw error;
        const policy = { initialMs: retryWaitMs, maxMs: retryMaxWaitMs, jitter: 0.2 };
        await this.#clock.sleep(backoffMs(policy, attempt, this.#random));
      }
    }
  }

  async close(): Promise<void> {
    this.#client.close();
  }

  async #anywhere(method: 'GET' | 'POST', path: string, body: object | undefined): Promise<unknown> {
    const { urls } = this.#settings;
    const failures: string[] = [];
    for (let turn = 0; turn < urls.length; turn++) {
      const index = (this.#preferred + turn) % urls.length;
      try {
        const answer = await this.#one(`${urls[index]}${path}`, method, body);
        this.#preferred = index;
        return answer;
      } catch (error) {
        if (!(error instanceof RegistryAwayError)) throw error;
        failures.push(error.message);
      }
    }
    throw new RegistryAwayError(failures.join('; '));
  }

  async #one(url: string, method: 'GET' | 'POST', body: object | undefined): Promise<unknown> {
    const { origin } = new URL(url);
    const authorization = await this.#authorized();
    const content = body === undefined ? null : Buffer.from(JSON.stringify(body));
    const headers = {
      accept,
      ...(content === null ? {} : { 'content-type': contentType, 'content-length': String(content.length) }),
      ...(authorization === null ? {} : { authorization }),
      ...this.#settings.headers,
    };
    let answer: HttpAnswer;
    try {
      answer = await this.#client.request({ method, url, headers, body: content && [content] });
    } catch (error) {
      throw new RegistryAwayError(`Schema Registry ${origin} gave no answer: ${errorMessage(error)}`, { cause: error });
    }
    const { status, text } = answer;
    if (status === 200) return parsed(text, origin);
    const { code, message } = problemOf(text, status);
    if (saysNothing.has(status) || status >= 500) {
      throw new RegistryAwayError(`Schema Registry ${origin} answered ${status}: ${message}`);
    }
    throw new RegistryAnswerError(status, code, message);
  }

  async #authorized(): Promise<string | null> {
    try {
      return await this.#authorization();
    } catch (error) {
      throw new RegistryAwayError(errorMessage(error), { cause: error });
    }
  }
}

const authorizationOf = ({ credentials }: RegistrySettings, clock: Clock): (() => Promise<string | null>) => {
  switch (credentials.kind) {
    case 'none':
      return async () => null;
    case 'basic': {
      const basic = `Basic ${Buffer.from(credentials.userInfo).toString('base64')}`;
      return async () => basic;
    }
    case 'bearer':
      return async () => `Bearer ${credentials.token}`;
    case 'oauth': {
      const token = createClientCredentialsToken(credentials, clock);
      return async () => `Bearer ${await token()}`;
    }
  }
};

const parsed = (text: string, origin: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new RegistryAwayError(`Schema Registry ${origin} answered with something that is no JSON`, { cause });
  }
};

const problemOf = (text: string, status: number): { readonly code: number; readonly message: string } => {
  try {
    const { error_code: code = status, message = `HTTP status ${status}` } = JSON.parse(text);
    return { code: Number(code), message: String(message) };
  } catch {
    return { code: status, message: `HTTP status ${status}` };
  }
};
