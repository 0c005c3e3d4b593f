import { ConfigError, type ConnectorConfig } from '../api/index.ts';
import type { ConfigDef, ConfigKeys, Values } from '../config/index.ts';

/** Typed values of a converter's sub-keys. @throws ConfigError with every problem at once */
export const parseConverterConfig = <D extends ConfigKeys>(def: ConfigDef<D>, config: ConnectorConfig): Values<D> => {
  const { values, problems } = def.parse(config);
  if (problems.length > 0) throw new ConfigError(problems);
  return values;
};
