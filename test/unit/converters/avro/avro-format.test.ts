import { Type } from 'avsc';
import { expect, test } from 'vitest';
import { DataError, Decimal, type Schema, Struct } from '../../../../src/api/index.ts';
import { avroCompiler } from '../../../../src/converters/avro/avro-format.ts';
import { readAvroOptions } from '../../../../src/converters/avro/avro-options.ts';
import { isQuick } from '../../../support/hostile-bytes.ts';

const registry = { 'schema.registry.url': 'http://127.0.0.1:1' };

const compile = (schema: unknown, config: Record<string, string> = {}, references: readonly unknown[] = []) =>
  avroCompiler(readAvroOptions({ ...registry, ...config })).compile({
    writer: {
      kind: 'AVRO',
      text: JSON.stringify(schema),
      references: references.map((text, index) => ({ name: `r${index}`, text: JSON.stringify(text) })),
    },
    reader: null,
    version: null,
  });

const read = (schema: unknown, bytes: Uint8Array, config: Record<string, string> = {}) =>
  compile(schema, config).decode(bytes, 0, null);

const written = (schema: unknown, value: unknown): Buffer =>
  Type.forSchema(schema as never, { wrapUnions: true }).toBuffer(value);

const record = (...fields: readonly object[]) => ({ type: 'record', name: 'Order', namespace: 'shop', fields });
const valuesOf = (value: unknown): unknown => (value instanceof Struct ? Object.fromEntries(value.values) : value);
const fieldOf = (schema: Schema | null, name: string): Schema | undefined =>
  schema?.fields?.find((field) => field.name === name)?.schema;

test('plain types, longs beyond 2^53 included', () => {
  const schema = record(
    { name: 'id', type: 'long' },
    { name: 'n', type: 'int' },
    { name: 'f', type: 'float' },
    { name: 'd', type: 'double' },
    { name: 'ok', type: 'boolean' },
    { name: 's', type: 'string' },
    { name: 'b', type: 'bytes' },
  );
  const rest = written(record(...schema.fields.slice(1)), {
    n: -7,
    f: 1.5,
    d: 0.1,
    ok: true,
    s: 'grün',
    b: Buffer.of(1, 2),
  });
  const max = Buffer.concat([Buffer.from('feffffffffffffffff01', 'hex'), rest]);
  const { schema: connect, value } = read(schema, max);
  expect(valuesOf(value)).toEqual({
    id: 9223372036854775807n,
    n: -7,
    f: 1.5,
    d: 0.1,
    ok: true,
    s: 'grün',
    b: Buffer.of(1, 2),
  });
  expect(connect).toMatchObject({ type: 'STRUCT', name: 'shop.Order', optional: false });
  const min = Buffer.concat([Buffer.from('ffffffffffffffffff01', 'hex'), rest]);
  expect(valuesOf(read(schema, min).value)).toMatchObject({ id: -9223372036854775808n });
});

