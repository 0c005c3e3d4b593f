import { describe, expect, test } from 'vitest';
import { type Schema, type SinkRecord, Struct } from '../../../src/api/index.ts';
import { createTimezoneConverter } from '../../../src/transforms/debezium/timezone-converter.ts';
import { createTransformation } from '../../../src/transforms/index.ts';
import { applied, structOf, structSchema } from './apply.ts';
import { recordOf } from './record.ts';

const prefix = 'io.debezium.transforms';
const string: Schema = { type: 'STRING', optional: true };
const int64 = (name?: string): Schema => ({ type: 'INT64', optional: true, ...(name !== undefined && { name }) });
const row = structSchema('srv.shop.customers.Value', {
  id: int64(),
  name: string,
  created_at: { ...string, name: 'io.debezium.time.ZonedTimestamp' },
  updated_at: int64('io.debezium.time.MicroTimestamp'),
});
const source = structSchema('source', { table: string });
const envelope = structSchema('srv.shop.customers.Envelope', {
  before: row,
  after: row,
  source,
  op: string,
  ts_ms: int64(),
});
const rowOf = (values: Record<string, unknown> = {}): Struct =>
  structOf(row, {
    id: 1n,
    name: 'Ann',
    created_at: '2011-01-11T16:40:30.123456789+05:30',
    updated_at: 1529507596945104n,
    ...values,
  });
const event = (op: string, before: Struct | null, after: Struct | null): SinkRecord =>
  recordOf(
    structOf(envelope, { before, after, op, ts_ms: 5n, source: structOf(source, { table: 'customers' }) }),
    envelope,
  );

test('ExtractChangedRecordState lists changed and unchanged columns of an update; none of other changes', () => {
  const config = { 'header.changed.name': 'Changed', 'header.unchanged.name': 'Unchanged' };
  const update = applied(`${prefix}.ExtractChangedRecordState`, config, event('u', rowOf(), rowOf({ name: 'Bob' })));
  expect(update?.headers.map(({ name, value }) => [name, value])).toEqual([
    ['Changed', ['name']],
    ['Unchanged', ['id', 'created_at', 'updated_at']],
  ]);
  const creation = event('c', null, rowOf());
  const created = applied(`${prefix}.ExtractChangedRecordState`, config, creation);
  expect(created?.headers.map(({ name, value }) => [name, value])).toEqual([
    ['Changed', []],
    ['Unchanged', []],
  ]);
});

describe('HeaderToValue', () => {
  const headers = [
    { name: 'h', schema: string, value: 'x' },
    { name: 'other', schema: string, value: 'y' },
  ];
  const insert = (config: Record<string, string>, record: SinkRecord) =>
    applied(`${prefix}.HeaderToValue`, { headers: 'h', operation: 'copy', ...config }, record);

  test('a header becomes a field; move takes it away', () => {
    const record = { ...recordOf(rowOf(), row), headers };
    const copied = insert({ fields: 'trace' }, record);
    expect(copied?.value instanceof Struct && copied.value.get('trace')).toBe('x');
    expect(copied?.valueSchema?.fields?.map(({ name }) => name)).toEqual([
      'id',
      'name',
      'created_at',
      'updated_at',
      'trace',
    ]);
    expect(copied?.headers).toEqual(headers);
    expect(insert({ fields: 'trace', operation: 'move' }, record)?.headers.map(({ name }) => name)).toEqual(['other']);
  });

  test('a dotted name leads into a nested field', () => {
    const moved = insert({ fields: 'after.trace' }, { ...event('c', null, rowOf()), headers });
    const after = moved?.value instanceof Struct ? moved.value.get('after') : null;
    expect(after instanceof Struct && [after.get('trace'), after.get('name')]).toEqual(['x', 'Ann']);
  });

  test('tombstones and records without the header pass; a header without a schema is refused', () => {
    const plain = recordOf(rowOf(), row);
    expect(insert({ fields: 'trace' }, plain)).toBe(plain);
    expect(insert({ fields: 'trace' }, { ...recordOf(null), headers })?.value).toBeNull();
    const bare = [{ name: 'h', schema: null, value: 1n }];
    expect(() => insert({ fields: 'trace' }, { ...plain, headers: bare })).toThrow('no schema');
    expect(() => insert({ fields: 'a,b' }, plain)).toThrow('same number of elements');
  });
});

