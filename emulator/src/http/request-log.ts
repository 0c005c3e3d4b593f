import { HttpRefusal, type HttpRequest, type Reply } from './exchange.ts';

export interface LoggedRequest {
  readonly atMs: number;
  readonly method: string;
  /** Without the query string, which may hold tokens. */
  readonly path: string;
  /** Null: the connection was cut. */
  readonly status: number | null;
  readonly tookMs: number;
}

const kept = 50;

/** The last requests, newest first, for the page; those of the page itself are left out. */
export class RequestLog {
  readonly #requests: LoggedRequest[] = [];
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  latest(): readonly LoggedRequest[] {
    return [...this.#requests].reverse();
  }

  async around(request: HttpRequest, handle: () => Promise<Reply | null>): Promise<Reply | null> {
    const atMs = this.#nowMs();
    let status: number | null = null;
    try {
      const reply = await handle();
      status = reply?.status ?? 404;
      return reply;
    } catch (error) {
      if (error instanceof HttpRefusal) status = error.reply.status;
      throw error;
    } finally {
      const path = `/${request.segments.join('/')}`;
      this.#requests.push({ atMs, method: request.method, path, status, tookMs: this.#nowMs() - atMs });
      if (this.#requests.length > kept) this.#requests.shift();
    }
  }
}
