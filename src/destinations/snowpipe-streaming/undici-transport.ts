import { Readable } from 'node:stream';
import type { Agent } from 'undici';
import send from 'undici/lib/api/api-request.js';
import UndiciAgent from 'undici/lib/dispatcher/agent.js';
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

/** HTTP/1.1 keep-alive with a bounded pool for each origin. Time limits are the caller's: its signals end a request. */
export class UndiciTransport implements Transport {
  readonly #agent: Agent;

  constructor(options: { readonly connections: number; readonly connectTimeoutMs: number }) {
    this.#agent = new UndiciAgent({
      connections: options.connections,
      connect: { timeout: options.connectTimeoutMs },
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  async request({ method, url, headers, body, signal }: HttpRequest): Promise<HttpReply> {
    const { origin, pathname, search } = new URL(url);
    try {
      const reply = await send.call(this.#agent, {
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

  close(): Promise<void> {
    return this.#agent.destroy();
  }
}
