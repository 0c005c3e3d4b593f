import { ConfigDef, list, nonEmptyList } from '../config/index.ts';
import { parseConfig } from './parse-config.ts';
import type { CreateApply } from './record-side.ts';

export const dropHeadersConfig = new ConfigDef({
  headers: list({ importance: 'HIGH', validator: nonEmptyList, documentation: 'Names of the headers to remove.' }),
});

/** Removes every header with one of these names. */
export const dropHeaders: CreateApply = (config) => {
  const names = new Set(parseConfig(dropHeadersConfig, config).headers);
  return (record) => ({ ...record, headers: record.headers.filter(({ name }) => !names.has(name)) });
};
