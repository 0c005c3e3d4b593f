import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { JsonNumber, type Schema, type SinkRecord, Struct } from '../../../src/api/index.ts';
import { createTransformation } from '../../../src/transforms/index.ts';
import { applied, schemaless, structOf, structSchema } from './apply.ts';
import { recordOf } from './record.ts';

const prefix = 'io.confluent.connect.transforms';
const string: Schema = { type: 'STRING', optional: true };

describe('Filter', () => {
  const passes = (condition: string, value: unknown, settings: Record<string, string> = {}): boolean =>
    applied(
      `${prefix}.Filter$Value`,
      { 'filter.condition': condition, 'filter.type': 'include', ...settings },
      recordOf(schemaless(value)),
    ) !== null;
  const documented = '$.key[?(@.nestedKey == "value1" || @.nestedKey == "value2")]';

  test.each([
    [documented, { key: { nestedKey: 'value1' } }, true],
    [documented, { key: { nestedKey: 'value3' } }, false],
    [documented, { key: {} }, false],
    [documented, { key: [{ nestedKey: 'value3' }, { nestedKey: 'value2' }] }, true],
    ['$[?(@.status == "ok" && !(@.total < 100))]', { status: 'ok', total: 100 }, true],
    ['$[?(@.status == "ok" && !(@.total < 100))]', { status: 'ok', total: 99 }, false],
    ['$.items[*].sku', { items: [{}, { sku: 'a' }] }, true],
    ['$.items[*].sku', { items: [] }, false],
    ['$..sku', { order: { lines: [{ sku: 1 }] } }, true],
    ['$.items[0]', { items: ['x'] }, true],
    ["$['a','b'][?(@.x)]", { a: { y: 1 }, b: { x: 1 } }, true],
    ['$[?(@.name =~ /ann.*/i)]', { name: 'Anna' }, true],
    ['$[?(@.code in [1, 2])]', { code: 2 }, true],
    ["$[?(@.code nin ['a'])]", { code: 'b' }, true],
    ['$[?(@.gone != 1)]', { here: 1 }, false],
    ['$[?(@.gone == null)]', { gone: null }, true],
    ['$[?(@.a == $.b)]', { a: 3, b: 3 }, true],
  ])('%s of %j: %j', (condition, value, matches) => {
    expect(passes(condition, value)).toBe(matches);
    expect(passes(condition, value, { 'filter.type': 'exclude' })).toBe(!matches);
  });

  test('integers are compared digit for digit', () => {
    const record = recordOf(new Map([['id', new JsonNumber('9007199254740993')]]));
    const config = { 'filter.condition': '$[?(@.id == 9007199254740992)]', 'filter.type': 'include' };
    expect(applied(`${prefix}.Filter$Value`, config, record)).toBeNull();
  });

  test('a missing field fails the record, or keeps or drops it', () => {
    expect(() => passes(documented, {})).toThrow('missing.or.null.behavior');
    expect(() => passes('$.key', { key: null })).toThrow('missing.or.null.behavior');
    expect(passes(documented, {}, { 'missing.or.null.behavior': 'include' })).toBe(true);
    expect(passes(documented, {}, { 'missing.or.null.behavior': 'exclude' })).toBe(false);
  });

  test('structs are read like maps', () => {
    const schema = structSchema('s', { nestedKey: string });
    const whole = structSchema('w', { key: schema });
    const record = recordOf(structOf(whole, { key: structOf(schema, { nestedKey: 'value1' }) }), whole);
    const config = { 'filter.condition': documented, 'filter.type': 'include' };
    expect(applied(`${prefix}.Filter$Value`, config, record)).toBe(record);
  });

  test.each([
    'key',
    '$',
    '$.a[',
    '$.a[?(@.b ~ 1)]',
    '$.a.length()',
    '$.a[1:2]',
    '$[?(@.a contains 1)]',
    '$[?(@.a =~ /(/)]',
  ])('refuses %s and says where', (condition) => {
    expect(() => passes(condition, {})).toThrow(/filter\.condition.*at character \d+/);
  });
});

