import type { IncomingMessage } from 'node:http';

/** What a route answers. */
export interface Reply {
  readonly status: number;
  readonly contentType: string;
  readonly body: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface HttpRequest {
  readonly method: string;
  /** Path segments, percent-decoded. */
  readonly segments: readonly string[];
  readonly query: URLSearchParams;
  readonly message: IncomingMessage;
}

export const jsonReply = (status: number, value: unknown): Reply => ({
  status,
  contentType: 'application/json',
  body: JSON.stringify(value),
});

export const textReply = (status: number, body: string): Reply => ({ status, contentType: 'text/plain', body });

/** A request that cannot be answered as asked; carries the answer that it gets instead. */
export class HttpRefusal extends Error {
  readonly reply: Reply;

  constructor(reply: Reply) {
    super(String(reply.body));
    this.name = 'HttpRefusal';
    this.reply = reply;
  }
}

/** The fault was to cut the connection. */
export class ConnectionCut extends Error {}

export const headerOf = (request: HttpRequest, name: string): string | null => {
  const value = request.message.headers[name];
  if (value === undefined) return null;
  return Array.isArray(value) ? value.join(', ') : value;
};

export const bearerToken = (request: HttpRequest): string | null =>
  /^bearer\s+(.+)$/i.exec(headerOf(request, 'authorization') ?? '')?.[1] ?? null;
