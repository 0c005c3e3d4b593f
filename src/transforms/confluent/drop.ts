import { DataError, type Schema } from '../../api/index.ts';
import { ConfigDef, oneOfIgnoringCase, string } from '../../config/index.ts';
import { parseConfig } from '../parse-config.ts';
import type { CreateSidedApply } from '../record-side.ts';
import { cachedBySchema } from '../struct-schema.ts';

export const dropConfig = new ConfigDef({
  'schema.behavior': string({
    default: 'nullify',
    validator: oneOfIgnoringCase('nullify', 'retain', 'validate', 'force_optional'),
    documentation:
      'What becomes of the schema: nothing is left of it, it stays, it must be optional already, or it is made so.',
  }),
});

/** io.confluent.connect.transforms.Drop: the key or value becomes null. After its documentation. */
export const drop: CreateSidedApply = (config, side) => {
  const behavior = parseConfig(dropConfig, config)['schema.behavior'].toLowerCase();
  const optional = cachedBySchema((schema: Schema): Schema => ({ ...schema, optional: true }));
  const kept = (schema: Schema): Schema | null => {
    if (behavior === 'nullify') return null;
    if (behavior === 'validate' && !schema.optional) {
      throw new DataError('Drop with schema.behavior=validate found a schema that is not optional');
    }
    return behavior === 'force_optional' && !schema.optional ? optional(schema) : schema;
  };
  return (record) => {
    const schema = side.schemaOf(record);
    return side.replaced(record, schema === null ? null : kept(schema), null);
  };
};
