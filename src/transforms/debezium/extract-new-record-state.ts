import { DataError, type Header, type Schema, type SinkRecord, type Struct } from '../../api/index.ts';
import { boolean, ConfigDef, list, string } from '../../config/index.ts';
import { parseConfig, replaceNullWithDefault } from '../parse-config.ts';
import type { CreateApply } from '../record-side.ts';
import { cachedBySchema, copySchemaBasics, fieldsOf, fieldValue, StructFields, structOf } from '../struct-schema.ts';
import { deleteHandlingKeys, deleteHandlingOf } from './delete-handling.ts';
import { dropFields } from './drop-fields.ts';
import { type Envelope, envelopeOf, rowImage } from './envelope.ts';
import { type Addition, additionsOf, type FieldReference, parseFieldReference } from './field-reference.ts';

export const extractNewRecordStateConfig = new ConfigDef({
  ...deleteHandlingKeys,
  'route.by.field': string({ default: '', documentation: 'Column whose text becomes the topic.' }),
  'add.fields': list({ default: [], documentation: 'Metadata to add as fields: op, source.lsn, ts_ms:changed_at …' }),
  'add.fields.prefix': string({ default: '__', documentation: 'Before the names of these fields.' }),
  'add.headers': list({ default: [], documentation: 'Metadata to add as headers.' }),
  'add.headers.prefix': string({ default: '__', documentation: 'Before the names of these headers.' }),
  'drop.fields.header.name': string({
    default: null,
    documentation: 'Header that lists fields to take out of the value.',
  }),
  'drop.fields.from.key': boolean({ default: false, documentation: 'Take them out of the key too.' }),
  'drop.fields.keep.schema.compatible': boolean({
    default: true,
    documentation: 'Take out optional fields only.',
  }),
  ...replaceNullWithDefault,
});

/**
 * io.debezium.transforms.ExtractNewRecordState: a change event becomes the row that it leaves behind. Deletes and tombstones by
 * `delete.tombstone.handling.mode`; what is no change event passes unchanged, schemaless values included.
 */
export const extractNewRecordState: CreateApply = (config) => {
  const settings = parseConfig(extractNewRecordStateConfig, config);
  const { deletes, dropsTombstones } = deleteHandlingOf(settings);
  /** Debezium copies rows by Connect's InsertField only to add __deleted, so that is where defaults are put in. */
  const replaces = deletes === 'rewrite' && settings['replace.null.with.default'];
  const references = (key: 'add.fields' | 'add.headers'): readonly FieldReference[] =>
    settings[key].map((text) => parseFieldReference(key, settings[`${key}.prefix`], text));
  const [addedFields, addedHeaders] = [references('add.fields'), references('add.headers')];
  const routeField = settings['route.by.field'];
  const dropHeader = settings['drop.fields.header.name'];

  const planOf = cachedBySchema((event: Schema) => {
    const fields = [...(deletes === 'rewrite' ? [deletedFlag] : []), ...additionsOf(event, addedFields)];
    return {
      fields,
      headers: additionsOf(event, addedHeaders),
      enlarged: cachedBySchema((row: Schema) => enlargedSchema(row, fields)),
    };
  });

  const tombstone = (record: SinkRecord): SinkRecord | null => {
    if (dropsTombstones) return null;
    const op = addedHeaders.find(({ struct, field }) => struct === null && field === 'op');
    if (op === undefined) return record;
    const header: Header = { name: op.newName, schema: { type: 'STRING', optional: true }, value: 'd' };
    return { ...record, headers: [...record.headers, header] };
  };

  const unwrapped = (record: SinkRecord, envelope: Envelope): SinkRecord | null => {
    const after = rowImage(envelope, 'after');
    const deleted = after.value === null;
    if (deleted && deletes === 'drop') return null;
    const before = rowImage(envelope, 'before');
    const row = deleted && deletes === 'rewrite' ? before : after;
    const topic =
      routeField === '' ? record.topic : routed(record.topic, deleted ? before.value : row.value, routeField);
    if (row.value === null || row.schema === null) {
      return { ...record, topic, valueSchema: deletes === 'tombstone' ? null : row.schema, value: null };
    }
    const { fields, enlarged } = planOf(envelope.schema);
    if (fields.length === 0) return { ...record, topic, valueSchema: row.schema, value: row.value };
    const [rowSchema, rowValue] = [row.schema, row.value];
    const count = fieldsOf(rowSchema).length;
    const value = structOf(enlarged(rowSchema), (field) =>
      field.index < count
        ? fieldValue(rowValue, field, replaces)
        : fields[field.index - count]?.valueIn(envelope.value),
    );
    return { ...record, topic, valueSchema: value.schema, value };
  };

  return (record) => {
    if (record.value === null) return tombstone(record);
    const envelope = envelopeOf(record);
    if (envelope === null) return record;
    // truncations and messages
    if (rowImage(envelope, 'before').value === null && rowImage(envelope, 'after').value === null) return null;
    const headers = planOf(envelope.schema).headers.map(
      ({ name, schema, valueIn }): Header => ({ name, schema, value: valueIn(envelope.value) }),
    );
    const result = unwrapped({ ...record, headers: [...record.headers, ...headers] }, envelope);
    if (result === null || dropHeader === null) return result;
    return dropFields(result, {
      header: dropHeader,
      fromKey: settings['drop.fields.from.key'],
      optionalOnly: settings['drop.fields.keep.schema.compatible'],
    });
  };
};

/** `true` for what a delete left behind: an event without `after`. */
const deletedFlag: Addition = {
  name: '__deleted',
  schema: { type: 'STRING', optional: true },
  valueIn: (event) => String(event.getWithoutDefault('after') === null),
};

const enlargedSchema = (row: Schema, additions: readonly Addition[]): Schema => {
  const fields = new StructFields();
  for (const { name, schema } of fieldsOf(row)) fields.add(name, schema);
  for (const { name, schema } of additions) fields.add(name, schema);
  return { ...copySchemaBasics(row, 'STRUCT'), fields: fields.fields };
};

/** A blank text leaves the topic as it is. */
const routed = (topic: string, row: Struct | null, field: string): string => {
  if (row === null) return topic;
  if (!row.schema.fields?.some(({ name }) => name === field)) throw new DataError(`${field} is not a valid field name`);
  const target = row.get(field);
  if (target === null) return topic;
  if (typeof target !== 'string') throw new DataError(`Field '${field}' is not of type STRING`);
  return target.trim() === '' ? topic : target;
};
