import { ConfigDef, nonEmpty, string } from '../../config/index.ts';
import { parseConfig } from '../parse-config.ts';
import type { CreateTest } from './predicate.ts';

export const hasHeaderKeyConfig = new ConfigDef({
  name: string({ validator: nonEmpty, documentation: 'Name of the header.' }),
});

/** True for records with at least one header of this name. */
export const hasHeaderKey: CreateTest = (config) => {
  const { name } = parseConfig(hasHeaderKeyConfig, config);
  return ({ headers }) => headers.some((header) => header.name === name);
};
