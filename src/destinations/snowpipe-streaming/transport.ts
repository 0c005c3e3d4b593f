/** Snowflake's two planes: `account` names the ingest host and gives tokens; `ingest` takes rows. They fail apart. */
export const endpoints = ['account', 'ingest'] as const;
export type Endpoint = (typeof endpoints)[number];

/** HTTP as the streaming client needs it: sockets in production, in memory for the simulator, scripted in tests. */
export interface HttpRequest {
  readonly endpoint: Endpoint;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly url: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** Sent one after another, never joined; content-length is among the headers. */
  readonly body: readonly Uint8Array[] | null;
  readonly signal: AbortSignal;
}

export interface HttpReply {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  text(): Promise<string>;
}

export interface Transport {
  /** Rejects with a TransportError where no reply came, or with the signal's reason. */
  request(request: HttpRequest): Promise<HttpReply>;
  close(): Promise<void>;
}

/** No reply came: whether the request was carried out is unknown. */
export class TransportError extends Error {
  override readonly name: string = 'TransportError';
  /** Of Node or OpenSSL: ECONNREFUSED, ENOTFOUND, CERT_HAS_EXPIRED …; `NO_REPLY_IN_TIME`; `BREAKER_OPEN`. */
  readonly code: string;
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
