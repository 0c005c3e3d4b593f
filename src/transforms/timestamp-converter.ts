import { ConnectError, DataError, logicalNames, type Schema, Struct } from '../api/index.ts';
import { ConfigDef, oneOf, string } from '../config/index.ts';
import { connectValue, javaClassName } from './connect-value.ts';
import { configError, parseConfig, replaceNullWithDefault } from './parse-config.ts';
import type { CreateSidedApply } from './record-side.ts';
import { requireMap, requireStructOrNull } from './requirements.ts';
import { compileFormat } from './simple-date-format/index.ts';
import {
  cachedBySchema,
  copySchemaBasics,
  fieldsOf,
  fieldValue,
  printedSchema,
  StructFields,
  structOf,
} from './struct-schema.ts';
import { createTimestampTypes, type TimestampType, type UnixPrecision } from './timestamp-types.ts';

const purpose = 'converting timestamp formats';
export const timestampConverterConfig = new ConfigDef({
  field: string({ importance: 'HIGH', default: '', documentation: 'Field to convert; empty: the whole key or value.' }),
  'target.type': string({
    importance: 'HIGH',
    validator: oneOf('string', 'unix', 'Date', 'Time', 'Timestamp'),
    documentation: 'What to make of it.',
  }),
  format: string({
    default: '',
    documentation: 'Pattern of java.text.SimpleDateFormat, in UTC, for reading and writing texts.',
  }),
  'unix.precision': string({
    importance: 'LOW',
    default: 'milliseconds',
    validator: oneOf('nanoseconds', 'microseconds', 'milliseconds', 'seconds'),
    documentation: 'Unit of unix timestamps, read and written.',
  }),
  ...replaceNullWithDefault,
});

/** Converts between texts, unix timestamps and Connect's date types, in UTC. A schemaless field that is absent is added as null. */
export const timestampConverter: CreateSidedApply = (config, side) => {
  const settings = parseConfig(timestampConverterConfig, config);
  const { field: converted, format } = settings;
  const target = settings['target.type'] as TimestampType;
  if (target === 'string' && format === '') {
    throw configError('', 'TimestampConverter requires format option to be specified when using string timestamps');
  }
  const dateFormat = format === '' ? null : compileFormat('format', format);
  const types = createTimestampTypes(dateFormat, settings['unix.precision'] as UnixPrecision);
  const replaces = settings['replace.null.with.default'];

  const convert = (schema: Schema | null, value: unknown): unknown => {
    const type = schema === null ? null : typeOfSchema(schema);
    if (value === null || value === undefined) return null;
    return types[target].fromInstant(types[type ?? typeOfValue(value)].toInstant(schema, value), schema !== null);
  };
  const convertField = (struct: Struct, updated: Schema): Struct =>
    structOf(updated, ({ name, index }) => {
      const source = struct.schema.fields?.[index];
      if (source === undefined) return null;
      const value = fieldValue(struct, source, replaces);
      return name === converted ? convert(source.schema, value) : value;
    });
  const updatedSchema = cachedBySchema((schema: Schema): Schema => {
    const updated = new StructFields();
    for (const { name, schema: inner } of fieldsOf(schema)) {
      updated.add(name, name === converted ? { ...types[target].schema, optional: inner.optional } : inner);
    }
    const result = { ...copySchemaBasics(schema, 'STRUCT'), optional: schema.optional, fields: updated.fields };
    return schema.defaultValue instanceof Struct
      ? { ...result, defaultValue: convertField(schema.defaultValue, result) }
      : result;
  });

  return (record) => {
    const schema = side.schemaOf(record);
    const value = side.valueOf(record);
    if (converted === '') {
      const whole = schema === null ? null : { ...types[target].schema, optional: schema.optional };
      return side.replaced(record, whole, convert(schema, connectValue(value)));
    }
    if (schema === null) {
      if (value === null) return side.replaced(record, null, null);
      const map = requireMap(value, purpose);
      map.set(converted, convert(null, connectValue(map.get(converted))));
      return record;
    }
    const struct = requireStructOrNull(schema, value, purpose);
    const updated = updatedSchema(schema);
    return side.replaced(record, updated, struct === null ? null : convertField(struct, updated));
  };
};

const typeOfSchema = (schema: Schema): TimestampType => {
  if (schema.name === logicalNames.timestamp) return 'Timestamp';
  if (schema.name === logicalNames.date) return 'Date';
  if (schema.name === logicalNames.time) return 'Time';
  if (schema.type === 'STRING') return 'string';
  if (schema.type === 'INT64') return 'unix';
  throw new ConnectError(`Schema ${printedSchema(schema)} does not correspond to a known timestamp type format`);
};

const typeOfValue = (value: unknown): TimestampType => {
  if (value instanceof Date) return 'Timestamp';
  if (typeof value === 'bigint') return 'unix';
  if (typeof value === 'string') return 'string';
  const javaClass = javaClassName(null, value);
  throw new DataError(`TimestampConverter does not support class ${javaClass} objects as timestamps`);
};
