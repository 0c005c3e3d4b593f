import { DataError, type Schema, Struct } from '../api/index.ts';
import { ConfigDef, int, string } from '../config/index.ts';
import { configError, parseConfig, replaceNullWithDefault } from './parse-config.ts';
import type { CreateSidedApply } from './record-side.ts';
import { cachedBySchema, fieldsOf, fieldValue, structOf } from './struct-schema.ts';

export const setSchemaMetadataConfig = new ConfigDef({
  'schema.name': string({ importance: 'HIGH', default: null, documentation: 'Name to give to the schema.' }),
  'schema.version': int({ importance: 'HIGH', default: null, documentation: 'Version to give to the schema.' }),
  ...replaceNullWithDefault,
});

/** Gives a STRUCT's schema another name or version; all else stays, `optional` and `default` too. */
export const setSchemaMetadata: CreateSidedApply = (config, side) => {
  const settings = parseConfig(setSchemaMetadataConfig, config);
  const { 'schema.name': name, 'schema.version': version } = settings;
  if (name === null && version === null) throw configError('', 'Neither schema name nor version configured');
  const renamed = cachedBySchema((schema: Schema): Schema => {
    const fields = fieldsOf(schema);
    return { ...schema, fields, ...(name !== null && { name }), ...(version !== null && { version }) };
  });
  return (record) => {
    const schema = side.schemaOf(record);
    const value = side.valueOf(record);
    if (schema === null) {
      if (value === null) return record;
      throw new DataError('Schema required for [updating schema metadata]');
    }
    const updated = renamed(schema);
    if (!(value instanceof Struct)) return side.replaced(record, updated, value);
    const struct = structOf(updated, (field) => fieldValue(value, field, settings['replace.null.with.default']));
    return side.replaced(record, updated, struct);
  };
};
