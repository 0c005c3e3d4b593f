import type { ConfigProblem, ConnectorConfig } from '../api/index.ts';
import { type Authenticator, authenticatorOf, authenticators } from './sign-in-settings.ts';
import type { Generation } from './sink-settings.ts';
import type { SnowflakeSinkValues } from './snowflake-sink-properties.ts';
import { parseSnowflakeUrl, urlAdvice } from './snowflake-url.ts';

const required = [
  'snowflake.url.name',
  'snowflake.user.name',
  'snowflake.database.name',
  'snowflake.schema.name',
] as const;

const missing = (values: SnowflakeSinkValues, config: ConnectorConfig): readonly ConfigProblem[] =>
  required
    .filter((key) => config[key] === undefined && values[key] === null)
    .map((key) => ({ key, message: `${key} must be provided` }));

const urlProblems = (values: SnowflakeSinkValues): readonly ConfigProblem[] => {
  const key = 'snowflake.url.name';
  const url = values[key];
  return url === null || url === '' || parseSnowflakeUrl(url) !== null
    ? []
    : [{ key, message: `${key} is not a valid snowflake url`, advice: urlAdvice(url) }];
};

const howToMakeAKey =
  'Make one with: openssl genrsa 2048 | openssl pkcs8 -topk8 -inform PEM ' +
  '-out rsa_key.p8 -nocrypt, and register its public half with ALTER USER … SET RSA_PUBLIC_KEY';

const keyProblems = (values: SnowflakeSinkValues, config: ConnectorConfig): readonly ConfigProblem[] => {
  const key = 'snowflake.private.key';
  if (values[key].trim() !== '') return [];
  const instead = config['snowflake.password'] === undefined ? '' : 'Passwords are not accepted for ingestion. ';
  return [{ key, message: `${key} must be non-empty`, advice: `${instead}${howToMakeAKey}` }];
};

const endpointForm = /^(?:https?:\/\/)?[^\s/:?#]+(?::\d{1,5})?(?:\/[^\s?#]*)?$/i;

const oauthProblems = (
  values: SnowflakeSinkValues,
  config: ConnectorConfig,
  generation: Generation,
): readonly ConfigProblem[] => {
  const given = (key: string): boolean => (config[key]?.trim() ?? '') !== '';
  const needed = ['snowflake.oauth.client.id', 'snowflake.oauth.client.secret'];
  if (generation === 'v3') needed.push('snowflake.oauth.refresh.token');
  const endpoint = values['snowflake.oauth.token.endpoint'];
  const key = 'snowflake.oauth.token.endpoint';
  return [
    ...needed
      .filter((name) => !given(name))
      .map((name) => ({ key: name, message: `${name} must be non-empty when using oauth authenticator` })),
    ...(endpoint === null || endpointForm.test(endpoint)
      ? []
      : [{ key, message: `${key} is not a valid OAuth token endpoint URL` }]),
  ];
};

/** Two that go together: the message stands on both. */
const pairProblems = (config: ConnectorConfig, keys: readonly [string, string], what: string) => {
  const given = keys.filter((key) => (config[key] ?? '') !== '');
  return given.length === 1 ? keys.map((key) => ({ key, message: `${key}${what} must be provided together` })) : [];
};

/** v3 takes no other case and no blanks; the others do, and read nothing as the default. */
const isAuthenticator = (given: string, generation: Generation): boolean => {
  const known: readonly string[] = authenticators;
  if (generation === 'v3') return known.includes(given);
  const trimmed = given.trim().toLowerCase();
  return trimmed === '' || known.includes(trimmed);
};

const tokenProblems = (values: SnowflakeSinkValues, mayBeGiven: boolean): readonly ConfigProblem[] => {
  const isGiven = values['snowsink.token'].trim() !== '';
  const hasFile = values['snowsink.token.file'].trim() !== '';
  const authenticator = values['snowflake.authenticator'];
  if (mayBeGiven && isGiven !== hasFile) return [];
  if (!mayBeGiven && hasFile) return [];
  if (!mayBeGiven)
    return [
      {
        key: 'snowsink.token.file',
        message: `must name the token's file with snowflake.authenticator=${authenticator}`,
      },
    ];
  const message = isGiven
    ? 'is given beside snowsink.token.file: leave one of them out'
    : `must be non-empty with snowflake.authenticator=${authenticator}, or snowsink.token.file must name a file that holds the token`;
  return [{ key: 'snowsink.token', message }];
};

const credentialProblems: Readonly<
  Record<
    Authenticator,
    (values: SnowflakeSinkValues, config: ConnectorConfig, generation: Generation) => readonly ConfigProblem[]
  >
> = {
  snowflake_jwt: keyProblems,
  oauth: oauthProblems,
  programmatic_access_token: (values) => tokenProblems(values, true),
  workload_identity: (values) => tokenProblems(values, false),
};

const proxyPortProblems = (config: ConnectorConfig): readonly ConfigProblem[] => {
  const key = 'jvm.proxy.port';
  const given = config[key]?.trim() ?? '';
  const isPort = /^\d{1,5}$/.test(given) && Number(given) > 0 && Number(given) < 65_536;
  return given === '' || isPort ? [] : [{ key, message: `${key} is not a port number` }];
};

/** What is wrong with how to reach and sign in to Snowflake, in the words of the Snowflake connector's own validation. */
export const loginProblems = (
  values: SnowflakeSinkValues,
  config: ConnectorConfig,
  generation: Generation,
): readonly ConfigProblem[] => {
  const isKnown = isAuthenticator(config['snowflake.authenticator'] ?? 'snowflake_jwt', generation);
  return [
    ...missing(values, config),
    ...urlProblems(values),
    ...(isKnown
      ? credentialProblems[authenticatorOf(values)](values, config, generation)
      : [{ key: 'snowflake.authenticator', message: 'snowflake.authenticator is not a valid authenticator' }]),
    ...proxyPortProblems(config),
    ...pairProblems(config, ['jvm.proxy.host', 'jvm.proxy.port'], 'proxy host and port'),
    ...pairProblems(config, ['jvm.proxy.username', 'jvm.proxy.password'], 'proxy username and password'),
  ];
};
