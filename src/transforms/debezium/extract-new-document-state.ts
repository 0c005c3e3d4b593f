import { DataError, type Header, type Schema, type SinkRecord, Struct } from '../../api/index.ts';
import { boolean, ConfigDef, list, oneOfIgnoringCase, string } from '../../config/index.ts';
import { illegalArgument } from '../../util/java-error.ts';
import { flatten } from '../flatten.ts';
import { parseConfig } from '../parse-config.ts';
import { type CreateApply, valueSide } from '../record-side.ts';
import { fieldOf, fieldsOf, StructFields } from '../struct-schema.ts';
import { deleteHandlingKeys, deleteHandlingOf } from './delete-handling.ts';
import { type Envelope, envelopeOf } from './envelope.ts';
import { type Addition, additionsOf, type FieldReference, parseFieldReference } from './field-reference.ts';
import { type ArrayEncoding, MongoShapes } from './mongodb-shape.ts';
import { type MongoDocument, type MongoValue, readMongoDocument } from './mongodb-value.ts';

export const extractNewDocumentStateConfig = new ConfigDef({
  ...deleteHandlingKeys,
  'array.encoding': string({
    default: 'array',
    validator: oneOfIgnoringCase('array', 'document'),
    documentation:
      'array: elements must be of one type. document: an array becomes a struct of _0, _1 …, whose types may differ.',
  }),
  'flatten.struct': boolean({ default: false, documentation: 'Whether nested documents become fields of their own.' }),
  'flatten.struct.delimiter': string({
    default: '_',
    documentation: 'What joins the names of outer and inner fields.',
  }),
  'add.fields': list({ default: [], documentation: 'Metadata to add as fields: op, source.ord, ts_ms:changed_at …' }),
  'add.fields.prefix': string({ default: '__', documentation: 'Before the names of these fields.' }),
  'add.headers': list({ default: [], documentation: 'Metadata to add as headers.' }),
  'add.headers.prefix': string({ default: '__', documentation: 'Before the names of these headers.' }),
  'operation.header': boolean({
    default: false,
    documentation: 'Of Debezium before 2: header __op with the operation, where add.headers is not set.',
  }),
  'field.name.adjustment.mode': string({
    default: 'none',
    validator: oneOfIgnoringCase('none', 'avro', 'avro_unicode'),
    documentation: 'Whether field names become names of Avro: other characters as _ (avro) or _u and their code.',
  }),
});

/**
 * io.debezium.connector.mongodb.transforms.ExtractNewDocumentState: a change event of MongoDB becomes the document that it leaves
 * behind, with a schema made of the document; an update without the whole document, the fields that it sets. Ids in keys
 * become values too. What has no key of Debezium's, or is no change event, passes unchanged.
 */
export const extractNewDocumentState: CreateApply = (config) => {
  const settings = parseConfig(extractNewDocumentStateConfig, config);
  const { deletes, dropsTombstones } = deleteHandlingOf(settings);
  const references = (key: 'add.fields' | 'add.headers'): readonly FieldReference[] =>
    settings[key].map((text) => parseFieldReference(key, settings[`${key}.prefix`], text));
  const [addedFields, addedHeaders] = [references('add.fields'), references('add.headers')];
  const sendsOperation = settings['operation.header'] && addedHeaders.length === 0;
  const mode = settings['field.name.adjustment.mode'].toLowerCase();
  const shapes = new MongoShapes(settings['array.encoding'].toLowerCase() as ArrayEncoding, (name) =>
    adjustedFieldName(name, mode),
  );
  const delimiter = settings['flatten.struct.delimiter'];
  const flattened = settings['flatten.struct'] ? flatten({ delimiter }, valueSide) : null;

  const withKey = (record: SinkRecord, id: MongoValue | undefined): SinkRecord => {
    const key = shapes.struct(id === undefined ? new Map() : new Map([['id', id]]), undefined);
    return { ...record, keySchema: key.schema, key };
  };

  const tombstone = (record: SinkRecord): SinkRecord => {
    const asked = addedHeaders.find(({ struct, field }) => struct === null && field === 'op')?.newName;
    const name = asked ?? (sendsOperation ? operationHeader : null);
    if (name === null) return { ...record, valueSchema: null };
    const header: Header = { name, schema: { type: 'STRING', optional: false }, value: 'd' };
    return { ...record, valueSchema: null, headers: [...record.headers, header] };
  };

  const headersOf = ({ schema, value }: Envelope): readonly Header[] => {
    const header = ({ name, schema: inner, valueIn }: Addition): Header => ({
      name,
      schema: inner,
      value: valueIn(value),
    });
    if (!sendsOperation) return additionsOf(schema, addedHeaders).map(header);
    return [{ name: operationHeader, schema: { type: 'STRING', optional: false }, value: value.get('op') }];
  };

  /** Null: a delete of which nothing is left but the key. */
  const documentOf = (envelope: Envelope, id: MongoValue | undefined): MongoDocument | null => {
    const { document, isDelete } = changedDocument(envelope, id, flattened === null ? null : delimiter);
    if (isDelete && deletes !== 'rewrite') return null;
    if (deletes !== 'rewrite') return document;
    return new Map([...document, ['__deleted', { type: 'BOOLEAN', value: isDelete }]]);
  };

  return (record) => {
    const { key, keySchema } = record;
    if (!(key instanceof Struct) || keySchema?.name?.endsWith('.Key') !== true) return record;
    const envelope = record.value === null ? null : envelopeOf(record);
    if (record.value !== null && envelope === null) return record;
    if (record.value === null && dropsTombstones) return null;
    const id = readId(keySchema, key);
    if (envelope === null) return withKey(tombstone(record), id);

    const document = documentOf(envelope, id);
    if (document === null && deletes === 'drop') return null;
    const result = { ...withKey(record, id), headers: [...record.headers, ...headersOf(envelope)] };
    if (document === null || document.size === 0) return { ...result, valueSchema: null, value: null };
    const name = envelope.schema.name?.replace(/\.Envelope$/, '');
    const value = enlarged(shapes.struct(document, name), envelope, requiredAdditions(envelope.schema, addedFields));
    const unwrapped = { ...result, valueSchema: value.schema, value };
    return flattened === null ? unwrapped : flattened(unwrapped);
  };
};

