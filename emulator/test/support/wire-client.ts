import { randomUUID } from 'node:crypto';

export interface WireAnswer {
  readonly success: boolean;
  readonly code: string | null;
  readonly message: string | null;
  // biome-ignore lint/suspicious/noExplicitAny: replies of many shapes, asserted by the tests
  readonly data: any;
}

/** The drivers' protocol without a driver: tests see cells and types as they are on the wire. */
export class WireClient {
  readonly #url: string;
  readonly token: string;

  private constructor(url: string, token: string) {
    this.#url = url;
    this.token = token;
  }

  /** `app`: the driver that it says to be, such as `{ CLIENT_APP_ID: 'JDBC' }`. */
  static async login(url: string, password: string, query = '', app: object = {}): Promise<WireClient> {
    const reply = await fetch(`${url}/session/v1/login-request?${query}`, {
      method: 'POST',
      body: JSON.stringify({ data: { ...app, LOGIN_NAME: 'U', PASSWORD: password } }),
    });
    const answer = (await reply.json()) as WireAnswer;
    if (!answer.success) throw new Error(answer.message ?? 'login refused');
    return new WireClient(url, answer.data.token);
  }

  query(sqlText: string, body: Record<string, unknown> = {}, requestId: string = randomUUID()): Promise<WireAnswer> {
    return this.call('POST', `/queries/v1/query-request?requestId=${requestId}`, { sqlText, ...body });
  }

  /** Uploads one file to a stage as drivers do, told where to by PUT. */
  async upload(stage: string, name: string, content: string | Uint8Array): Promise<void> {
    const { data, message } = await this.query(`PUT file:///tmp/${name} ${stage} AUTO_COMPRESS = FALSE`);
    if (data?.stageInfo === undefined) throw new Error(message ?? 'PUT refused');
    const { endPoint, location, creds } = data.stageInfo;
    const reply = await fetch(`${endPoint}/${location}${name}`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${creds.GCS_ACCESS_TOKEN}` },
      body: typeof content === 'string' ? content : new Uint8Array(content),
    });
    if (!reply.ok) throw new Error(`upload refused: ${reply.status}`);
  }

  async call(method: string, path: string, body?: unknown): Promise<WireAnswer> {
    const reply = await fetch(`${this.#url}${path}`, {
      method,
      headers: { authorization: `Snowflake Token="${this.token}"`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return (await reply.json()) as WireAnswer;
  }
}