test('logical types by logicalType and by connect.name', () => {
  const schema = record(
    { name: 'price', type: { type: 'bytes', logicalType: 'decimal', precision: 10, scale: 2 } },
    { name: 'wide', type: { type: 'fixed', name: 'W', size: 12, logicalType: 'decimal', precision: 28, scale: 3 } },
    { name: 'day', type: { type: 'int', logicalType: 'date' } },
    { name: 'time', type: { type: 'int', logicalType: 'time-millis' } },
    { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
    { name: 'micros', type: { type: 'long', logicalType: 'timestamp-micros' } },
    {
      name: 'debezium',
      type: { type: 'long', 'connect.version': 1, 'connect.name': 'io.debezium.time.MicroTimestamp' },
    },
    { name: 'small', type: { type: 'int', 'connect.type': 'int16' } },
    { name: 'uuid', type: { type: 'string', logicalType: 'uuid' } },
  );
  const bytes = written(schema, {
    price: Buffer.from('ff85', 'hex'),
    wide: Buffer.from('00000000000000000000007b', 'hex'),
    day: 1,
    time: 1000,
    at: 1_700_000_000_000,
    micros: 5,
    debezium: 6,
    small: -2,
    uuid: 'u',
  });
  const { schema: connect, value } = read(schema, bytes);
  expect(valuesOf(value)).toEqual({
    price: new Decimal(-123n, 2),
    wide: new Decimal(123n, 3),
    day: new Date('1970-01-02'),
    time: new Date(1000),
    at: new Date(1_700_000_000_000),
    micros: 5n,
    debezium: 6n,
    small: -2,
    uuid: 'u',
  });
  expect(fieldOf(connect, 'price')?.parameters).toEqual(
    new Map([
      ['scale', '2'],
      ['connect.decimal.precision', '10'],
    ]),
  );
  expect(fieldOf(connect, 'wide')?.name).toBe('org.apache.kafka.connect.data.Decimal');
  expect(fieldOf(connect, 'micros')).toEqual({ type: 'INT64', optional: false });
  expect(fieldOf(connect, 'debezium')).toEqual({
    type: 'INT64',
    optional: false,
    name: 'io.debezium.time.MicroTimestamp',
    version: 1,
  });
  expect(fieldOf(connect, 'small')?.type).toBe('INT16');
});

test('unions: with null optional, of one type that type, others a struct with the branch that is set', () => {
  const schema = record(
    { name: 'a', type: ['null', 'string'], default: null },
    { name: 'b', type: ['int', 'null'] },
    {
      name: 'u',
      type: ['null', 'int', 'string', { type: 'record', name: 'Inner', fields: [{ name: 'x', type: 'int' }] }],
    },
    { name: 'one', type: ['long'] },
  );
  const bytes = written(schema, { a: null, b: { int: 5 }, u: { 'shop.Inner': { x: 3 } }, one: { long: 4 } });
  const { schema: connect, value } = read(schema, bytes);
  expect(valuesOf(value)).toMatchObject({ a: null, b: 5, one: 4n });
  const union = (value as Struct).get('u') as Struct;
  expect(valuesOf(union.values.get('Inner'))).toEqual({ x: 3 });
  expect(union.get('int')).toBe(null);
  expect(fieldOf(connect, 'a')).toEqual({ type: 'STRING', optional: true });
  const u = fieldOf(connect, 'u');
  expect(u).toMatchObject({ name: 'io.confluent.connect.avro.Union', optional: true });
  expect(u?.fields?.map(({ name, schema: { optional } }) => [name, optional])).toEqual([
    ['int', true],
    ['string', true],
    ['Inner', true],
  ]);
  const enhanced = read(schema, bytes, { 'enhanced.avro.schema.support': 'true' }).schema;
  expect(fieldOf(enhanced, 'u')?.fields?.map(({ name }) => name)).toEqual(['int', 'string', 'shop.Inner']);
  const general = fieldOf(read(schema, bytes, { 'generalized.sum.type.support': 'true' }).schema, 'u');
  expect(general).toMatchObject({
    name: 'connect_union_0',
    parameters: new Map([['org.apache.kafka.connect.data.Union', 'connect_union_0']]),
  });
  expect(general?.fields?.map(({ name }) => name)).toEqual([1, 2, 3].map((n) => `connect_union_field_${n}`));
});

test('enums, fixed, arrays, maps, and maps whose keys are no strings', () => {
  const entry = {
    type: 'record',
    name: 'MapEntry',
    namespace: 'io.confluent.connect.avro',
    fields: [
      { name: 'key', type: 'int' },
      { name: 'value', type: 'string' },
    ],
  };
  const schema = record(
    { name: 'color', type: { type: 'enum', name: 'Color', symbols: ['RED', 'BLUE'], doc: 'which' } },
    { name: 'again', type: 'Color' },
    { name: 'f', type: { type: 'fixed', name: 'F', size: 2 } },
    { name: 'list', type: { type: 'array', items: ['null', 'long'] } },
    { name: 'map', type: { type: 'map', values: 'int' } },
    { name: 'entries', type: { type: 'array', items: entry } },
  );
  const bytes = written(schema, {
    color: 'BLUE',
    again: 'RED',
    f: Buffer.of(1, 2),
    list: [{ long: 1 }, null],
    map: { a: 1 },
    entries: [{ key: 7, value: 'seven' }],
  });
  const { schema: connect, value } = read(schema, bytes);
  expect(valuesOf(value)).toEqual({
    color: 'BLUE',
    again: 'RED',
    f: Buffer.of(1, 2),
    list: [1n, null],
    map: new Map([['a', 1]]),
    entries: new Map([[7, 'seven']]),
  });
  const color = {
    type: 'STRING',
    optional: false,
    name: 'shop.Color',
    parameters: new Map([
      ['io.confluent.connect.avro.enum.doc.Color', 'which'],
      ['io.confluent.connect.avro.Enum', 'shop.Color'],
      ['io.confluent.connect.avro.Enum.RED', 'RED'],
      ['io.confluent.connect.avro.Enum.BLUE', 'BLUE'],
    ]),
  };
  expect(fieldOf(connect, 'color')).toEqual(color);
  expect(fieldOf(connect, 'again')).toEqual(color);
  expect(fieldOf(connect, 'f')?.parameters).toEqual(new Map([['connect.fixed.size', '2']]));
  expect(fieldOf(connect, 'entries')?.type).toBe('MAP');
});

test('docs, defaults and parameters of Connect', () => {
  const schema = {
    ...record(
      { name: 'n', type: 'long', default: 5, doc: 'count' },
      {
        name: 's',
        type: {
          type: 'string',
          'connect.default': 'x',
          'connect.parameters': { p: 'q' },
          'avro.java.string': 'String',
        },
      },
      { name: 'd', type: { type: 'bytes', logicalType: 'decimal', precision: 4, scale: 1 }, default: '\u0001' },
    ),
    doc: 'an order',
    'connect.version': 3,
  };
  const { schema: connect } = read(schema, written(schema, { n: 1, s: 'a', d: Buffer.of(1) }));
  expect(connect).toMatchObject({ version: 3 });
  expect(connect?.parameters).toEqual(
    new Map([
      ['io.confluent.connect.avro.record.doc', 'an order'],
      ['io.confluent.connect.avro.field.doc.n', 'count'],
    ]),
  );
  expect(fieldOf(connect, 'n')).toMatchObject({
    defaultValue: 5n,
    parameters: new Map([['io.confluent.connect.avro.field.default', 'true']]),
  });
  expect(fieldOf(connect, 's')).toMatchObject({
    defaultValue: 'x',
    parameters: new Map([
      ['p', 'q'],
      ['avro.java.string', 'String'],
    ]),
  });
  expect(fieldOf(connect, 'd')?.defaultValue).toEqual(new Decimal(1n, 1));
  const bare = read(schema, written(schema, { n: 1, s: 'a', d: Buffer.of(1) }), {
    'connect.meta.data': 'false',
  }).schema;
  expect(bare?.parameters).toBeUndefined();
});

test('a record within itself: one schema object, whatever the depth', () => {
  const schema = record({ name: 'n', type: 'int' }, { name: 'next', type: ['null', 'Order'] });
  const { schema: connect, value } = read(
    schema,
    written(schema, { n: 1, next: { 'shop.Order': { n: 2, next: null } } }),
  );
  const inner = fieldOf(connect, 'next');
  expect(inner).toMatchObject({ type: 'STRUCT', optional: true, name: 'shop.Order' });
  expect(fieldOf(inner ?? null, 'next')).toBe(inner);
  expect(((value as Struct).get('next') as Struct).schema).toBe(inner);
});

test('references of the registry, and schemas that are a bare name', () => {
  const money = { type: 'record', name: 'Money', namespace: 'shop', fields: [{ name: 'cents', type: 'long' }] };
  const decoder = compile(record({ name: 'total', type: 'shop.Money' }), {}, [money]);
  const { value } = decoder.decode(Buffer.of(10), 0, null);
  expect(valuesOf((value as Struct).get('total'))).toEqual({ cents: 5n });
  expect(read('string', Buffer.from('\u0004ab'))).toEqual({ schema: { type: 'STRING', optional: false }, value: 'ab' });
});

test('schema resolution: defaults, promotions, fields left out; longs stay exact', () => {
  const text = (schema: object) => ({ kind: 'AVRO', text: JSON.stringify(schema), references: [] });
  const writer = record({ name: 'id', type: 'long' }, { name: 'n', type: 'int' }, { name: 'gone', type: 'string' });
  const reader = record(
    { name: 'n', type: 'double' },
    { name: 'id', type: 'long' },
    { name: 'added', type: 'string', default: 'x' },
  );
  const decoder = avroCompiler(readAvroOptions(registry)).compile({
    writer: text(writer),
    reader: text(reader),
    version: 2,
  });
  const bytes = Buffer.concat([
    Buffer.from('feffffffffffffffff01', 'hex'),
    written(record(...writer.fields.slice(1)), { n: 3, gone: 'g' }),
  ]);
  const { schema, value } = decoder.decode(bytes, 0, null);
  expect(valuesOf(value)).toEqual({ n: 3, id: 9223372036854775807n, added: 'x' });
  expect(schema?.version).toBe(2);
  expect((value as Struct).schema).toBe(schema);
});

const nothing = { type: 'record', name: 'Nothing', fields: [] };

test.each([
  ['truncated', record({ name: 's', type: 'string' }), '10ab'],
  ['a negative length', record({ name: 's', type: 'string' }), '01'],
  ['a length beyond the bytes', record({ name: 's', type: 'bytes' }), 'feffffff0f'],
  ['a branch that is none', record({ name: 'u', type: ['null', 'int'] }), '08'],
  ['a symbol that is none', record({ name: 'e', type: { type: 'enum', name: 'E', symbols: ['A'] } }), '06'],
  ['a billion empty records', { type: 'array', items: nothing }, '80a8d6b907'],
  ['empty records in many blocks', { type: 'array', items: nothing }, `${'feff07'.repeat(3)}00`],
  ['a billion items', { type: 'array', items: 'long' }, '80a8d6b907'],
  ['a varint without end', { type: 'array', items: 'long' }, 'ffffffffffffffffffffffffff'],
])('%s: DataError, at once', (_what, schema, hex) => {
  expect(isQuick(() => expect(() => read(schema, Buffer.from(hex, 'hex'))).toThrow(DataError))).toBe(true);
});

test('bytes that would nest without end', () => {
  const schema = record({ name: 'next', type: ['null', 'Order'] });
  expect(() => read(schema, Buffer.alloc(100_000, 2))).toThrow(/deeper than 512/);
  expect(() => read(record({ name: 'me', type: 'Order' }), Buffer.alloc(0))).toThrow(DataError);
});

test('schemas that Connect has no word for', () => {
  expect(() => compile('null')).toThrow('Standalone null schemas are not supported by this converter');
  const twice = ['null', 'a.X', 'b.X'];
  const named = (name: string) => ({ type: 'record', name, fields: [] });
  expect(() => compile(record({ name: 'u', type: twice }), {}, [named('a.X'), named('b.X')])).toThrow(
    'Multiple union schemas map to the Connect union field name',
  );
});
