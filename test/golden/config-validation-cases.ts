import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ConnectorConfig } from '../../src/api/index.ts';
import { createPlugins } from '../../src/plugins.ts';
import { configDifferences } from './config-differences.ts';
import { type Case, failed, isObject, type Outcome, passed, type Runner, sameJson, skipped } from './outcome.ts';

type Messages = Readonly<Record<string, readonly string[]>>;

const plugins = createPlugins();
const classes = {
  v3: 'com.snowflake.kafka.connector.SnowflakeSinkConnector',
  v4: 'com.snowflake.kafka.connector.SnowflakeStreamingSinkConnector',
} as const;

const meant = (key: string, config: ConnectorConfig, message: string): string | null =>
  configDifferences.find(({ matches }) => matches(key, config, message))?.ours ?? null;

const texts = (value: unknown): Messages =>
  Object.fromEntries(
    Object.entries(isObject(value) ? value : {}).map(([key, message]) => [
      key.includes('Converter') ? 'value.converter' : key,
      (Array.isArray(message) ? message : [message]).map(String),
    ]),
  );

/** What the connector says to a config, at validation or at start, against what ours says: same keys; same texts as its validation's. */
export const configValidation =
  (keys: Readonly<Record<string, string>>): Runner =>
  (vector) => {
    const version = String(vector['v']).startsWith('v3') ? 'v3' : 'v4';
    const config: ConnectorConfig = {
      ...Object.fromEntries(
        Object.entries(isObject(vector['cfg']) ? vector['cfg'] : {}).map(([key, value]) => [
          key,
          String(value).replaceAll(/@\{([^}]+)\}/g, (whole, name: string) => keys[name] ?? whole),
        ]),
      ),
      'connector.class': classes[version],
    };
    return outcome(version, vector, config);
  };

/** Messages of keys that Connect itself checks, which the connector's own validation repeats. */
const isFrameworks = (key: string): boolean =>
  /^(name|topics|topics\.regex|errors\.|tasks\.max|key\.converter)/.test(key);

const outcome = (version: 'v3' | 'v4', vector: Case, config: ConnectorConfig): Outcome => {
  const out = isObject(vector['out']) ? vector['out'] : {};
  const atValidation = texts(out['validate']);
  const atStart = texts(out['start']);
  const throws = ['validateThrows', 'startThrows'].filter((name) => name in out);
  const got: Record<string, string[]> = {};
  for (const { key, message } of plugins.connector(classes[version]).validate(config)) {
    got[key] = [...(got[key] ?? []), message];
  }
  const reasons = new Set<string>();
  const differences: string[] = [];
  for (const [key, messages] of Object.entries(atValidation)) {
    if (isFrameworks(key) || sameJson(messages, got[key])) continue;
    differences.push(key);
    const reason = meant(key, config, messages[0] ?? '');
    if (reason !== null) reasons.add(reason);
    else return failed({ [key]: messages }, got);
  }
  for (const [key, [message = '']] of Object.entries(atStart)) {
    if (key in atValidation || key in got || isFrameworks(key) || isNoClass(key, config)) continue;
    differences.push(key);
    const reason = meant(key, config, message);
    if (reason !== null) reasons.add(reason);
    else return failed({ [key]: `at start: ${message}` }, got);
  }
  for (const [key, [message = '']] of Object.entries(got)) {
    if (key in atValidation || key in atStart || throws.length > 0) continue;
    const reason = meant(key, config, message);
    const isUnderMethod = Object.values(atStart).some(([told = '']) => told.includes(`configuration ${key}`));
    if (reason !== null) reasons.add(reason);
    else if (!isUnderMethod) return failed(out, got);
  }
  if (throws.length > 0 && Object.keys(got).length === 0 && !refusedElsewhere(config)) return failed(out, got);
  const [reason] = reasons;
  return reason === undefined ? passed : skipped(`config-validation: ${reason}`);
};

/** A converter that does not exist is refused by Connect's definitions. */
const isNoClass = (key: string, config: ConnectorConfig): boolean =>
  key === 'value.converter' && plugins.classes('converter').every(({ javaClass }) => javaClass !== config[key]);

/** Connect's own definitions refuse it. */
const refusedElsewhere = (config: ConnectorConfig): boolean => (config['name'] ?? '') === '';

export const readKeys = (folder: string): Readonly<Record<string, string>> =>
  JSON.parse(readFileSync(join(folder, 'keys.json'), 'utf8')) as Record<string, string>;
