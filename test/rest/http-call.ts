import { Agent, request } from 'node:http';

/** A request as a transcript has it: the path goes out as it is written. */
export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly text?: string;
  /** Fill the member at this JSON pointer with so many `x`. */
  readonly pad?: { readonly at: string; readonly bytes: number };
  readonly chunked?: boolean;
  readonly reuse?: boolean;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  readonly reused: boolean;
}

const padded = (body: unknown, { at, bytes }: { readonly at: string; readonly bytes: number }): unknown => {
  const copy = structuredClone(body);
  const steps = at.split('/').slice(1);
  const last = steps.pop() ?? '';
  const parent = steps.reduce<Record<string, unknown>>(
    (inner, step) => inner[step] as Record<string, unknown>,
    copy as Record<string, unknown>,
  );
  parent[last] = 'x'.repeat(bytes);
  return copy;
};

const textOf = ({ body, text, pad }: RecordedRequest): string | null => {
  if (text !== undefined) return text;
  if (body === undefined) return null;
  return JSON.stringify(pad === undefined ? body : padded(body, pad));
};

/** Calls over one kept connection where the transcript kept it. */
export const createHttpCaller = (base: string): ((recorded: RecordedRequest) => Promise<HttpAnswer>) => {
  const kept = new Agent({ keepAlive: true, maxSockets: 1 });
  const { hostname, port } = new URL(base);
  return (recorded) => {
    const payload = textOf(recorded);
    const type = recorded.text === undefined && payload !== null ? { 'content-type': 'application/json' } : {};
    const length =
      payload === null || recorded.chunked === true ? {} : { 'content-length': String(Buffer.byteLength(payload)) };
    const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
    const sent = request(
      {
        hostname,
        port,
        method: recorded.method,
        path: recorded.path,
        headers: { ...type, ...length, ...recorded.headers },
        agent: recorded.reuse === true ? kept : false,
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('error', reject);
        response.once('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text: Buffer.concat(chunks).toString(),
            reused: response.headers.connection !== 'close',
          }),
        );
      },
    );
    sent.once('error', reject);
    if (payload !== null) sent.write(payload);
    sent.end();
    return promise;
  };
};
