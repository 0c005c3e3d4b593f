import { closestName, defaultText, sinkConnectorConfigDef } from '../../config/index.ts';
import { acceptedProperties } from '../../connector/accepted-properties.ts';
import { findConnectorClass, isConfluentCloud } from '../../connector/connector-class.ts';
import { isForeign } from '../../connector/foreign-properties.ts';
import { aliasNames, understand } from '../../connector/property-aliases.ts';
import type { Generation } from '../../connector/sink-settings.ts';
import { flushSeconds } from '../../connector/snowflake-sink-config.ts';
import { belongsTo, snowflakeSinkKeys } from '../../connector/snowflake-sink-properties.ts';
import { type Change, type ImportedConfig, shown } from './imported-config.ts';

const ownClass = 'io.snowsink.SnowsinkConnector';
const aliases = new Map(aliasNames);
const own = snowflakeSinkKeys('own');
const known: readonly string[] = [...sinkConnectorConfigDef.names(), ...own.names()];

const classEffects: Readonly<Record<Generation, string>> = {
  v3: 'rows as with v3 but: Timestamps are ISO text, a null value gives RECORD_METADATA alone, two fields for one column are refused, names of columns match in any case (docs/differences.md). --keep-class keeps v3’s rows to the letter',
  v4: 'rows as with v4 but: headers keep their types, two fields for one column are refused, names of columns match in any case (docs/differences.md). --keep-class keeps v4’s rows to the letter',
  own: 'the same connector under its own name',
};

