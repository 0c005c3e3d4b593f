import type { Agent, AgentOptions, ClientRequest, IncomingMessage } from 'node:http';
import type { ConnectionOptions } from 'node:tls';
import { errorMessage } from '../api/index.ts';

export interface HttpClientOptions {
  /** To one origin; further requests wait. */
  readonly connections: number;
  /** To a connection that can be used, behind a proxy's tunnel and TLS; 0: no limit. */
  readonly connectTimeoutMs: number;
  /** From the end of the request to the answer, and from piece to piece of it; 0, as without it: the caller's signal is the limit. */
  readonly readTimeoutMs?: number;
  readonly maxAnswerBytes?: number;
  readonly tls?: ConnectionOptions;
  /** The proxy on the way to an origin, as a URL with its credentials; null: none. */
  readonly proxyTo: (origin: string) => string | null;
}

export interface HttpClientRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent one after another, never joined, and not read once `request` has settled. */
  readonly body: readonly Uint8Array[] | null;
  readonly signal?: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** No answer came: whether the request was carried out is unknown. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  /** Node's or OpenSSL's (ECONNREFUSED, CERT_HAS_EXPIRED …), ETIMEDOUT, ANSWER_TOO_LARGE, CLOSED, UNKNOWN. */
  readonly code: string;
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** A connection that nobody uses is closed after this; earlier where the server says so. */
const idleMs = 10_000;

/**
 * HTTP/1.1 with a bounded pool of kept connections for each origin. It is Node's own client, whose parser is part of the binary: undici
 * brings one in WebAssembly, and V8 takes a third of a second and 23 MB to compile it.
 */
export class HttpClient {
  readonly #options: HttpClientOptions;
  readonly #agents = new Map<string, Agent>();
  readonly #underWay = new Set<ClientRequest>();

  constructor(options: HttpClientOptions) {
    this.#options = options;
  }

  /** @throws HttpError, or the signal's reason */
  async request(request: HttpClientRequest): Promise<HttpAnswer> {
    try {
      return await this.#send(request);
    } catch (error) {
      request.signal?.throwIfAborted();
      throw asHttpError(error);
    }
  }

  /** Ends what is under way with CLOSED. */
  close(): void {
    for (const sent of this.#underWay) sent.destroy(new HttpError('CLOSED', 'the connection was closed'));
    for (const agent of this.#agents.values()) agent.destroy();
  }

  async #send({ method, url, headers, body, signal }: HttpClientRequest): Promise<HttpAnswer> {
    const target = new URL(url);
    const answered = Promise.withResolvers<IncomingMessage>();
    const failed = Promise.withResolvers<never>();
    const options = { method, headers, agent: this.#agentFor(target), ...(signal === undefined ? {} : { signal }) };
    const sent = clientOf(target.protocol).request(target, options, answered.resolve);
    this.#underWay.add(sent);
    // also after the answer: what happens to a connection later is no one's business
    sent.on('error', failed.reject);
    const silence = limitSilence(sent, this.#options.readTimeoutMs ?? 0);
    try {
      for (const chunk of body ?? []) sent.write(chunk);
      sent.end();
      const read = answered.promise.then((message) => this.#read(message, silence.broken));
      return await Promise.race([read, failed.promise]);
    } finally {
      silence.end();
      this.#underWay.delete(sent);
      // An answer may come before the body has gone out. The body's memory is used again: nobody may read it after this.
      if (!sent.writableFinished) sent.destroy();
    }
  }

  async #read(message: IncomingMessage, broken: () => void): Promise<HttpAnswer> {
    const { maxAnswerBytes = Number.POSITIVE_INFINITY } = this.#options;
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of message as AsyncIterable<Buffer>) {
      broken();
      size += chunk.length;
      if (size > maxAnswerBytes) {
        throw new HttpError('ANSWER_TOO_LARGE', `the answer is larger than ${maxAnswerBytes} bytes`);
      }
      chunks.push(chunk);
    }
    const headers = Object.entries(message.headers).map(([name, value]) => [name, String(value ?? '')]);
    return {
      status: message.statusCode ?? 0,
      headers: Object.fromEntries(headers),
      text: Buffer.concat(chunks).toString('utf8'),
    };
  }

  #agentFor({ origin, protocol }: URL): Agent {
    const known = this.#agents.get(origin);
    if (known !== undefined) return known;
    const { connections, connectTimeoutMs, tls, proxyTo } = this.#options;
    const proxy = proxyTo(origin);
    const way = proxy === null ? {} : { proxyEnv: { HTTP_PROXY: proxy, HTTPS_PROXY: proxy } };
    const { Agent: AgentOf } = clientOf(protocol);
    const options: AgentOptions = { keepAlive: true, maxSockets: connections, timeout: idleMs, ...tls, ...way };
    const agent = new AgentOf(options);
    limitConnecting(agent, connectTimeoutMs, protocol === 'https:', proxy !== null);
    this.#agents.set(origin, agent);
    return agent;
  }
}

/** An import would evaluate all that node:http exports, fetch's whole client among it. */
const clientOf = (protocol: string) =>
  protocol === 'https:' ? process.getBuiltinModule('node:https') : process.getBuiltinModule('node:http');

/** Ends a connection that is not there in time. Node's own limits begin anew with every byte, and leave TLS within a tunnel out. */
const limitConnecting = (agent: Agent, limitMs: number, isTls: boolean, hasProxy: boolean): void => {
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (options, done) => {
    let timer: NodeJS.Timeout | undefined;
    const settled: typeof done = (error, stream) => {
      clearTimeout(timer);
      done?.(error, stream);
    };
    const socket = connect({ ...options, timeout: 0 }, settled);
    if (!socket || limitMs === 0) return socket;
    timer = setTimeout(() => {
      const error = new HttpError('ETIMEDOUT', `no connection within ${limitMs / 1000} s`);
      // who waits for a tunnel has no socket yet, and hears of this one only
      done?.(error, socket);
      socket.on('error', () => {}).destroy(error);
    }, limitMs);
    const clear = () => clearTimeout(timer);
    // a tunnel is there when `done` says so
    if (!isTls || !hasProxy) socket.once(isTls ? 'secureConnect' : 'connect', clear);
    socket.once('close', clear);
    return socket;
  };
};

const limitSilence = (sent: ClientRequest, limitMs: number) => {
  let timer: NodeJS.Timeout | undefined;
  const giveUp = () => sent.destroy(new HttpError('ETIMEDOUT', `no answer within ${limitMs / 1000} s`));
  const begin = () => {
    timer = setTimeout(giveUp, limitMs);
  };
  if (limitMs > 0) sent.once('finish', begin);
  return {
    broken: () => void timer?.refresh(),
    end: () => {
      sent.off('finish', begin);
      clearTimeout(timer);
    },
  };
};

const asHttpError = (error: unknown): HttpError => {
  if (error instanceof HttpError) return error;
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'UNKNOWN';
  return new HttpError(code, reasonOf(error), { cause: error });
};

/** Node's AggregateError of a name's several addresses has its reasons inside. */
const reasonOf = (error: unknown): string => {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(reasonOf).join(', ');
  return errorMessage(error);
};
