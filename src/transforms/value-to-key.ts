import { DataError, type Schema } from '../api/index.ts';
import { ConfigDef, list, nonEmptyList } from '../config/index.ts';
import { parseConfig, replaceNullWithDefault } from './parse-config.ts';
import type { CreateApply } from './record-side.ts';
import { requireMap, requireStruct } from './requirements.ts';
import { cachedBySchema, fieldOf, fieldValue, StructFields, structOf } from './struct-schema.ts';

const purpose = 'copying fields from value to key';
export const valueToKeyConfig = new ConfigDef({
  fields: list({
    importance: 'HIGH',
    validator: nonEmptyList,
    documentation: 'Fields of the value that make the key.',
  }),
  ...replaceNullWithDefault,
});

/** Replaces the key by some of the value's fields. */
export const valueToKey: CreateApply = (config) => {
  const settings = parseConfig(valueToKeyConfig, config);
  const { fields } = settings;
  const keySchemaOf = cachedBySchema((valueSchema: Schema): Schema => {
    const chosen = new StructFields();
    for (const name of fields) {
      const field = fieldOf(valueSchema, name);
      if (field === null) throw new DataError(`Field does not exist: ${name}`);
      chosen.add(name, field.schema);
    }
    return { type: 'STRUCT', optional: false, fields: chosen.fields };
  });
  return (record) => {
    if (record.valueSchema === null) {
      const value = requireMap(record.value, purpose);
      return { ...record, keySchema: null, key: new Map(fields.map((name) => [name, value.get(name) ?? null])) };
    }
    const value = requireStruct(record.valueSchema, record.value, purpose);
    const keySchema = keySchemaOf(value.schema);
    const key = structOf(keySchema, (field) => fieldValue(value, field, settings['replace.null.with.default']));
    return { ...record, keySchema, key };
  };
};
