import { readFile } from 'node:fs/promises';
import type { Clock } from '../../api/index.ts';
import type { JaasConfig, PropertyReader } from '../../config/index.ts';
import { type ClientCredentials, createClientCredentialsToken } from '../../util/client-credentials-token.ts';

export interface OauthBearerToken {
  readonly value: string;
  readonly extensions?: Readonly<Record<string, string>>;
}
export type OauthBearerProvider = () => Promise<OauthBearerToken>;

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
  const token = createClientCredentialsToken({ url, ...credentialsOf(reader, options) }, clock);
  return async () => ({ value: await token(), extensions });
};

const credentialsOf = (reader: PropertyReader, options: JaasConfig['options']): Omit<ClientCredentials, 'url'> => {
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

const base64url = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

const unsecuredToken = (options: JaasConfig['options'], clock: Clock): string => {
  const now = clock.now() / 1000;
  const claims = Object.entries(options)
    .filter(([name]) => name.startsWith('unsecuredLoginStringClaim_'))
    .map(([name, value]) => [name.slice('unsecuredLoginStringClaim_'.length), value]);
  const payload = { ...Object.fromEntries(claims), iat: now, exp: now + 3600 };
  return `${base64url({ alg: 'none' })}.${base64url(payload)}.`;
};
