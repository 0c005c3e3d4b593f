import { ConfigDef, string } from '../config/index.ts';
import { parseValue } from '../converters/index.ts';
import { parseConfig } from './parse-config.ts';
import type { CreateApply } from './record-side.ts';

const configDef = new ConfigDef({
  header: string({ documentation: 'Name of the header.' }),
  'value.literal': string({ documentation: 'Its value, typed by what it looks like: 1 is an INT8, true a BOOLEAN.' }),
});

/** Appends a header of a fixed value; others of that name stay. */
export const insertHeader: CreateApply = (config) => {
  const { header: name, 'value.literal': literal } = parseConfig(configDef, config);
  const header = { name, ...parseValue(literal) };
  return (record) => ({ ...record, headers: [...record.headers, header] });
};
