import type { Agent, ClientRequest, IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type { ProxySettings } from '../../api/index.ts';
import { type ProxyRoute, proxyFor } from '../proxy-route.ts';
import { type HttpReply, type HttpRequest, type Transport, TransportError } from './transport.ts';

export interface HttpTransportOptions {
  /** To one origin. */
  readonly connections: number;
  readonly connectTimeoutMs: number;
  /** Null: what the environment says. */
  readonly proxy?: ProxySettings | null;
}

/**
 * Node's own, whose parser is part of the binary: undici brings one in WebAssembly, and V8 takes a third of a second and 23 MB to compile
 * it. An import would evaluate all that node:http exports, fetch's whole client among it.
 */
const clientOf = (protocol: string) =>
  protocol === 'https:' ? process.getBuiltinModule('node:https') : process.getBuiltinModule('node:http');

/** The first error that has a code. */
const asTransportError = (error: unknown): TransportError => {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at instanceof TransportError) return at;
    if ('code' in at && typeof at.code === 'string') return new TransportError(at.code, at.message, { cause: error });
  }
  return new TransportError('UNKNOWN', error instanceof Error ? error.message : String(error), { cause: error });
};

const proxyUrl = ({ uri, user, password }: ProxyRoute): string => {
  const url = new URL(uri);
  url.username = encodeURIComponent(user ?? '');
  url.password = encodeURIComponent(password ?? '');
  return url.href;
};

const oneValueEach = (headers: IncomingMessage['headers']): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value ?? '')]));

const readReply = async (message: IncomingMessage): Promise<HttpReply> => {
  let text = '';
  for await (const chunk of message.setEncoding('utf8')) text += chunk;
  return { status: message.statusCode ?? 0, headers: oneValueEach(message.headers), text: async () => text };
};

/** HTTP/1.1 keep-alive with a bounded pool for each origin, through a proxy where one is named. Time limits are the caller's: its signals end a request. */
export class HttpTransport implements Transport {
  readonly #options: HttpTransportOptions;
  readonly #agents = new Map<string, Agent>();
  readonly #underWay = new Set<ClientRequest>();

  constructor(options: HttpTransportOptions) {
    this.#options = options;
  }

  #agentFor({ origin, protocol }: URL): Agent {
    const known = this.#agents.get(origin);
    if (known !== undefined) return known;
    const { connections, connectTimeoutMs, proxy = null } = this.#options;
    const route = proxyFor(origin, proxy, process.env);
    const way = route === null ? {} : { proxyEnv: { HTTP_PROXY: proxyUrl(route), HTTPS_PROXY: proxyUrl(route) } };
    const { Agent: AgentOf } = clientOf(protocol);
    // `timeout`: for a proxy's tunnel, and how long a connection that nobody uses is kept (less where the server says so)
    const agent = new AgentOf({ keepAlive: true, maxSockets: connections, timeout: connectTimeoutMs, ...way });
    this.#agents.set(origin, agent);
    return agent;
  }

  async request(request: HttpRequest): Promise<HttpReply> {
    try {
      return await this.#send(request);
    } catch (error) {
      request.signal.throwIfAborted();
      throw asTransportError(error);
    }
  }

  async #send({ method, url, headers, body, signal }: HttpRequest): Promise<HttpReply> {
    const target = new URL(url);
    const { promise: replied, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const timeout = this.#options.connectTimeoutMs;
    const agent = this.#agentFor(target);
    const sent = clientOf(target.protocol).request(target, { method, headers, agent, signal, timeout }, resolve);
    this.#underWay.add(sent);
    // also after the reply: what happens to a connection later is no one's business
    sent.on('error', reject);
    sent.once('timeout', () => {
      if (isConnecting(sent)) sent.destroy(new TransportError('ETIMEDOUT', `no connection within ${timeout / 1000} s`));
    });
    try {
      for (const chunk of body ?? []) sent.write(chunk);
      sent.end();
      return await readReply(await replied);
    } finally {
      this.#underWay.delete(sent);
      // An answer may come before the body has gone out. The body's memory is used again: nobody may read it after this.
      if (!sent.writableFinished) sent.destroy();
    }
  }

  async close(): Promise<void> {
    for (const sent of this.#underWay) sent.destroy(new TransportError('CLOSED', 'the connection was closed'));
    for (const agent of this.#agents.values()) agent.destroy();
  }
}

/** Or still shaking hands. */
const isConnecting = ({ socket }: ClientRequest): boolean =>
  socket !== null &&
  (socket.connecting || (socket as Partial<TLSSocket> & { secureConnecting?: boolean }).secureConnecting === true);