describe('ExtractTopic', () => {
  const topicOf = (form: string, config: Record<string, string>, record: SinkRecord): string | undefined =>
    applied(`${prefix}.ExtractTopic$${form}`, config, record)?.topic;

  test('from the whole key, a field, a path or a header', () => {
    expect(topicOf('Key', {}, { ...recordOf(null), key: 'from-key' })).toBe('from-key');
    const value = schemaless({ f2: 'two', f1: { f3: 'three' } });
    expect(topicOf('Value', { field: 'f2' }, recordOf(value))).toBe('two');
    for (const field of ['["f1"]["f3"]', '$.f1.f3', "$['f1']['f3']"]) {
      expect(topicOf('Value', { field, 'field.format': 'JSON_PATH' }, recordOf(value))).toBe('three');
    }
    const headers = ['a', 'b'].map((text) => ({ name: 'h1', schema: string, value: text }));
    expect(topicOf('Header', { field: 'h1' }, { ...recordOf(null), headers })).toBe('b');
  });

  test('what is missing is an error, or leaves the topic', () => {
    expect(() => topicOf('Value', { field: 'f3' }, recordOf(new Map()))).toThrow('skip.missing.or.null');
    expect(topicOf('Value', { field: 'f3', 'skip.missing.or.null': 'true' }, recordOf(new Map()))).toBe('orders');
    expect(() => createTransformation(`${prefix}.ExtractTopic$Header`, {})).toThrow('field');
  });
});

test('MessageTimestampRouter routes by a field of the value', () => {
  const config = {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the placeholder's own spelling
    'topic.format': 'foo-${topic}-${timestamp}',
    'message.timestamp.format': 'yyyy-MM-dd',
    'topic.timestamp.format': 'yyyy.MM.dd',
    'message.timestamp.keys': 'timestamp,time,ts',
  };
  const route = (value: unknown) =>
    applied(`${prefix}.MessageTimestampRouter`, config, { ...recordOf(value), topic: 'bar' });
  expect(route(schemaless({ time: '2019-08-06' }))?.topic).toBe('foo-bar-2019.08.06');
  expect(() => route(new Map())).toThrow('timestamp, time, ts');
  expect(() => route(schemaless({ ts: 'yesterday' }))).toThrow('yyyy-MM-dd');
  expect(() => route('text')).toThrow('Only Map objects');
});

test('TombstoneHandler drops tombstones, or fails', () => {
  const handle = (behavior: string, value: unknown) =>
    applied(`${prefix}.TombstoneHandler`, { behavior }, recordOf(value));
  expect(handle('ignore', null)).toBeNull();
  expect(handle('warn', null)).toBeNull();
  expect(handle('fail', 'x')?.value).toBe('x');
  expect(() => handle('fail', null)).toThrow('behavior=fail');
});

test.each([
  ['nullify', false, null],
  ['nullify', true, null],
  ['retain', false, { type: 'STRING', optional: false }],
  ['validate', true, { type: 'STRING', optional: true }],
  ['force_optional', false, { type: 'STRING', optional: true }],
])('Drop with %s, schema optional %j', (behavior, optional, expected) => {
  const record = { ...recordOf('v'), key: 'k', keySchema: { type: 'STRING' as const, optional } };
  const dropped = applied(`${prefix}.Drop$Key`, { 'schema.behavior': behavior }, record);
  expect([dropped?.key, dropped?.keySchema, dropped?.value]).toEqual([null, expected, 'v']);
});

test('Drop with validate refuses a schema that is not optional', () => {
  const record = recordOf('v', { type: 'STRING', optional: false });
  expect(() => applied(`${prefix}.Drop$Value`, { 'schema.behavior': 'validate' }, record)).toThrow('not optional');
});

