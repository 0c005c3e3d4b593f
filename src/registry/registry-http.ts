import type { buildConnector, Dispatcher } from 'undici';
import { type Clock, ConnectError, errorMessage, type Random } from '../api/index.ts';
import { backoffMs } from '../util/backoff.ts';
import { createClientCredentialsToken } from '../util/client-credentials-token.ts';
import { RegistryAnswerError, RegistryAwayError } from './registry-error.ts';
import type { RegistrySettings } from './registry-settings.ts';

const accept = 'application/vnd.schemaregistry.v1+json, application/vnd.schemaregistry+json, application/json';
const contentType = 'application/vnd.schemaregistry.v1+json';
/** A schema is a few kilobytes; what is larger is none. */
const maxAnswerBytes = 16 * 1024 * 1024;

/** Requests to one registry of several addresses: the one that answered last is asked first, the others follow in order. */
export class RegistryHttp {
  readonly #settings: RegistrySettings;
  readonly #clock: Clock;
  readonly #random: Random;
  /** undici weighs 27 MB a thread: loaded with the first request, which most workers never send. */
  #client: Promise<Client> | null = null;
  readonly #authorization: () => Promise<string | null>;
  #preferred = 0;

  constructor(settings: RegistrySettings, clock: Clock, random: Random) {
    this.#settings = settings;
    this.#clock = clock;
    this.#random = random;
    this.#authorization = authorizationOf(settings, clock);
  }

  /**
   * The JSON answer. Repeated up to max.retries times where none came.
   * @throws RegistryAnswerError (4xx), RegistryAwayError (no answer, 408, 429, 5xx)
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
    await (await this.#client)?.dispatcher.close();
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
    const { headers, readTimeoutMs } = this.#settings;
    const { origin } = new URL(url);
    const authorization = await this.#authorized();
    let status: number;
    let text: string;
    this.#client ??= loadClient(this.#settings);
    const { request, dispatcher } = await this.#client;
    try {
      const response = await request(url, {
        method,
        dispatcher,
        headersTimeout: readTimeoutMs,
        bodyTimeout: readTimeoutMs,
        headers: {
          accept,
          ...(body === undefined ? {} : { 'content-type': contentType }),
          ...(authorization === null ? {} : { authorization }),
          ...headers,
        },
        body: body === undefined ? null : JSON.stringify(body),
      });
      status = response.statusCode;
      text = await textOf(response.body);
    } catch (error) {
      throw new RegistryAwayError(`Schema Registry ${origin} gave no answer: ${reasonOf(error)}`, { cause: error });
    }
    if (status === 200) return parsed(text, origin);
    const { code, message } = problemOf(text, status);
    if (status === 408 || status === 429 || status >= 500) {
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

interface Client {
  readonly request: typeof import('undici').request;
  readonly dispatcher: Dispatcher;
}

const loadClient = async ({ tls, connectTimeoutMs, proxyUrl }: RegistrySettings): Promise<Client> => {
  const { Agent, ProxyAgent, request } = await import('undici');
  const options = { connections: 4, keepAliveTimeout: 10_000 };
  const connect = { ...tls, timeout: connectTimeoutMs } as buildConnector.BuildOptions;
  const dispatcher =
    proxyUrl === null
      ? new Agent({ ...options, connect })
      : new ProxyAgent({ ...options, uri: proxyUrl, requestTls: connect });
  return { request, dispatcher };
};

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

const textOf = async (body: AsyncIterable<Buffer>): Promise<string> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxAnswerBytes) throw new ConnectError(`the answer is larger than ${maxAnswerBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
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

/** Node's AggregateError of several addresses has its reasons inside. */
const reasonOf = (error: unknown): string => {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(reasonOf).join(', ');
  return errorMessage(error);
};
