import type { ProxySettings } from '../../api/index.ts';
import { HttpClient, HttpError } from '../../util/http-client.ts';
import { type ProxyRoute, proxyFor } from '../proxy-route.ts';
import { type HttpReply, type HttpRequest, type Transport, TransportError } from './transport.ts';

export interface HttpTransportOptions {
  /** To one origin. */
  readonly connections: number;
  readonly connectTimeoutMs: number;
  /** Null: what the environment says. */
  readonly proxy?: ProxySettings | null;
}

/** Through a proxy where one is named. Time limits of replies are the caller's: its signals end a request. */
export class HttpTransport implements Transport {
  readonly #client: HttpClient;

  constructor({ connections, connectTimeoutMs, proxy = null }: HttpTransportOptions) {
    const proxyTo = (origin: string) => proxyUrl(proxyFor(origin, proxy, process.env));
    this.#client = new HttpClient({ connections, connectTimeoutMs, proxyTo });
  }

  async request(request: HttpRequest): Promise<HttpReply> {
    try {
      const { status, headers, text } = await this.#client.request(request);
      return { status, headers, text: async () => text };
    } catch (error) {
      if (error instanceof HttpError) throw new TransportError(error.code, error.message, { cause: error.cause });
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#client.close();
  }
}

const proxyUrl = (route: ProxyRoute | null): string | null => {
  if (route === null) return null;
  const url = new URL(route.uri);
  url.username = encodeURIComponent(route.user ?? '');
  url.password = encodeURIComponent(route.password ?? '');
  return url.href;
};
