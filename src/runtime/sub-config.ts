import type { ConnectorConfig } from '../api/index.ts';

/** The plugin's own keys: prefix off, without those that the framework reads. */
export const subConfig = (config: ConnectorConfig, prefix: string): ConnectorConfig =>
  Object.fromEntries(
    Object.entries(config)
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, value]) => [key.slice(prefix.length), value] as const)
      .filter(([key]) => key !== 'type' && key !== 'predicate' && key !== 'negate'),
  );
