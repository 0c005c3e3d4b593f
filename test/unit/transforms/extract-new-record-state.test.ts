import { describe, expect, test } from 'vitest';
import { type Schema, type SinkRecord, Struct } from '../../../src/api/index.ts';
import { createTransformation, transformationNotes } from '../../../src/transforms/index.ts';
import { recordOf } from './record.ts';

const optionalString: Schema = { type: 'STRING', optional: true };
const struct = (name: string, fields: Readonly<Record<string, Schema>>, optional = true): Schema => ({
  type: 'STRUCT',
  optional,
  name,
  fields: Object.entries(fields).map(([field, schema], index) => ({ name: field, index, schema })),
});
const row = struct('db.shop.orders.Value', {
  id: { type: 'INT32', optional: false },
  region: optionalString,
});
const source = struct(
  'source',
  { lsn: { type: 'INT64', optional: true }, table: { type: 'STRING', optional: false } },
  false,
);
const envelope = struct(
  'db.shop.orders.Envelope',
  {
    before: row,
    after: row,
    source,
    op: { type: 'STRING', optional: false },
    ts_ms: { type: 'INT64', optional: true },
  },
  false,
);
const rowOf = (id: number, region: string | null) =>
  new Struct(
    row,
    new Map<string, unknown>([
      ['id', id],
      ['region', region],
    ]),
  );
const event = (op: string, before: Struct | null, after: Struct | null): SinkRecord => {
  const values = {
    before,
    after,
    op,
    ts_ms: 5n,
    source: new Struct(
      source,
      new Map<string, unknown>([
        ['lsn', 7n],
        ['table', 'orders'],
      ]),
    ),
  };
  return recordOf(new Struct(envelope, new Map(Object.entries(values))), envelope);
};
const create = (config: Record<string, string> = {}) =>
  createTransformation('io.debezium.transforms.ExtractNewRecordState', config);
const apply = (config: Record<string, string>, record: SinkRecord): SinkRecord | null => {
  const result = create(config).apply(record);
  if (result instanceof Promise) throw new Error('asynchronous');
  return result;
};
/** What comes out, briefly: the fields, null for a null value, or `dropped`. */
const outcome = (config: Record<string, string>, record: SinkRecord): unknown => {
  const result = apply(config, record);
  if (result === null) return 'dropped';
  if (!(result.value instanceof Struct)) return { value: result.value, schema: result.valueSchema?.name ?? null };
  return Object.fromEntries(result.value.values);
};

const update = event('u', rowOf(1, 'eu'), rowOf(1, 'us'));
const deletion = event('d', rowOf(1, 'eu'), null);
const tombstone = recordOf(null);
const after = { id: 1, region: 'us' };
const before = { id: 1, region: 'eu' };
const nullOfRow = { value: null, schema: row.name };
const passed = { value: null, schema: null };

describe('deletes and tombstones', () => {
  test.each([
    [{}, after, nullOfRow, 'dropped'],
    [{ 'delete.tombstone.handling.mode': 'drop' }, after, 'dropped', 'dropped'],
    [{ 'delete.tombstone.handling.mode': 'tombstone' }, after, nullOfRow, 'dropped'],
    [{ 'delete.tombstone.handling.mode': 'delete-to-tombstone' }, after, passed, 'dropped'],
    [
      { 'delete.tombstone.handling.mode': 'rewrite' },
      { ...after, __deleted: 'false' },
      { ...before, __deleted: 'true' },
      'dropped',
    ],
    [
      { 'delete.tombstone.handling.mode': 'rewrite-with-tombstone' },
      { ...after, __deleted: 'false' },
      { ...before, __deleted: 'true' },
      passed,
    ],
    [{ 'drop.tombstones': 'false' }, after, 'dropped', passed],
    [{ 'delete.handling.mode': 'none' }, after, nullOfRow, 'dropped'],
    [
      { 'delete.handling.mode': 'rewrite', 'drop.tombstones': 'false' },
      { ...after, __deleted: 'false' },
      { ...before, __deleted: 'true' },
      passed,
    ],
    [{ 'delete.tombstone.handling.mode': 'drop', 'drop.tombstones': 'false' }, after, 'dropped', 'dropped'],
  ])('%j', (config: Record<string, string>, updated, deleted, ofTombstone) => {
    expect(outcome(config, update)).toEqual(updated);
    expect(outcome(config, deletion)).toEqual(deleted);
    expect(outcome(config, tombstone)).toEqual(ofTombstone);
  });

  test('truncates are dropped', () => {
    expect(apply({}, event('t', null, null))).toBeNull();
  });
});

