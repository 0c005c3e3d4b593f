import { Readable } from 'node:stream';
import type { Agent, Dispatcher } from 'undici';
import send from 'undici/lib/api/api-request.js';
import UndiciAgent from 'undici/lib/dispatcher/agent.js';
import type { ProxySettings } from '../../api/index.ts';
import { type ProxyRoute, proxyFor } from '../proxy-route.ts';
import { type HttpReply, type HttpRequest, type Transport, TransportError } from './transport.ts';

/** The first error that has a code: undici wraps what the socket said. */
const asTransportError = (error: unknown): TransportError => {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ('code' in at && typeof at.code === 'string') return new TransportError(at.code, at.message, { cause: error });
  }
  return new TransportError('UNKNOWN', error instanceof Error ? error.message : String(error), { cause: error });
};

const oneValueEach = (headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value ?? '')]));

export interface UndiciTransportOptions {
  readonly connections: number;
  readonly connectTimeoutMs: number;
  /** Null: what the environment says. */
  readonly proxy?: ProxySettings | null;
}

const agentOptions = ({ connections, connectTimeoutMs }: UndiciTransportOptions): Agent.Options => ({
  connections,
  connect: { timeout: connectTimeoutMs },
  headersTimeout: 0,
  bodyTimeout: 0,
});

/** A proxy needs all of undici: it is loaded where there is one. */
const proxyAgent = async (route: ProxyRoute, options: UndiciTransportOptions): Promise<Dispatcher> => {
  const { ProxyAgent } = await import('undici');
  const credentials = Buffer.from(`${route.user ?? ''}:${route.password ?? ''}`).toString('base64');
  return new ProxyAgent({
    ...agentOptions(options),
    uri: route.uri,
    ...(route.user === null ? {} : { token: `Basic ${credentials}` }),
  });
};

/** HTTP/1.1 keep-alive with a bounded pool for each origin, through a proxy where one is named. Time limits are the caller's: its signals end a request. */
export class UndiciTransport implements Transport {
  readonly #options: UndiciTransportOptions;
  readonly #direct: Agent;
  /** By origin; null: none is on the way. */
  readonly #proxies = new Map<string, Promise<Dispatcher> | null>();

  constructor(options: UndiciTransportOptions) {
    this.#options = options;
    this.#direct = new UndiciAgent(agentOptions(options));
  }

  #agentFor(origin: string): Dispatcher | Promise<Dispatcher> {
    const known = this.#proxies.get(origin);
    if (known !== undefined) return known ?? this.#direct;
    const route = proxyFor(origin, this.#options.proxy ?? null, process.env);
    const agent = route === null ? null : proxyAgent(route, this.#options);
    this.#proxies.set(origin, agent);
    return agent ?? this.#direct;
  }

  async request({ method, url, headers, body, signal }: HttpRequest): Promise<HttpReply> {
    const { origin, pathname, search } = new URL(url);
    try {
      const reply = await send.call(await this.#agentFor(origin), {
        origin,
        path: `${pathname}${search}`,
        method,
        headers,
        body: body === null ? null : body.length === 1 ? (body[0] ?? null) : Readable.from(body),
        signal,
      });
      return {
        status: reply.statusCode,
        headers: oneValueEach(reply.headers),
        text: () => this.#text(reply.body, signal),
      };
    } catch (error) {
      signal.throwIfAborted();
      throw asTransportError(error);
    }
  }

  async #text(body: { text(): Promise<string> }, signal: AbortSignal): Promise<string> {
    try {
      return await body.text();
    } catch (error) {
      signal.throwIfAborted();
      throw asTransportError(error);
    }
  }

  async close(): Promise<void> {
    const agents = await Promise.all([this.#direct, ...this.#proxies.values()]);
    await Promise.all(agents.map((agent) => agent?.destroy()));
  }
}
