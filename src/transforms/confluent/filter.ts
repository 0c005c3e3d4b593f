import { DataError } from '../../api/index.ts';
import { ConfigDef, oneOfIgnoringCase, string } from '../../config/index.ts';
import { parseConfig } from '../parse-config.ts';
import type { CreateSidedApply } from '../record-side.ts';
import { compileJsonPath } from './compile-json-path.ts';

export const conditionFilterConfig = new ConfigDef({
  'filter.condition': string({ documentation: 'JsonPath that a record matches or not: $.order[?(@.total > 100)].' }),
  'filter.type': string({
    validator: oneOfIgnoringCase('include', 'exclude'),
    documentation: 'include keeps records that match and drops the others; exclude the other way round.',
  }),
  'missing.or.null.behavior': string({
    default: 'fail',
    validator: oneOfIgnoringCase('fail', 'include', 'exclude'),
    documentation: 'What becomes of a record without a field of the condition. Fields inside [?()] just do not match.',
  }),
});

/** io.confluent.connect.transforms.Filter, after its documentation. */
export const conditionFilter: CreateSidedApply = (config, side) => {
  const settings = parseConfig(conditionFilterConfig, config);
  const condition = compileJsonPath('filter.condition', settings['filter.condition']);
  const keeps = settings['filter.type'].toLowerCase() === 'include';
  const missing = settings['missing.or.null.behavior'].toLowerCase();
  return (record) => {
    const found = condition.find(side.valueOf(record));
    if (!found.missing) return found.values.length > 0 === keeps ? record : null;
    if (missing === 'fail') {
      throw new DataError(
        `The record lacks what filter.condition ${condition.text} names; missing.or.null.behavior=include or exclude would keep or drop it`,
      );
    }
    return missing === 'include' ? record : null;
  };
};