const operationHeader = '__op';

/** An id is a text of Extended JSON. */
const readId = (keySchema: Schema, key: Struct): MongoValue | undefined => {
  if (fieldOf(keySchema, 'id') === null) throw illegalArgument('Unknown field: id');
  return readMongoDocument(`{"id":${String(key.get('id'))}}`).get('id');
};

const textIn = (struct: Struct, field: string): string | null => {
  if (fieldOf(struct.schema, field) === null) return null;
  const text = struct.get(field);
  return typeof text === 'string' ? text : null;
};

/** `after`; else what `updateDescription` sets, with the id; else, of a delete, `before` where the event has one. */
const changedDocument = (
  { value }: Envelope,
  id: MongoValue | undefined,
  delimiter: string | null,
): { readonly document: MongoDocument; readonly isDelete: boolean } => {
  const after = textIn(value, 'after');
  if (after !== null) return { document: readMongoDocument(after), isDelete: false };
  const update = fieldOf(value.schema, 'updateDescription') === null ? null : value.get('updateDescription');
  if (update instanceof Struct) {
    const document = new Map<string, MongoValue>();
    for (const [name, set] of readMongoDocument(textIn(update, 'updatedFields') ?? '{}')) {
      document.set(delimiter === null ? name : name.replaceAll('.', delimiter), set);
    }
    if (!document.has('_id') && id !== undefined) document.set('_id', id);
    return { document, isDelete: false };
  }
  const before = textIn(value, 'before');
  return { document: before === null ? new Map() : readMongoDocument(before), isDelete: true };
};

/** Unlike headers, a field that the change event lacks makes the record a bad one. */
const requiredAdditions = (event: Schema, references: readonly FieldReference[]): readonly Addition[] =>
  references.flatMap((reference) => {
    const additions = additionsOf(event, [reference]);
    if (additions.length === 0) throw new DataError(`${reference.field} is not a valid field name`);
    return additions;
  });

const enlarged = (row: Struct, { value }: Envelope, additions: readonly Addition[]): Struct => {
  if (additions.length === 0) return row;
  const fields = new StructFields();
  for (const { name, schema } of fieldsOf(row.schema)) fields.add(name, schema);
  for (const { name, schema } of additions) fields.add(name, schema);
  const schema: Schema = { ...row.schema, fields: fields.fields };
  return new Struct(schema, [...row.fields, ...additions.map(({ valueIn }) => valueIn(value))]);
};

/** Names of fields, unlike those of schemas, keep no dots; a digit in front gets an underscore before it. */
const adjustedFieldName = (name: string, mode: string): string => {
  if (mode === 'none') return name;
  const replaced = name.replace(/[^A-Za-z0-9_]/g, (character) =>
    mode === 'avro' ? '_' : `_u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return /^\d/.test(replaced) ? `_${replaced}` : replaced;
};
