import type { ConnectorConfig } from '../api/index.ts';
import { closestName, ignoredConverterKeys, sinkConnectorConfigDef } from '../config/index.ts';
import { isConfluentCloud } from './connector-class.ts';
import { isForeign } from './foreign-properties.ts';
import { type ConfigNote, isAlias, understand } from './property-aliases.ts';
import { readSinkConfig, type SinkConfigReading } from './read-sink-config.ts';
import { flushSeconds } from './snowflake-sink-config.ts';
import { snowflakeSinkKeys } from './snowflake-sink-properties.ts';

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

const modeNotes = ({ generation, values }: SinkConfigReading): readonly string[] => {
  const method = values['snowflake.ingestion.method'];
  if (generation !== 'v3' || method.toLowerCase() === 'snowpipe_streaming') return [];
  return [
    `snowflake.ingestion.method=${method} is served by Snowpipe Streaming: no stage and no files. Rows are sent after at most ${flushSeconds(generation, values)} s (buffer.flush.time).`,
  ];
};

const info = (text: string): ConfigNote => ({ level: 'info', text });
const warn = (text: string): ConfigNote => ({ level: 'warn', text });

/** How a config is read: aliases, another way of working, keys without effect. For the log, at the connector's start. */
export const sinkConfigNotes = (given: ConnectorConfig): readonly ConfigNote[] => [
  ...understand(given).notes,
  ...modeNotes(readSinkConfig(given)).map(info),
  ...ignoredConverterNotes(given).map(warn),
  ...unknownKeyNotes(given).map(warn),
];