describe('metadata', () => {
  test('fields: plain, of a struct, renamed; what the event has not is left out', () => {
    const config = {
      'add.fields': 'op,lsn,source.table,ts_ms:changed_at,xmin',
      'delete.tombstone.handling.mode': 'rewrite',
    };
    expect(outcome(config, update)).toEqual({
      ...after,
      __deleted: 'false',
      __op: 'u',
      __lsn: 7n,
      __source_table: 'orders',
      __changed_at: 5n,
    });
    const schema = apply(config, update)?.valueSchema;
    expect(schema).toMatchObject({ name: row.name, optional: false });
    expect(schema?.fields?.at(-2)).toMatchObject({
      name: '__source_table',
      schema: { type: 'STRING', optional: true },
    });
  });

  test('the schema is built once', () => {
    const unwrap = create({ 'add.fields': 'op' });
    const schemaOf = (record: SinkRecord) => (unwrap.apply(record) as SinkRecord).valueSchema;
    expect(schemaOf(update)).toBe(schemaOf(event('c', null, rowOf(2, null))));
  });

  test('headers, on a tombstone that passes only the operation', () => {
    const config = { 'add.headers': 'op,lsn', 'add.headers.prefix': 'cdc-', 'drop.tombstones': 'false' };
    expect(apply(config, update)?.headers).toEqual([
      { name: 'cdc-op', schema: optionalString, value: 'u' },
      { name: 'cdc-lsn', schema: { type: 'INT64', optional: true }, value: 7n },
    ]);
    expect(apply(config, tombstone)?.headers).toEqual([{ name: 'cdc-op', schema: optionalString, value: 'd' }]);
  });
});

test('routes by a column, of before for deletes; a null or blank one leaves the topic', () => {
  const config = { 'route.by.field': 'region' };
  expect(apply(config, update)?.topic).toBe('us');
  expect(apply(config, deletion)?.topic).toBe('eu');
  expect(apply(config, event('c', null, rowOf(1, ' ')))?.topic).toBe('orders');
  expect(() => apply({ 'route.by.field': 'none' }, update)).toThrow('none is not a valid field name');
});

test('drops the optional fields that a header lists', () => {
  const record = { ...update, headers: [{ name: 'drop', schema: null, value: ['id', 'region'] }] };
  const config = { 'drop.fields.header.name': 'drop' };
  expect(outcome(config, record)).toEqual({ id: 1 });
  expect(outcome({ ...config, 'drop.fields.keep.schema.compatible': 'false' }, record)).toEqual({});
});

test('what is no change event passes as it is', () => {
  const heartbeat = recordOf(new Struct(source, new Map([['table', 'x']])), source);
  const schemaless = recordOf(new Map([['after', new Map()]]));
  expect(apply({}, heartbeat)).toBe(heartbeat);
  expect(apply({}, schemaless)).toBe(schemaless);
});

test.each([{ 'add.fields': 'a.b.c' }, { 'delete.handling.mode': 'keep' }])('%j is refused', (config) => {
  expect(() => create(config as unknown as Record<string, string>)).toThrow();
});

test('a config that says nothing of deletes gets a note', () => {
  const config = {
    transforms: 'route, unwrap',
    'transforms.unwrap.type': 'io.debezium.transforms.ExtractNewRecordState',
  };
  expect(transformationNotes(config)).toEqual([
    expect.stringMatching(/^transforms\.unwrap\.delete\.tombstone\.handling\.mode is not set/),
  ]);
  expect(transformationNotes({ ...config, 'transforms.unwrap.drop.tombstones': 'true' })).toEqual([]);
  expect(transformationNotes({})).toEqual([]);
});
