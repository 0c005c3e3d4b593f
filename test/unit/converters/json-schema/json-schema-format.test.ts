import { expect, test } from 'vitest';
import { DataError, Decimal, type Schema, Struct } from '../../../../src/api/index.ts';
import { jsonSchemaCompiler } from '../../../../src/converters/json-schema/json-schema-format.ts';
import { readJsonSchemaOptions } from '../../../../src/converters/json-schema/json-schema-options.ts';

type Config = Readonly<Record<string, string>>;

const read = (schema: object, text: string, config: Config = {}, references: Readonly<Record<string, object>> = {}) =>
  jsonSchemaCompiler(readJsonSchemaOptions({ 'schema.registry.url': 'http://127.0.0.1:1', ...config }))
    .compile({
      writer: {
        kind: 'JSON',
        text: JSON.stringify(schema),
        references: Object.entries(references).map(([name, other]) => ({ name, text: JSON.stringify(other) })),
      },
      reader: null,
      version: null,
    })
    .decode(Buffer.from(text), 0, null);

const object = (properties: object, more: object = {}) => ({ type: 'object', title: 'Order', properties, ...more });
const valuesOf = (value: unknown): unknown => (value instanceof Struct ? Object.fromEntries(value.values) : value);
const fieldOf = (schema: Schema | null, name: string): Schema | undefined =>
  schema?.fields?.find((field) => field.name === name)?.schema;

test('types, Connect types and logical types', () => {
  const schema = object({
    id: { type: 'integer' },
    price: { type: 'number' },
    small: { type: 'integer', 'connect.type': 'int16' },
    at: {
      type: 'integer',
      title: 'org.apache.kafka.connect.data.Timestamp',
      'connect.type': 'int64',
      'connect.version': 1,
    },
    exact: {
      type: 'number',
      title: 'org.apache.kafka.connect.data.Decimal',
      'connect.type': 'bytes',
      'connect.parameters': { scale: '2' },
    },
    raw: { type: 'string', 'connect.type': 'bytes' },
    color: { type: 'string', enum: ['RED', 'BLUE'] },
    list: { type: 'array', items: { type: 'integer' } },
    map: { type: 'object', 'connect.type': 'map', additionalProperties: { type: 'boolean' } },
    pairs: {
      type: 'array',
      'connect.type': 'map',
      items: { type: 'object', properties: { key: { type: 'integer' }, value: { type: 'string' } } },
    },
  });
  const text =
    '{"id":9007199254740993,"price":0.1,"small":7,"at":1700000000000,"exact":1.25,"raw":"AQI=","color":"RED","list":[1,2],"map":{"a":true},"pairs":[{"key":1,"value":"x"}]}';
  const { schema: connect, value } = read(schema, text);
  expect(valuesOf(value)).toEqual({
    id: 9007199254740993n,
    price: 0.1,
    small: 7,
    at: new Date(1_700_000_000_000),
    exact: new Decimal(125n, 2),
    raw: Buffer.of(1, 2),
    color: 'RED',
    list: [1n, 2n],
    map: new Map([['a', true]]),
    pairs: new Map([[1n, 'x']]),
  });
  expect(connect).toMatchObject({ type: 'STRUCT', name: 'Order' });
  expect(fieldOf(connect, 'color')).toEqual({
    type: 'STRING',
    optional: false,
    parameters: new Map([
      ['io.confluent.connect.json.Enum', ''],
      ['io.confluent.connect.json.Enum.RED', 'RED'],
      ['io.confluent.connect.json.Enum.BLUE', 'BLUE'],
    ]),
  });
});

test('a property that is not required: refused where absent, unless use.optional.for.nonrequired', () => {
  const schema = object({ a: { type: 'string' }, b: { type: 'integer' } }, { required: ['a'] });
  expect(() => read(schema, '{"a":"x"}')).toThrow('Invalid null value for required INT64 field');
  const config = { 'use.optional.for.nonrequired': 'true' };
  expect(valuesOf(read(schema, '{"a":"x"}', config).value)).toEqual({ a: 'x', b: null });
  expect(() => read(schema, '{"b":1}', config)).toThrow(DataError);
});

