import type { ConnectorConfig, SinkRecord } from '../../api/index.ts';

/** Makes a predicate from its sub-keys. Throws a ConfigError with all that is wrong. */
export type CreateTest = (config: ConnectorConfig) => (record: SinkRecord) => boolean;
