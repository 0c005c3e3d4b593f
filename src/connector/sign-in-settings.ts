import type { SnowflakeSignIn } from '../api/index.ts';
import type { SnowflakeSinkValues } from './snowflake-sink-properties.ts';

/** snowflake.authenticator's values: the Snowflake connector's two, and ours. */
export const authenticators = ['snowflake_jwt', 'oauth', 'programmatic_access_token', 'workload_identity'] as const;
export type Authenticator = (typeof authenticators)[number];

/** In any case; nothing is the default. */
export const authenticatorOf = (values: SnowflakeSinkValues): Authenticator => {
  const given = values['snowflake.authenticator'].trim().toLowerCase();
  return authenticators.find((known) => known === given) ?? 'snowflake_jwt';
};

const oauthScope = (values: SnowflakeSinkValues): string | null => {
  if (!values['snowflake.oauth.include.scope']) return null;
  const given = values['snowflake.oauth.scope'].trim();
  if (given !== '') return given;
  const role = values['snowflake.role.name']?.trim() ?? '';
  return role === '' ? null : `session:role:${encodeURIComponent(role)}`;
};

const tokenEndpoint = (values: SnowflakeSinkValues, accountUrl: string): string => {
  const given = values['snowflake.oauth.token.endpoint']?.trim() ?? '';
  if (given === '') return `${accountUrl}/oauth/token-request`;
  return /^https?:\/\//i.test(given) ? given : `https://${given}`;
};

/** How the connector signs in, by its properties; null and '' where what is missing is told of elsewhere. */
export const signInSettings = (values: SnowflakeSinkValues, accountUrl: string): SnowflakeSignIn => {
  switch (authenticatorOf(values)) {
    case 'snowflake_jwt':
      return { kind: 'key-pair' };
    case 'oauth':
      return {
        kind: 'oauth',
        clientId: values['snowflake.oauth.client.id'],
        clientSecret: values['snowflake.oauth.client.secret'],
        refreshToken: values['snowflake.oauth.refresh.token'].trim() || null,
        tokenEndpoint: tokenEndpoint(values, accountUrl),
        scope: oauthScope(values),
      };
    case 'programmatic_access_token':
      return {
        kind: 'programmatic-access-token',
        token: values['snowsink.token'].trim() || null,
        tokenFile: values['snowsink.token.file'].trim() || null,
      };
    case 'workload_identity':
      return { kind: 'workload-identity', tokenFile: values['snowsink.token.file'].trim() };
  }
};