test('GzipDecompress unpacks bytes, and refuses bombs and other types', () => {
  const bytes: Schema = { type: 'BYTES', optional: true };
  const unpack = (value: unknown) => applied(`${prefix}.GzipDecompress$Value`, {}, recordOf(value, bytes))?.value;
  expect(Buffer.from(unpack(gzipSync('hello')) as Uint8Array).toString()).toBe('hello');
  expect(unpack(null)).toBeNull();
  expect(() => unpack('text')).toThrow('java.lang.String');
  expect(() => unpack(gzipSync(new Uint8Array(65 * 1024 * 1024), { level: 1 }))).toThrow('64 MB');
});

test('TopicRegexRouter is RegexRouter', () => {
  const config = { regex: 'soe-(.*)', replacement: '$1' };
  const record = { ...recordOf(null), topic: 'soe-Order' };
  expect(applied('io.confluent.connect.cloud.transforms.TopicRegexRouter', config, record)?.topic).toBe('Order');
});

describe('ReplaceField with paths', () => {
  const value = {
    abc: '42',
    foo: { a1: 'k1', a2: { b1: { c1: 'f4' } }, a3: { b2: { c1: 'f4' }, b1: { c1: 'f4' } } },
    dont: 'whatever',
  };
  const struct = (name: string, object: object): { schema: Schema; value: unknown } => {
    const fields = Object.entries(object).map(([field, inner]) => [
      field,
      typeof inner === 'string' ? { schema: string, value: inner } : struct(`${name}.${field}`, inner),
    ]) as [string, { schema: Schema; value: unknown }][];
    const schema = structSchema(name, Object.fromEntries(fields.map(([field, inner]) => [field, inner.schema])));
    return {
      schema,
      value: structOf(schema, Object.fromEntries(fields.map(([field, inner]) => [field, inner.value]))),
    };
  };
  const plain = (made: unknown): unknown => {
    if (made instanceof Struct) return plain(made.values);
    if (!(made instanceof Map)) return made;
    return Object.fromEntries([...made].map(([name, inner]) => [name, plain(inner)]));
  };

  test.each([
    [
      'the documented renaming',
      { exclude: 'dont', renames: 'foo.a2:xyz,foo:bar,foo.a3.b1:luck,foo.a3.b2.c1:happy' },
      { abc: '42', bar: { a1: 'k1', xyz: { b1: { c1: 'f4' } }, a3: { b2: { happy: 'f4' }, luck: { c1: 'f4' } } } },
    ],
    ['a nested field with all that is in it', { include: 'foo.a3' }, { foo: { a3: value.foo.a3 } }],
    [
      'without one below what is included',
      { include: 'foo', exclude: 'foo.a3.b1' },
      {
        foo: { ...value.foo, a3: { b2: { c1: 'f4' } } },
      },
    ],
    ['names that are not there', { exclude: 'gone.x,foo.gone', renames: 'a.b:c' }, value],
  ])('%s', (_what, config, expected) => {
    const { schema, value: made } = struct('v', value);
    for (const record of [recordOf(schemaless(value)), recordOf(made, schema)]) {
      expect(plain(applied(`${prefix}.ReplaceField$Value`, config, record)?.value)).toEqual(expected);
    }
  });
});

test.each([
  ['UPPER_UNDERSCORE', 'LOWER_CAMEL', 'KAFKA_TOPIC_1', 'kafkaTopic1'],
  ['LOWER_CAMEL', 'UPPER_UNDERSCORE', 'topicName', 'TOPIC_NAME'],
  ['UPPER_CAMEL', 'LOWER_HYPHEN', 'OrderLines', 'order-lines'],
  ['LOWER_HYPHEN', 'UPPER_CAMEL', 'order-lines', 'OrderLines'],
  ['LOWER_UNDERSCORE', 'UPPER_UNDERSCORE', 'orders', 'ORDERS'],
])('ChangeTopicCase from %s to %s', (from, to, topic, expected) => {
  const javaClass = 'com.github.jcustenborder.kafka.connect.transform.common.ChangeTopicCase';
  expect(applied(javaClass, { from, to }, { ...recordOf('v'), topic })?.topic).toBe(expected);
});
