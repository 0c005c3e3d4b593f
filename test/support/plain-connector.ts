import type { ConnectorConfig, TableService } from '../../src/api/index.ts';
import type { ConnectorPlugin } from '../../src/runtime/index.ts';

/** A connector whose tasks all get its own config. */
export const plainConnector: ConnectorPlugin['createConnector'] = () => {
  let config: ConnectorConfig = {};
  return {
    start: async (given) => {
      config = given;
    },
    taskConfigs: (maxTasks) => Array.from({ length: maxTasks }, () => config),
    stop: async () => {},
  };
};

/** Has none, and takes whatever is to be made. */
export const noTables: TableService = {
  describe: async () => null,
  create: async () => {},
  evolution: async () => 'disabled',
  isIceberg: async () => false,
  alter: async () => {},
  plan: async () => [],
  offsets: async () => [],
  close: async () => {},
};
