import type { ConfigProblem } from '../api/index.ts';
import { parseJaasConfig } from '../config/index.ts';
import type { ClientCredentials } from '../util/client-credentials-token.ts';
import type { registryConfigDef } from './registry-config.ts';
import type { Address } from './registry-settings.ts';

/** What goes into the header `Authorization`. */
export type Credentials =
  | { readonly kind: 'none' }
  | { readonly kind: 'basic'; readonly userInfo: string }
  | { readonly kind: 'bearer'; readonly token: string }
  | ({ readonly kind: 'oauth' } & ClientCredentials);

type Values = ReturnType<typeof registryConfigDef.parse>['values'];

/** Bearer credentials win where both are given, as in Confluent's client only one may be: a token is the newer wish. */
export const readCredentials = (
  values: Values,
  addresses: readonly Address[],
  problems: ConfigProblem[],
): Credentials => {
  const missing = (key: string, source: string): void => {
    problems.push({ key, message: `is missing: ${source} needs it` });
  };
  const need = (key: keyof Values & string, source: string): string => {
    const value = String(values[key] ?? '');
    if (value === '') missing(key, source);
    return value;
  };
  switch (values['bearer.auth.credentials.source']) {
    case 'STATIC_TOKEN':
      return { kind: 'bearer', token: need('bearer.auth.token', 'bearer.auth.credentials.source=STATIC_TOKEN') };
    case 'OAUTHBEARER': {
      const source = 'bearer.auth.credentials.source=OAUTHBEARER';
      const scope = values['bearer.auth.scope'];
      return {
        kind: 'oauth',
        url: need('bearer.auth.issuer.endpoint.url', source),
        id: need('bearer.auth.client.id', source),
        secret: need('bearer.auth.client.secret', source),
        scope: scope === '' ? undefined : scope,
      };
    }
    case 'SASL_OAUTHBEARER_INHERIT':
      return inheritedOauth(values, problems, need);
    case 'CUSTOM':
      problems.push({ key: 'bearer.auth.credentials.source', message: custom });
      return { kind: 'none' };
  }
  switch (values['basic.auth.credentials.source']) {
    case 'USER_INFO': {
      const userInfo = values['basic.auth.user.info'] || values['schema.registry.basic.auth.user.info'];
      if (userInfo === '') missing('basic.auth.user.info', 'basic.auth.credentials.source=USER_INFO');
      return { kind: 'basic', userInfo };
    }
    case 'SASL_INHERIT': {
      const { username, password } = parseJaasConfig(values['sasl.jaas.config'])?.options ?? {};
      if (username === undefined || password === undefined) {
        const message = 'needs username="…" and password="…" for basic.auth.credentials.source=SASL_INHERIT';
        problems.push({ key: 'sasl.jaas.config', message });
      }
      return { kind: 'basic', userInfo: `${username}:${password}` };
    }
    default: {
      const userInfo = addresses.find((address) => address.userInfo !== null)?.userInfo ?? null;
      return userInfo === null ? { kind: 'none' } : { kind: 'basic', userInfo };
    }
  }
};

const custom =
  'CUSTOM names a Java class, which cannot run here: fetch the token by OAUTHBEARER (bearer.auth.issuer.endpoint.url, .client.id, .client.secret), or ' +
  'give one as bearer.auth.token with STATIC_TOKEN, from a file by a config provider if another process renews it';

/** The login module's options as Kafka's clients read them; what the registry answers to is the same token. */
const inheritedOauth = (
  values: Values,
  problems: ConfigProblem[],
  need: (key: keyof Values & string, source: string) => string,
): Credentials => {
  const source = 'bearer.auth.credentials.source=SASL_OAUTHBEARER_INHERIT';
  const { clientId, clientSecret, scope } = parseJaasConfig(values['sasl.jaas.config'])?.options ?? {};
  if (clientId === undefined || clientSecret === undefined) {
    problems.push({ key: 'sasl.jaas.config', message: `needs clientId="…" and clientSecret="…" for ${source}` });
  }
  const url = need('sasl.oauthbearer.token.endpoint.url', source);
  return { kind: 'oauth', url, id: clientId ?? '', secret: clientSecret ?? '', scope };
};
