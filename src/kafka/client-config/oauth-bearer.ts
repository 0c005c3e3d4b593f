import { readFile } from 'node:fs/promises';
import { type Clock, ConnectError, errorMessage } from '../../api/index.ts';
import type { JaasConfig } from './jaas-config.ts';
import type { PropertyReader } from './property-reader.ts';

export interface OauthBearerToken {
  readonly value: string;
  readonly extensions?: Readonly<Record<string, string>>;
}
export type OauthBearerProvider = () => Promise<OauthBearerToken>;

/** A token is asked for anew when so much of its life is left (sasl.login.refresh.window.factor 0.8). */
const refreshAtShareOfLife = 0.8;
const requestTimeoutMs = 10_000;

/**
 * KIP-768: client credentials at `sasl.oauthbearer.token.endpoint.url`, or a token file (`file:` URL). Without a URL: unsecured
 * tokens of the JAAS options `unsecuredLoginStringClaim_<name>` (KIP-255, for tests).
 */
export const createOauthBearerProvider = (
  reader: PropertyReader,
  { options }: JaasConfig,
  clock: Clock,
): OauthBearerProvider => {
  const url = reader.text('sasl.oauthbearer.token.endpoint.url');
  reader.ignore('sasl.login.callback.handler.class');
  const extensions = extensionsOf(options);
  if (url === undefined) return async () => ({ value: unsecuredToken(options, clock), extensions });
  if (!URL.canParse(url)) {
    reader.problem(
      'sasl.oauthbearer.token.endpoint.url',
      'is not a URL: give https://… of the token endpoint, or file:///…',
    );
  } else if (url.startsWith('file:')) {
    return async () => ({ value: (await readFile(new URL(url), 'utf8')).trim(), extensions });
  }
  const credentials = credentialsOf(reader, options);
  return cached(() => requestToken(url, credentials), extensions, clock);
};

interface Credentials {
  readonly id: string;
  readonly secret: string;
  readonly scope: string | undefined;
}

const credentialsOf = (reader: PropertyReader, options: JaasConfig['options']): Credentials => {
  const { clientId, clientSecret, scope: scopeOfJaas } = options;
  const id = reader.text('sasl.oauthbearer.client.credentials.client.id') ?? clientId;
  const secret = reader.text('sasl.oauthbearer.client.credentials.client.secret') ?? clientSecret;
  const scope = reader.text('sasl.oauthbearer.scope') ?? scopeOfJaas;
  if (id === undefined || secret === undefined) {
    reader.problem('sasl.jaas.config', 'OAUTHBEARER with a token endpoint needs clientId="…" and clientSecret="…"');
  }
  return { id: id ?? '', secret: secret ?? '', scope };
};

const extensionsOf = (options: JaasConfig['options']): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(options)
      .filter(([name]) => name.startsWith('extension_'))
      .map(([name, value]) => [name.slice('extension_'.length), value]),
  );

interface TokenAnswer {
  readonly access_token?: string;
  /** Seconds. */
  readonly expires_in?: number;
}

const requestToken = async (url: string, { id, secret, scope }: Credentials): Promise<TokenAnswer> => {
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

const cached = (
  request: () => Promise<TokenAnswer>,
  extensions: Readonly<Record<string, string>>,
  clock: Clock,
): OauthBearerProvider => {
  let token: OauthBearerToken | null = null;
  let refreshAtMs = 0;
  return async () => {
    if (token === null || clock.now() >= refreshAtMs) {
      const { access_token: value = '', expires_in: lifeSeconds = 0 } = await request();
      token = { value, extensions };
      refreshAtMs = clock.now() + lifeSeconds * 1000 * refreshAtShareOfLife;
    }
    return token;
  };
};

const base64url = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

const unsecuredToken = (options: JaasConfig['options'], clock: Clock): string => {
  const now = clock.now() / 1000;
  const claims = Object.entries(options)
    .filter(([name]) => name.startsWith('unsecuredLoginStringClaim_'))
    .map(([name, value]) => [name.slice('unsecuredLoginStringClaim_'.length), value]);
  const payload = { ...Object.fromEntries(claims), iat: now, exp: now + 3600 };
  return `${base64url({ alg: 'none' })}.${base64url(payload)}.`;
};
