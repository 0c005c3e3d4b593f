import type { ConnectionOptions } from 'node:tls';
import { ConfigError, type ConfigProblem, type ConnectorConfig } from '../api/index.ts';
import { originalsWithPrefix, PropertyReader, parseJaasConfig, readSsl } from '../config/index.ts';
import { registryConfigDef } from './registry-config.ts';
import { type Credentials, readCredentials } from './registry-credentials.ts';

export interface RegistrySettings {
  /** Without user and password; no slash at the end. */
  readonly urls: readonly string[];
  readonly credentials: Credentials;
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: ConnectionOptions;
  readonly proxyUrl: string | null;
  readonly connectTimeoutMs: number;
  readonly readTimeoutMs: number;
  readonly maxRetries: number;
  readonly retryWaitMs: number;
  readonly retryMaxWaitMs: number;
  readonly maxSchemas: number;
  readonly maxMissing: number;
  readonly missingForMs: number;
  /** Infinity: for ever. */
  readonly latestForMs: number;
}

type Values = ReturnType<typeof registryConfigDef.parse>['values'];

const tlsPrefix = 'schema.registry.';

/** A converter's config as settings of the registry client. @throws ConfigError with every problem at once */
export const readRegistrySettings = (config: ConnectorConfig): RegistrySettings => {
  const { values, problems: found } = registryConfigDef.parse(config);
  const problems: ConfigProblem[] = [...found];
  const addresses = (values['schema.registry.url'] ?? []).map((text) => readAddress(text, problems));
  const credentials = readCredentials(values, addresses, problems);
  checkContextStrategy(values, problems);
  const settings: RegistrySettings = {
    urls: addresses.map(({ url }) => url),
    credentials,
    headers: { ...originalsWithPrefix(config, 'request.header.'), ...cloudHeaders(values) },
    tls: readTls(config, problems),
    proxyUrl: readProxy(values, problems),
    connectTimeoutMs: values['http.connect.timeout.ms'],
    readTimeoutMs: values['http.read.timeout.ms'],
    maxRetries: values['max.retries'],
    retryWaitMs: values['retries.wait.ms'],
    retryMaxWaitMs: values['retries.max.wait.ms'],
    maxSchemas: Math.max(1, values['max.schemas.per.subject']),
    maxMissing: Math.max(1, values['missing.cache.size']),
    missingForMs: values['missing.id.cache.ttl.sec'] * 1000,
    latestForMs: values['latest.cache.ttl.sec'] < 0 ? Number.POSITIVE_INFINITY : values['latest.cache.ttl.sec'] * 1000,
  };
  if (problems.length > 0) throw new ConfigError(problems);
  return settings;
};

export interface Address {
  readonly url: string;
  /** `user:password` as it stood in the URL; null without. */
  readonly userInfo: string | null;
}

const readAddress = (text: string, problems: ConfigProblem[]): Address => {
  const key = 'schema.registry.url';
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) {
    problems.push({ key, message: 'is no list of addresses: give http://host:8081 or https://host, by commas' });
    return { url: '', userInfo: null };
  }
  const url = new URL(text);
  const userInfo =
    url.username === '' ? null : `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return { url: `${url.origin}${url.pathname.replace(/\/+$/, '')}`, userInfo };
};

const cloudHeaders = (values: Values): Record<string, string> => {
  const headers: Record<string, string> = {};
  const cluster = values['bearer.auth.logical.cluster'];
  const inherits = values['bearer.auth.credentials.source'] === 'SASL_OAUTHBEARER_INHERIT';
  const login = inherits ? parseJaasConfig(values['sasl.jaas.config'])?.options : undefined;
  const pool = values['bearer.auth.identity.pool.id'] || (login?.['extension_identityPoolId'] ?? '');
  if (cluster !== '') headers['target-sr-cluster'] = cluster;
  if (pool !== '') headers['Confluent-Identity-Pool-Id'] = pool;
  return headers;
};

const checkContextStrategy = (values: Values, problems: ConfigProblem[]): void => {
  const key = 'context.name.strategy';
  if (/(?:^|\.)NullContextNameStrategy$/.test(values[key])) return;
  const message = `names a Java class that cannot run here: '${values[key]}'. Put the context into schema.registry.url: http://host:8081/contexts/.name`;
  problems.push({ key, message });
};

const readTls = (config: ConnectorConfig, problems: ConfigProblem[]): ConnectionOptions => {
  const reader = new PropertyReader(originalsWithPrefix(config, tlsPrefix));
  const tls = readSsl(reader);
  problems.push(...reader.problems.map(({ key, message }) => ({ key: `${tlsPrefix}${key}`, message })));
  return tls;
};

const readProxy = (values: Values, problems: ConfigProblem[]): string | null => {
  const host = values['proxy.host'];
  const port = values['proxy.port'];
  if (host === '') return null;
  if (port <= 0) problems.push({ key: 'proxy.port', message: 'is missing: proxy.host needs it' });
  return `http://${host}:${port}`;
};
