import type { Schema } from '../api/index.ts';
import { ConfigDef, string } from '../config/index.ts';
import { parseConfig } from './parse-config.ts';
import type { CreateSidedApply } from './record-side.ts';
import { cachedBySchema, StructFields, structOf } from './struct-schema.ts';

export const hoistFieldConfig = new ConfigDef({
  field: string({ documentation: 'Name of the one field that will hold what is there now.' }),
});

/** Wraps the whole key or value into a STRUCT (with a schema) or a map of one field; a schemaless null too. */
export const hoistField: CreateSidedApply = (config, side) => {
  const { field } = parseConfig(hoistFieldConfig, config);
  const wrapping = cachedBySchema((schema: Schema): Schema => {
    return { type: 'STRUCT', optional: false, fields: new StructFields().add(field, schema).fields };
  });
  return (record) => {
    const schema = side.schemaOf(record);
    const value = side.valueOf(record);
    if (schema === null) return side.replaced(record, null, new Map([[field, value]]));
    const wrapped = wrapping(schema);
    return side.replaced(
      record,
      wrapped,
      structOf(wrapped, () => value),
    );
  };
};