test('SchemaChangeEventFilter passes the listed kinds only', () => {
  const change = structSchema('c', { type: string });
  const schema = structSchema('io.debezium.connector.mysql.SchemaChangeValue', {
    tableChanges: { type: 'ARRAY', optional: true, valueSchema: change },
  });
  const kind = (tableChanges: unknown) =>
    applied(
      `${prefix}.SchemaChangeEventFilter`,
      { 'schema.change.event.include.list': 'CREATE,DATABASE' },
      recordOf(structOf(schema, { tableChanges }), schema),
    ) !== null;
  expect([[structOf(change, { type: 'CREATE' })], [structOf(change, { type: 'ALTER' })], [], null].map(kind)).toEqual([
    true,
    false,
    true,
    false,
  ]);
  expect(() =>
    createTransformation(`${prefix}.SchemaChangeEventFilter`, { 'schema.change.event.include.list': 'RENAME' }),
  ).toThrow('CREATE, ALTER');
});

describe('TimezoneConverter', () => {
  const convert = (config: Record<string, string>, record = event('c', null, rowOf())): unknown[] => {
    const result = createTimezoneConverter({ 'converted.timezone': '+08:00', ...config }, () => 0)(record);
    const after = result?.value instanceof Struct ? result.value.get('after') : null;
    return after instanceof Struct ? [after.get('created_at'), after.get('updated_at')] : [];
  };
  const [created, updated] = ['2011-01-11T16:40:30.123456789+05:30', 1529507596945104n];
  const [createdThere, updatedThere] = ['2011-01-11T19:10:30.123456789+08:00', 1529478796945104n];

  test.each([
    [{}, [createdThere, updatedThere]],
    [{ 'include.list': 'source:customers' }, [createdThere, updatedThere]],
    [{ 'include.list': 'source:orders' }, [created, updated]],
    [{ 'include.list': 'source:customers:created_at' }, [createdThere, updated]],
    [{ 'include.list': 'topic:orders:after.updated_at' }, [created, updatedThere]],
    [{ 'include.list': 'customers:created_at' }, [createdThere, updated]],
    [{ 'exclude.list': 'source:customers:created_at' }, [created, updatedThere]],
    [{ 'exclude.list': 'topic:orders' }, [created, updated]],
    [{ 'exclude.list': 'source:other' }, [createdThere, updatedThere]],
  ])('%j', (config, expected) => {
    expect(convert(config)).toEqual(expected);
  });

  test('zones by name have their summer time; skipped and doubled hours keep the offset before', () => {
    const at = (text: string): unknown =>
      convert({ 'converted.timezone': 'Europe/Berlin' }, event('c', null, rowOf({ created_at: text })))[0];
    expect(at('2024-01-15T12:00:00Z')).toBe('2024-01-15T13:00:00+01:00');
    expect(at('2024-07-15T12:00:00.500Z')).toBe('2024-07-15T14:00:00.5+02:00');
    const micro = (iso: string): bigint => BigInt(Date.parse(iso)) * 1000n;
    const local = (iso: string): unknown =>
      convert({ 'converted.timezone': 'Europe/Berlin' }, event('c', null, rowOf({ updated_at: micro(iso) })))[1];
    expect(local('2024-03-31T02:30:00Z')).toBe(micro('2024-03-31T01:30:00Z'));
    expect(local('2024-10-27T02:30:00Z')).toBe(micro('2024-10-27T00:30:00Z'));
    expect(local('2024-10-27T03:30:00Z')).toBe(micro('2024-10-27T02:30:00Z'));
  });

  test('refuses zones that are none, both lists and malformed rules', () => {
    expect(() => convert({ 'converted.timezone': 'Mars/Olympus' })).toThrow('America/Los_Angeles');
    expect(() => convert({ 'include.list': 'a:b', 'exclude.list': 'a:c' })).toThrow('only one');
    expect(() => convert({ 'include.list': 'source:a:b:c' })).toThrow('source:TABLE');
  });
});

