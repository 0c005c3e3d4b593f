import { ConfigError, type ConnectorConfig } from '../api/index.ts';
import { boolean, type ConfigDef, type ConfigKeys, type Validator, type Values } from '../config/index.ts';

/** Typed values of a transform's keys; unknown keys are ignored, as Connect does. Throws a ConfigError with every problem. */
export const parseConfig = <D extends ConfigKeys>(def: ConfigDef<D>, config: ConnectorConfig): Values<D> => {
  const { values, problems } = def.parse(config);
  if (problems.length > 0) throw new ConfigError(problems);
  return values;
};

/** What reading a list further finds wrong with it, as the validator of its key. */
export const readableBy = (read: (list: readonly string[]) => unknown, describe: string): Validator => ({
  check: (value) => {
    try {
      read(Array.isArray(value) ? value : []);
      return null;
    } catch (error) {
      if (error instanceof ConfigError) return error.problems[0]?.message ?? error.message;
      throw error;
    }
  },
  saysAll: true,
  describe,
});

export const configError = (key: string, message: string): ConfigError => new ConfigError([{ key, message }]);

/** KIP-1040. */
export const replaceNullWithDefault = {
  'replace.null.with.default': boolean({
    default: true,
    documentation: 'Whether a null stands for the default of its field; false keeps the null.',
  }),
};
