import { ConfigError, type ConnectorConfig } from '../api/index.ts';

/** ConfigDef's BOOLEAN: true or false in any case, blanks around it ignored. */
export const booleanConfig = (config: ConnectorConfig, key: string, byDefault: boolean): boolean => {
  const given = config[key];
  if (given === undefined) return byDefault;
  const text = given.trim().toLowerCase();
  if (text === 'true' || text === 'false') return text === 'true';
  throw new ConfigError([{ key, message: `must be true or false, but is '${given}'` }]);
};