describe('outbox EventRouter', () => {
  const outbox = structSchema('srv.public.outbox.Value', {
    id: string,
    aggregatetype: string,
    aggregateid: string,
    payload: string,
    kind: string,
  });
  const outboxEnvelope = structSchema('srv.public.outbox.Envelope', {
    before: outbox,
    after: outbox,
    op: string,
    ts_ms: int64(),
  });
  const inserted = (values: Record<string, unknown> = {}, op = 'c'): SinkRecord => {
    const after = structOf(outbox, {
      id: 'e1',
      aggregatetype: 'User',
      aggregateid: '10711',
      payload: '{"a":1}',
      kind: 'UserCreated',
      ...values,
    });
    return recordOf(structOf(outboxEnvelope, { before: null, after, op, ts_ms: 7n }), outboxEnvelope);
  };
  const route = (config: Record<string, string>, record = inserted()) =>
    applied(`${prefix}.outbox.EventRouter`, config, record);

  test('an insert becomes its event', () => {
    const routed = route({ 'table.fields.additional.placement': 'kind:header:eventType' });
    expect([routed?.topic, routed?.key, routed?.value, routed?.timestamp]).toEqual([
      'outbox.event.User',
      '10711',
      '{"a":1}',
      7n,
    ]);
    expect(routed?.headers.map(({ name, value }) => [name, value])).toEqual([
      ['id', 'e1'],
      ['eventType', 'UserCreated'],
    ]);
    expect([routed?.partition, routed?.offset]).toEqual([3, 42n]);
  });

  test('columns in the envelope, expanded JSON, empty payloads', () => {
    const placed = route({ 'table.fields.additional.placement': 'kind:envelope' })?.value;
    expect(placed instanceof Struct && Object.fromEntries(placed.values)).toEqual({
      payload: '{"a":1}',
      kind: 'UserCreated',
    });
    expect(route({ 'table.expand.json.payload': 'true' })?.value).toBeInstanceOf(Map);
    expect(route({ 'route.tombstone.on.empty.payload': 'true' }, inserted({ payload: ' ' }))?.value).toBeNull();
  });

  test('deletes and updates are dropped, fatal updates fail, other records pass', () => {
    expect(route({}, inserted({}, 'd'))).toBeNull();
    expect(route({}, inserted({}, 'u'))).toBeNull();
    expect(() => route({ 'table.op.invalid.behavior': 'fatal' }, inserted({}, 'u'))).toThrow('Unexpected update');
    const other = recordOf('heartbeat');
    expect(route({}, other)).toBe(other);
    expect(() => route({ 'route.by.field': 'gone' })).toThrow('Unable to find field gone');
    expect(() => route({ 'table.fields.additional.placement': 'kind' })).toThrow('COLUMN:header');
  });
});

test('what needs a script engine or a source connector is refused in words', () => {
  expect(() => createTransformation(`${prefix}.ContentBasedRouter`, {})).toThrow(
    'io.confluent.connect.transforms.Filter$Value',
  );
  expect(() => createTransformation(`${prefix}.partitions.PartitionRouting`, {})).toThrow('Take it out of transforms');
});

test('ToLogicalTopicRouter is ByLogicalTableRouter with another key field', () => {
  const key = structSchema('k', { id: int64() }, false);
  const record = { ...recordOf(null), topic: 'orders_1', keySchema: key, key: structOf(key, { id: 1n }) };
  const config = { 'topic.regex': '(.*)_\\d', 'topic.replacement': '$1' };
  const routed = applied(`${prefix}.ToLogicalTopicRouter`, config, record);
  expect([routed?.topic, routed?.keySchema?.fields?.at(-1)?.name]).toEqual(['orders', '__dbz__sourceIdentifier']);
});

test('VectorToJsonConverter: a schema within itself is looked into once', () => {
  const node: Schema = { type: 'STRUCT', optional: true, name: 'Node', fields: [] };
  const vector: Schema = {
    type: 'ARRAY',
    optional: true,
    name: 'io.debezium.data.FloatVector',
    valueSchema: { type: 'FLOAT32', optional: false },
  };
  const fields = [
    { name: 'next', index: 0, schema: node },
    { name: 'v', index: 1, schema: vector },
  ];
  Object.assign(node, { fields });
  const record = recordOf(new Struct(node, [null, [0.5, 2]]), node);
  const value = applied(`${prefix}.VectorToJsonConverter`, {}, record)?.value;
  expect(value instanceof Struct && value.get('v')).toBe('{ "values": [0.5, 2.0] }');
});
