import { ConfigDef, nonNull, string } from '../config/index.ts';
import { parseValue } from '../converters/index.ts';
import { parseConfig } from './parse-config.ts';
import type { CreateApply } from './record-side.ts';

export const insertHeaderConfig = new ConfigDef({
  header: string({ importance: 'HIGH', validator: nonNull, documentation: 'Name of the header.' }),
  'value.literal': string({
    importance: 'HIGH',
    validator: nonNull,
    documentation: 'Its value, typed by what it looks like: 1 is an INT8, true a BOOLEAN.',
  }),
});

/** Appends a header of a fixed value; others of that name stay. */
export const insertHeader: CreateApply = (config) => {
  const { header: name, 'value.literal': literal } = parseConfig(insertHeaderConfig, config);
  const header = { name, ...parseValue(literal) };
  return (record) => ({ ...record, headers: [...record.headers, header] });
};
