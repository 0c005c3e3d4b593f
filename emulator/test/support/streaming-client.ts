import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

export interface KeyPair {
  readonly privatePem: string;
  readonly publicPem: string;
  readonly key: KeyObject;
}

export const generateKeyPair = (): KeyPair => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return {
    privatePem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    key: privateKey,
  };
};

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A key-pair JWT as Snowflake documents it. */
export const keyPairJwt = ({ key }: KeyPair, user: string, claims: Record<string, unknown> = {}): string => {
  const der = createPublicKey(key).export({ type: 'spki', format: 'der' });
  const fingerprint = `SHA256:${createHash('sha256').update(der).digest('base64')}`;
  const now = Math.floor(Date.now() / 1000);
  const text = `${encode({ alg: 'RS256', typ: 'JWT' })}.${encode({
    iss: `ACCT.${user}.${fingerprint}`,
    sub: `ACCT.${user}`,
    iat: now,
    exp: now + 3540,
    ...claims,
  })}`;
  return `${text}.${sign('sha256', Buffer.from(text), key).toString('base64url')}`;
};

export interface Answer {
  readonly status: number;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: replies of many shapes, asserted by the tests
  readonly json: any;
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** Bare HTTP, so that tests say exactly what is on the wire. */
export const call = async (
  url: string,
  method: string,
  body?: string | Buffer,
  headers: Record<string, string> = {},
): Promise<Answer> => {
  const response = await fetch(url, {
    method,
    headers: { accept: 'application/json', ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : new Uint8Array(body) }),
  });
  const text = await response.text();
  return { status: response.status, text, json: parsed(text) };
};

/** One user of one default pipe: discovery, token, then calls by name. */
export class StreamingClient {
  readonly #base: string;
  readonly #pipe: string;
  readonly #headers: Record<string, string>;

  private constructor(base: string, pipe: string, token: string) {
    this.#base = base;
    this.#pipe = pipe;
    this.#headers = { authorization: `Bearer ${token}`, 'x-snowflake-authorization-token-type': 'OAUTH' };
  }

  static async connect(
    url: string,
    table: string,
    keyPair: KeyPair,
    pipe = `${table}-STREAMING`,
  ): Promise<StreamingClient> {
    const form = new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      assertion: keyPairJwt(keyPair, 'U'),
    });
    const token = await call(`${url}/oauth/token`, 'POST', form.toString(), {
      'content-type': 'application/x-www-form-urlencoded',
    });
    return new StreamingClient(url, `databases/DB/schemas/PUBLIC/pipes/${encodeURIComponent(pipe)}`, token.text);
  }

  open(channel: string, body: Record<string, unknown> = {}): Promise<Answer> {
    return call(`${this.#base}/v2/streaming/${this.#pipe}/channels/${channel}`, 'PUT', JSON.stringify(body), {
      ...this.#headers,
      'content-type': 'application/json',
    });
  }

  append(
    channel: string,
    continuationToken: string,
    endOffsetToken: string,
    body: string | Buffer,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const query = new URLSearchParams({ continuationToken, startOffsetToken: '', endOffsetToken, requestId: 'x' });
    return call(`${this.#base}/v2/streaming/data/${this.#pipe}/channels/${channel}/rows?${query}`, 'POST', body, {
      ...this.#headers,
      'content-type': 'application/x-ndjson',
      ...headers,
    });
  }

  status(...channels: readonly string[]): Promise<Answer> {
    return call(
      `${this.#base}/v2/streaming/${this.#pipe}:bulk-channel-status`,
      'POST',
      JSON.stringify({ channel_names: channels }),
      { ...this.#headers, 'content-type': 'application/json' },
    );
  }

  drop(channel: string): Promise<Answer> {
    return call(`${this.#base}/v2/streaming/${this.#pipe}/channels/${channel}`, 'DELETE', undefined, this.#headers);
  }

  async committed(channel: string): Promise<string | null> {
    return (await this.status(channel)).json.channel_statuses[channel]?.last_committed_offset_token ?? null;
  }
}
