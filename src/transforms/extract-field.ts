import { ConfigDef, oneOfIgnoringCase, string } from '../config/index.ts';
import { illegalArgument } from '../util/java-error.ts';
import { fieldInSchema, parseFieldPath, valueInMap, valueInStruct } from './field-path.ts';
import { parseConfig, replaceNullWithDefault } from './parse-config.ts';
import type { CreateSidedApply } from './record-side.ts';
import { requireMapOrNull, requireStructOrNull } from './requirements.ts';

const purpose = 'field extraction';
export const extractFieldConfig = new ConfigDef({
  field: string({ documentation: 'Field to take out, or with V2 the path to it.' }),
  'field.syntax.version': string({
    importance: 'HIGH',
    default: 'V1',
    validator: oneOfIgnoringCase('V1', 'V2'),
    documentation: 'V2: dots in field lead into nested fields; backticks around a step keep its dots.',
  }),
  ...replaceNullWithDefault,
});

/** Replaces the whole key or value by one of its fields. */
export const extractField: CreateSidedApply = (config, side) => {
  const settings = parseConfig(extractFieldConfig, config);
  const steps = parseFieldPath(settings.field, settings['field.syntax.version'].toUpperCase() === 'V2' ? 'V2' : 'V1');
  return (record) => {
    const schema = side.schemaOf(record);
    if (schema === null) {
      const map = requireMapOrNull(side.valueOf(record), purpose);
      const inner = map === null ? null : valueInMap(map, steps);
      // A header may have the same map.
      return side.replaced(record, null, inner instanceof Map ? new Map(inner) : inner);
    }
    const struct = requireStructOrNull(schema, side.valueOf(record), purpose);
    const field = fieldInSchema(schema, steps);
    if (field === null) throw illegalArgument(`Unknown field: ${settings.field}`);
    const value = struct === null ? null : valueInStruct(struct, steps, settings['replace.null.with.default']);
    return side.replaced(record, field.schema, value);
  };
};
