import { closestName } from '../config/index.ts';
import type { Generation } from './sink-settings.ts';

export interface ConnectorClass {
  readonly javaClass: string;
  readonly generation: Generation;
}

/** The classes that name this sink. Whichever is named, the rows go the same way; rules and defaults differ. */
export const connectorClasses: readonly ConnectorClass[] = [
  { javaClass: 'io.snowsink.SnowsinkConnector', generation: 'own' },
  { javaClass: 'com.snowflake.kafka.connector.SnowflakeSinkConnector', generation: 'v3' },
  { javaClass: 'com.snowflake.kafka.connector.SnowflakeStreamingSinkConnector', generation: 'v4' },
];

/** Simple names first go to the self-hosted classes; `SnowflakeSink` is what Confluent Cloud calls its managed connector. */
const aliases: Readonly<Record<string, string>> = {
  Snowsink: 'io.snowsink.SnowsinkConnector',
  SnowsinkConnector: 'io.snowsink.SnowsinkConnector',
  SnowflakeSink: 'io.snowsink.SnowsinkConnector',
  SnowflakeSinkConnector: 'com.snowflake.kafka.connector.SnowflakeSinkConnector',
  SnowflakeStreamingSink: 'com.snowflake.kafka.connector.SnowflakeStreamingSinkConnector',
  SnowflakeStreamingSinkConnector: 'com.snowflake.kafka.connector.SnowflakeStreamingSinkConnector',
};

/** Confluent Cloud's managed connector: its property names and values hold besides ours. */
export const isConfluentCloud = (connectorClass: string | undefined): boolean =>
  connectorClass?.trim() === 'SnowflakeSink';

/** A package that never was, but that much copied examples name. */
const misspeltPackage = /^com\.snowflake\.kafka\.connect\./;

/** By full or simple class name; null if there is no such class. */
export const findConnectorClass = (name: string): ConnectorClass | null => {
  const given = name.trim().replace(misspeltPackage, 'com.snowflake.kafka.connector.');
  const javaClass = aliases[given] ?? given;
  return connectorClasses.find((candidate) => candidate.javaClass === javaClass) ?? null;
};

/** What to say about a class that is none of these. */
export const unknownConnectorClass = (name: string): string => {
  const known = connectorClasses.map(({ javaClass }) => javaClass);
  const meant = closestName(name, [...known, ...Object.keys(aliases)]);
  const hint = meant === null ? '' : ` Did you mean ${meant}?`;
  return `Failed to find any class that implements Connector and which name matches ${name}, available connectors are: ${known.join(', ')}.${hint}`;
};
