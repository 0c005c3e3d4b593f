import { logicalNames, type Schema, type SinkRecord, TypedNumber } from '../api/index.ts';
import { ConfigDef, string } from '../config/index.ts';
import { configError, parseConfig, replaceNullWithDefault } from './parse-config.ts';
import type { CreateSidedApply } from './record-side.ts';
import { requireMap, requireStruct } from './requirements.ts';
import { cachedBySchema, copySchemaBasics, fieldsOf, fieldValue, StructFields, structOf } from './struct-schema.ts';

const purpose = 'field insertion';
const suffix = 'A name that ends in ! makes a required field, in ? or neither an optional one.';
export const insertFieldConfig = new ConfigDef({
  'topic.field': string({ default: null, documentation: `Field for the topic. ${suffix}` }),
  'partition.field': string({ default: null, documentation: `Field for the partition. ${suffix}` }),
  'offset.field': string({ default: null, documentation: `Field for the offset. ${suffix}` }),
  'timestamp.field': string({ default: null, documentation: `Field for the record's timestamp. ${suffix}` }),
  'static.field': string({ default: null, documentation: `Field for static.value. ${suffix}` }),
  'static.value': string({ default: null, documentation: 'Text for static.field.' }),
  ...replaceNullWithDefault,
});

/** A field to add. The values: null where the record has none, and then nothing is put. */
interface Insertion {
  readonly name: string;
  readonly schema: Schema;
  valueBesideSchema(record: SinkRecord): unknown;
  schemalessValue(record: SinkRecord): unknown;
}

type Source = Omit<Insertion, 'name'>;

const sameEitherWay = (schema: Schema, read: (record: SinkRecord) => unknown): Source => ({
  schema,
  valueBesideSchema: read,
  schemalessValue: read,
});

const stringSchema: Schema = { type: 'STRING', optional: false };
const topic = sameEitherWay(stringSchema, (record) => record.topic);
const offset = sameEitherWay({ type: 'INT64', optional: false }, (record) => record.offset);
const partition: Source = {
  schema: { type: 'INT32', optional: false },
  valueBesideSchema: (record) => record.partition,
  schemalessValue: (record) => new TypedNumber('INT32', record.partition),
};
const timestamp: Source = {
  schema: { type: 'INT64', optional: false, name: logicalNames.timestamp, version: 1 },
  valueBesideSchema: (record) => (record.timestamp === null ? null : new Date(Number(record.timestamp))),
  schemalessValue: (record) => record.timestamp,
};

const insertion = (spec: string | null, source: Source): readonly Insertion[] => {
  if (spec === null) return [];
  const required = spec.endsWith('!');
  const name = required || spec.endsWith('?') ? spec.slice(0, -1) : spec;
  return [{ ...source, name, schema: { ...source.schema, optional: !required } }];
};

/** Adds fields with the record's coordinates, its timestamp or a fixed text. Topic and partition are those after routing. */
export const insertField: CreateSidedApply = (config, side) => {
  const settings = parseConfig(insertFieldConfig, config);
  const staticField = settings['static.field'];
  const staticValue = settings['static.value'];
  const insertions = [
    ...insertion(settings['topic.field'], topic),
    ...insertion(settings['partition.field'], partition),
    ...insertion(settings['offset.field'], offset),
    ...insertion(settings['timestamp.field'], timestamp),
    ...insertion(
      staticField,
      sameEitherWay(stringSchema, () => staticValue),
    ),
  ];
  if (insertions.length === 0) throw configError('', 'No field insertion configured');
  if (staticField !== null && staticValue === null) {
    const why = `No value specified for static field: ${staticField}`;
    throw configError('static.value', `Invalid value null for configuration static.value: ${why}`);
  }
  const enlarged = cachedBySchema((schema: Schema) => {
    const updated = new StructFields();
    for (const { name, schema: inner } of fieldsOf(schema)) updated.add(name, inner);
    const before = updated.fields.length;
    for (const { name, schema: inner } of insertions) updated.add(name, inner);
    return { schema: { ...copySchemaBasics(schema, 'STRUCT'), fields: updated.fields } satisfies Schema, before };
  });

  return (record) => {
    const value = side.valueOf(record);
    if (value === null) return record;
    if (side.schemaOf(record) === null) {
      const fields = requireMap(value, purpose);
      for (const { name, schemalessValue } of insertions) {
        const inserted = schemalessValue(record);
        if (inserted !== null) fields.set(name, inserted);
      }
      return record;
    }
    const struct = requireStruct(side.schemaOf(record), value, purpose);
    const { schema, before } = enlarged(struct.schema);
    const updated = structOf(schema, (field) =>
      field.index < before
        ? fieldValue(struct, field, settings['replace.null.with.default'])
        : (insertions[field.index - before]?.valueBesideSchema(record) ?? undefined),
    );
    return side.replaced(record, schema, updated);
  };
};