test('null beside a type, other unions as structs', () => {
  const inner = { type: 'object', properties: { x: { type: 'integer' }, y: { type: 'integer' } } };
  const schema = object({
    a: { oneOf: [{ type: 'null' }, { type: 'string' }] },
    b: { type: ['integer', 'null'] },
    u: { oneOf: [{ type: 'null' }, { type: 'string' }, { type: 'integer' }, inner] },
  });
  const { schema: connect, value } = read(schema, '{"a":null,"b":1,"u":{"x":1,"y":2}}');
  expect(valuesOf(value)).toMatchObject({ a: null, b: 1n });
  const union = (value as Struct).get('u') as Struct;
  expect(valuesOf(union.get('io.confluent.connect.json.OneOf.field.2'))).toEqual({ x: 1n, y: 2n });
  expect(fieldOf(connect, 'u')).toMatchObject({ name: 'io.confluent.connect.json.OneOf', optional: true });
  expect(valuesOf((read(schema, '{"u":5}').value as Struct).get('u'))).toMatchObject({
    'io.confluent.connect.json.OneOf.field.1': 5n,
  });
});

test('allOf of objects is one, references and recursion are followed', () => {
  const schema = {
    allOf: [{ type: 'object', properties: { a: { type: 'string' } } }, { $ref: '#/definitions/more' }],
    definitions: { more: { type: 'object', properties: { b: { $ref: 'money.json' } } } },
  };
  const money = { type: 'object', properties: { cents: { type: 'integer' } } };
  const { value } = read(schema, '{"a":"x","b":{"cents":5}}', {}, { 'money.json': money });
  expect(valuesOf((value as Struct).get('b'))).toEqual({ cents: 5n });
  const tree = object({ n: { type: 'integer' }, next: { oneOf: [{ type: 'null' }, { $ref: '#' }] } });
  const { schema: connect } = read(tree, '{"n":1,"next":{"n":2,"next":null}}');
  expect(fieldOf(connect, 'next')).toMatchObject({ type: 'STRUCT', optional: true });
  expect(() => read({ $ref: '#' }, '{}')).toThrow(DataError);
  expect(() => read(object({ a: { $ref: 'gone.json' } }), '{}')).toThrow(/gone\.json/);
});

test.each([
  [undefined, 'date-time', '2026-01-02', false],
  [undefined, 'date-time', '2026-01-02T03:04:05Z', true],
  ['http://json-schema.org/draft-04/schema#', 'ipv4', '300.1.1.1', false],
  ['https://json-schema.org/draft/2020-12/schema', 'ipv4', '300.1.1.1', true],
  [undefined, 'of-our-own', 'x', true],
])('$schema %s: format %s of %s fits: %s', (dialect, format, text, fits) => {
  const schema = { ...(dialect && { $schema: dialect }), ...object({ s: { type: 'string', format } }) };
  const reading = () => read(schema, JSON.stringify({ s: text }), { 'json.fail.invalid.schema': 'true' });
  if (fits) expect(valuesOf(reading().value)).toEqual({ s: text });
  else expect(reading).toThrow('JSON does not match schema: /s');
});

test('validation only where it is asked for, and it names the place, not the value', () => {
  const schema = object({ n: { type: 'integer', minimum: 3 } });
  expect(valuesOf(read(schema, '{"n":1}').value)).toEqual({ n: 1n });
  expect(() => read(schema, '{"n":1}', { 'json.fail.invalid.schema': 'true' })).toThrow(
    'JSON does not match schema: /n must be >= 3',
  );
});

test.each(['{"a":', '', '[]', '"x"', '{"a":[[[[[[[['])('%j is no object of the schema', (text) => {
  expect(() => read(object({ a: { type: 'integer' } }), text)).toThrow();
});