/** What ours would take for something else than it was: written out with the old class's default. */
const oldDefaults = (
  generation: Generation,
  config: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> => {
  const old = snowflakeSinkKeys(generation);
  const values = old.parse(config).values;
  const defaults: Record<string, string> = {};
  for (const name of old.names()) {
    if (config[name] !== undefined || !belongsTo(generation, name)) continue;
    const before = defaultText(old.keys[name as keyof typeof old.keys]);
    const now = defaultText(own.keys[name as keyof typeof own.keys]);
    if (before !== null && before !== now) defaults[name] = before;
  }
  const flush = String(flushSeconds(generation, values));
  return { ...defaults, 'buffer.flush.time': flush };
};

const formatKeys = new Set(['input.data.format', 'input.key.format']);

/** Keys of Confluent Cloud whose say is the worker's with us. */
const managedEffect = (key: string): string => {
  if (key.startsWith('kafka.'))
    return 'goes into worker.properties: bootstrap.servers, security.protocol=SASL_SSL, sasl.mechanism=PLAIN, sasl.jaas.config=…PlainLoginModule required username="KEY" password="SECRET";';
  if (formatKeys.has(key)) return 'becomes the converter';
  return 'the managed service’s; has no counterpart';
};

const streams = 'left out: rows go by Snowpipe Streaming, exactly once, no files, no stage';
const methodEffects: Readonly<Record<string, string>> = {
  SNOWPIPE: `${streams}. --keep-class keeps files for Snowpipe`,
};

export interface ImportOptions {
  /** connector.class stays, and with it its rows to the letter. */
  readonly keepClass: boolean;
}

interface Verdict {
  readonly now: Readonly<Record<string, string>>;
  readonly effect: string;
}

const verdictOn = (
  key: string,
  value: string,
  generation: Generation,
  given: Readonly<Record<string, string>>,
  { keepClass }: ImportOptions,
): Verdict => {
  const isManaged = isConfluentCloud(given['connector.class']);
  const meant = aliases.get(key);
  if (meant !== undefined)
    return given[meant] === undefined
      ? { now: { [meant]: value }, effect: 'the same, under the connector’s name for it' }
      : { now: {}, effect: `left out: ${meant} is there too and wins` };
  if (key === 'snowflake.account' || key === 'snowflake.table.name')
    return { now: {}, effect: 'is read as another property, see below' };
  const accepted = acceptedProperties(generation)[key] ?? acceptedProperties('own')[key];
  if (accepted !== undefined && !known.includes(key))
    return { now: {}, effect: `left out: ${accepted.documentation.replace('Accepted, unused: ', '')}` };
  if (!belongsTo(generation, key))
    return { now: {}, effect: 'left out: belongs to the other connector class, where it had no effect either' };
  if (key === 'snowflake.ingestion.method' && !keepClass && value.toLowerCase() !== 'staged_copy')
    return { now: {}, effect: methodEffects[value.toUpperCase()] ?? streams };
  if (key === 'snowflake.streaming.max.client.lag' && !keepClass)
    return { now: {}, effect: 'becomes buffer.flush.time, see below' };
  if (known.includes(key)) return { now: { [key]: value }, effect: 'kept' };
  if (isManaged && key.startsWith('max.poll.'))
    return { now: { [`consumer.override.${key}`]: value }, effect: 'the consumer’s, under its name in Kafka Connect' };
  if (isManaged && isForeign(key, true) && !isForeign(key, false)) return { now: {}, effect: managedEffect(key) };
  if (key === 'snowflake.warehouse') return { now: {}, effect: 'left out: streaming uses no warehouse' };
  if (key === 'snowflake.password')
    return { now: {}, effect: 'left out: streaming takes no password; set snowflake.private.key (key pair)' };
  if (isForeign(key, isManaged)) return { now: { [key]: value }, effect: 'kept' };
  const near = closestName(key, known);
  if (near !== null && given[near] === undefined)
    return { now: { [near]: value }, effect: `no connector has it: read as ${near}; check that it was meant` };
  return { now: {}, effect: 'left out: no connector has it, it never had an effect' };
};

/** A Kafka Connect config of any of the Snowflake connectors → ours, with a line for each thing that is not simply kept. */
export const importConnectConfig = (
  name: string,
  given: Readonly<Record<string, string>>,
  { keepClass }: ImportOptions,
): ImportedConfig => {
  const oldClass = given['connector.class'] ?? '';
  const found = findConnectorClass(oldClass);
  const generation = found?.generation ?? 'own';
  const config: Record<string, string> = {
    name,
    'connector.class': keepClass ? (found?.javaClass ?? ownClass) : ownClass,
  };
  const changes: Change[] = [];
  const note = (old: string, now: Readonly<Record<string, string>>, effect: string): void => {
    const texts = Object.entries(now).map(([key, value]) => shown(key, value));
    changes.push({ old, now: texts.join(' '), effect });
  };
  note(
    `connector.class=${oldClass}`,
    { 'connector.class': config['connector.class'] ?? '' },
    keepClass ? 'the same rules' : classEffects[generation],
  );
  const { config: understood } = understand(given);
  for (const [key, value] of Object.entries(given)) {
    if (key === 'name' || key === 'connector.class') continue;
    const { now, effect } = verdictOn(key, value, generation, given, { keepClass });
    Object.assign(config, now);
    if (effect !== 'kept') note(shown(key, value), now, effect);
  }
  for (const [key, value] of Object.entries(understood)) {
    if (given[key] !== undefined || config[key] !== undefined || formatKeys.has(key)) continue;
    config[key] = value;
    note('', { [key]: value }, 'what was meant, in the connector’s own words');
  }
  const holdsBack = given['snowflake.streaming.max.client.lag'] !== undefined;
  if (!keepClass && (generation !== 'own' || holdsBack)) {
    for (const [key, value] of Object.entries(oldDefaults(generation, { ...understood, ...config }))) {
      if (config[key] === value) continue;
      const before = config[key];
      config[key] = value;
      note(
        before === undefined ? '' : shown(key, before),
        { [key]: value },
        key === 'buffer.flush.time'
          ? 'so long the old class holds rows back'
          : 'the old class’s default, written out because ours differs',
      );
    }
  }
  return { name, config, changes };
};
