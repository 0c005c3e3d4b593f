import { expect, test } from 'vitest';
import { type Schema, type SinkRecord, Struct } from '../../../src/api/index.ts';
import { createTransformation } from '../../../src/transforms/index.ts';
import { recordOf } from './record.ts';

const id: Schema = { type: 'INT32', optional: false };
const keySchema: Schema = {
  type: 'STRUCT',
  optional: false,
  name: 'db.orders_1.Key',
  fields: [{ name: 'id', index: 0, schema: id }],
};
const row: Schema = { ...keySchema, optional: true, name: 'db.orders_1.Value' };
const envelope: Schema = {
  type: 'STRUCT',
  optional: false,
  name: 'db.orders_1.Envelope',
  version: 1,
  fields: ['before', 'after'].map((name, index) => ({ name, index, schema: row })),
};
const one = new Map<string, unknown>([['id', 1]]);
const event: SinkRecord = {
  ...recordOf(
    new Struct(
      envelope,
      new Map([
        ['before', null],
        ['after', new Struct(row, one)],
      ]),
    ),
    envelope,
  ),
  topic: 'db.orders_1',
  keySchema,
  key: new Struct(keySchema, one),
};
const config = { 'topic.regex': '(.*)_\\d+', 'topic.replacement': '$1' };
const apply = (more: Record<string, string>, record: SinkRecord) => {
  const router = createTransformation('io.debezium.transforms.ByLogicalTableRouter', { ...config, ...more });
  return router.apply(record) as SinkRecord;
};

test('topic, schema names and key', () => {
  const routed = apply({}, event);
  expect(routed).toMatchObject({
    topic: 'db.orders',
    keySchema: { name: 'db.orders.Key' },
    key: {
      values: new Map<string, unknown>([
        ['id', 1],
        ['__dbz__physicalTableIdentifier', 'db.orders_1'],
      ]),
    },
    valueSchema: { name: 'db.orders.Envelope', version: 1 },
    original: { topic: 'orders' },
  });
  expect((routed.value as Struct).get('after')).toMatchObject({ schema: { name: 'db.orders.Value' }, values: one });
  expect((routed.value as Struct).get('before')).toBeNull();
});

test('key field by an expression, or none; names for Avro', () => {
  const byExpression = apply(
    { 'key.field.regex': '.*_(\\d+)', 'key.field.replacement': 'shard$1', 'key.field.name': 'shard' },
    event,
  );
  expect((byExpression.key as Struct).get('shard')).toBe('shard1');
  const plain = apply({ 'key.enforce.uniqueness': 'false' }, event);
  expect((plain.key as Struct).values).toEqual(one);
  const hyphened = apply({ 'topic.replacement': 'my-$1', 'schema.name.adjustment.mode': 'avro' }, event);
  expect(hyphened).toMatchObject({ topic: 'my-db.orders', keySchema: { name: 'my_db.orders.Key' } });
});

test('a tombstone is routed with its key; other topics and empty new names pass', () => {
  const tombstone = { ...event, valueSchema: null, value: null };
  expect(apply({}, tombstone)).toMatchObject({ topic: 'db.orders', value: null, keySchema: { name: 'db.orders.Key' } });
  const other = { ...event, topic: 'db.customers' };
  expect(apply({}, other)).toBe(other);
  expect(apply({ 'topic.regex': '(.*)()', 'topic.replacement': '$2' }, event)).toBe(event);
});

test('key.field.regex needs its replacement', () => {
  expect(() => apply({ 'key.field.regex': 'x' }, event)).toThrow('key.field.replacement must be set');
  expect(() => apply({ 'topic.replacement': '' }, event)).toThrow('topic.replacement');
});
