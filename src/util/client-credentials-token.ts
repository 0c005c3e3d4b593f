import { type Clock, ConnectError, errorMessage } from '../api/index.ts';

export interface ClientCredentials {
  /** Of the token endpoint. */
  readonly url: string;
  readonly id: string;
  readonly secret: string;
  readonly scope: string | undefined;
}

/** A token is asked for anew when so much of its life has passed (sasl.login.refresh.window.factor 0.8). */
const refreshAtShareOfLife = 0.8;
const requestTimeoutMs = 10_000;

interface TokenAnswer {
  readonly access_token?: string;
  /** Seconds. */
  readonly expires_in?: number;
}

/** OAuth 2.0 client credentials grant (RFC 6749, 4.4): answers a token that is good for a while yet. Rejects with a ConnectError. */
export const createClientCredentialsToken = (credentials: ClientCredentials, clock: Clock): (() => Promise<string>) => {
  let token: string | null = null;
  let refreshAtMs = 0;
  return async () => {
    if (token === null || clock.now() >= refreshAtMs) {
      const { access_token: value = '', expires_in: lifeSeconds = 0 } = await requestToken(credentials);
      token = value;
      refreshAtMs = clock.now() + lifeSeconds * 1000 * refreshAtShareOfLife;
    }
    return token;
  };
};

const requestToken = async ({ url, id, secret, scope }: ClientCredentials): Promise<TokenAnswer> => {
  const body = new URLSearchParams({ grant_type: 'client_credentials', ...(scope === undefined ? {} : { scope }) });
  const authorization = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { authorization, accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' },
      body: body.toString(),
      signal: AbortSignal.timeout(requestTimeoutMs),
    });
    if (!response.ok) throw new Error(`HTTP status ${response.status}`);
    const answer = (await response.json()) as TokenAnswer;
    if (typeof answer.access_token !== 'string') throw new Error('the answer holds no access_token');
    return answer;
  } catch (error) {
    throw new ConnectError(`no OAuth token from ${new URL(url).origin}: ${errorMessage(error)}`, { cause: error });
  }
};
