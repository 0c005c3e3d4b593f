import { DataError } from '../../api/index.ts';
import { ConfigDef, oneOfIgnoringCase, string } from '../../config/index.ts';
import { parseConfig } from '../parse-config.ts';
import type { CreateApply } from '../record-side.ts';

export const tombstoneHandlerConfig = new ConfigDef({
  behavior: string({
    default: 'warn',
    validator: oneOfIgnoringCase('ignore', 'warn', 'fail'),
    documentation:
      'ignore and warn drop tombstones (snowsink_records_filtered_total counts them); fail makes each an error.',
  }),
});

/** io.confluent.connect.transforms.TombstoneHandler, after its documentation: records with a null value, with a schema or without. */
export const tombstoneHandler: CreateApply = (config) => {
  const fails = parseConfig(tombstoneHandlerConfig, config).behavior.toLowerCase() === 'fail';
  return (record) => {
    if (record.value !== null && record.value !== undefined) return record;
    if (fails) throw new DataError('Tombstone record encountered, and the TombstoneHandler is set to behavior=fail');
    return null;
  };
};
