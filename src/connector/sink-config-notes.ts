import type { ConnectorConfig } from '../api/index.ts';
import { closestName, ignoredConverterKeys, sinkConnectorConfigDef } from '../config/index.ts';
import { findConnectorClass, isConfluentCloud } from './connector-class.ts';
import { isForeign } from './foreign-properties.ts';
import { type ConfigNote, isAlias, understand } from './property-aliases.ts';
import { readSinkConfig, type SinkConfigReading } from './read-sink-config.ts';
import { flushSeconds, isFileSnowpipe, isStagedCopy, parseSinkSettings } from './snowflake-sink-config.ts';
import { belongsTo, snowflakeSinkKeys } from './snowflake-sink-properties.ts';
import { listedTopics, sharedTables } from './topic-collisions.ts';

const unknownKeyNotes = (given: ConnectorConfig): readonly string[] => {
  const known = [...sinkConnectorConfigDef.names(), ...snowflakeSinkKeys('own').names()];
  const isManaged = isConfluentCloud(given['connector.class']);
  return Object.keys(given)
    .filter((name) => !known.includes(name) && !isAlias(name) && !isForeign(name, isManaged))
    .map((name) => {
      const meant = closestName(name, known);
      const what = `${name} is not a known property and has no effect`;
      return meant === null ? `${what}.` : `${what}; did you mean ${meant}?`;
    });
};

const ignoredConverterNotes = (given: ConnectorConfig): readonly string[] =>
  ignoredConverterKeys(given).map((name) => {
    const kind = name.split('.', 2).join('.');
    return `${name} has no effect: the connector names no ${kind}, so the worker's holds with the worker's settings.`;
  });

const modeNotes = ({ generation, values, config }: SinkConfigReading): readonly string[] => {
  const method = values['snowflake.ingestion.method'];
  const seconds = flushSeconds(generation, values);
  if (isFileSnowpipe(generation, config)) {
    return [
      `snowflake.ingestion.method=${method}: rows go by files that Snowpipe loads, at least once and about a minute after they were staged, at most ${seconds} s after they were read (buffer.flush.time). Set it to SNOWPIPE_STREAMING for exactly once within seconds.`,
    ];
  }
  if (isStagedCopy(values) || generation !== 'v3' || method.toLowerCase() === 'snowpipe_streaming') return [];
  const said = config['snowflake.ingestion.method'] === undefined ? 'not set' : method;
  return [
    `snowflake.ingestion.method (${said}) is served by Snowpipe Streaming: no stage and no files. Rows are sent after at most ${seconds} s (buffer.flush.time). Set it to SNOWPIPE for files, to SNOWPIPE_STREAMING to say so.`,
  ];
};

/** A class or package that is not quite one of ours, but can mean only one. */
const classNotes = (given: ConnectorConfig): readonly string[] => {
  const name = given['connector.class']?.trim() ?? '';
  const found = findConnectorClass(name);
  return found === null || !name.includes('.') || found.javaClass === name
    ? []
    : [`connector.class=${name} is read as ${found.javaClass}.`];
};

/** Keys of another generation's class: they are read as their defaults. */
const otherGenerationNotes = ({ generation, config }: SinkConfigReading): readonly string[] =>
  Object.keys(config)
    .filter((name) => !belongsTo(generation, name))
    .map((name) => `${name} belongs to the other connector class and has no effect with this one.`);

/** A locator as Snowflake gave them out before organizations: two letters and digits. */
const locator = /^[a-z]{2}\d{5,}$/i;

const habitNotes = (given: ConnectorConfig): readonly string[] => {
  const notes: string[] = [];
  const account = given['snowflake.account']?.trim() ?? '';
  if (given['snowflake.url.name'] === undefined && locator.test(account)) {
    const example = `snowflake.url.name=${account}.eu-central-1.snowflakecomputing.com`;
    notes.push(
      `snowflake.account=${account} is an account locator: outside AWS us-west-2 its region is part of the URL, as in ${example}.`,
    );
  }
  if (given['snowflake.warehouse'] !== undefined) {
    notes.push('snowflake.warehouse is not needed: streaming uses no warehouse.');
  }
  const hasQueue = (given['errors.deadletterqueue.topic.name'] ?? '') !== '';
  if (hasQueue && given['errors.deadletterqueue.context.headers.enable'] === undefined) {
    notes.push(
      'errors.deadletterqueue.context.headers.enable is not set: dead letters will not say why they are there. Set it to true.',
    );
  }
  if (given['errors.log.include.messages']?.trim().toLowerCase() === 'true') {
    notes.push(
      'errors.log.include.messages=true adds topic, partition, offset and timestamp to the log; keys and values are never logged.',
    );
  }
  return notes;
};

/** Of a config without problems, which are told elsewhere. */
const sharedTableNotes = (given: ConnectorConfig): readonly string[] =>
  readSinkConfig(given).problems.length > 0 ? [] : sharedTables(parseSinkSettings(given), listedTopics(given));

/** A commit takes five to nine seconds, whatever the volume, on Iceberg tables about thirty (snowflake-ingest 1.9). */
const shortestCommitTimeoutMs = 20_000;

const latencyNotes = ({ values }: SinkConfigReading): readonly string[] => {
  const timeoutMs = values['snowsink.commit.timeout.ms'];
  if (timeoutMs >= shortestCommitTimeoutMs) return [];
  return [
    `snowsink.commit.timeout.ms=${timeoutMs} is short: Snowflake takes 5 to 9 s to commit rows, for Iceberg tables about 30 s, and each time it takes longer than this the channel is opened anew and rows are read again. Set it to ${shortestCommitTimeoutMs} or more (the default is 60000).`,
  ];
};

const info = (text: string): ConfigNote => ({ level: 'info', text });
const warn = (text: string): ConfigNote => ({ level: 'warn', text });

/** How a config is read: aliases, another way of working, keys without effect. For the log, at the connector's start. */
export const sinkConfigNotes = (given: ConnectorConfig): readonly ConfigNote[] => [
  ...understand(given).notes,
  ...classNotes(given).map(info),
  ...modeNotes(readSinkConfig(given)).map(info),
  ...otherGenerationNotes(readSinkConfig(given)).map(info),
  ...habitNotes(given).map(info),
  ...ignoredConverterNotes(given).map(warn),
  ...latencyNotes(readSinkConfig(given)).map(warn),
  ...unknownKeyNotes(given).map(warn),
  ...sharedTableNotes(given).map(warn),
];
