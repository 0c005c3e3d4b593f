import { fromJson, toBinary } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { DataError, Decimal, type Schema, Struct } from '../../../../src/api/index.ts';
import { messageAt } from '../../../../src/converters/protobuf/message-indexes.ts';
import { parseProto } from '../../../../src/converters/protobuf/parse-proto.ts';
import { protobufCompiler } from '../../../../src/converters/protobuf/protobuf-format.ts';
import { readProtobufOptions } from '../../../../src/converters/protobuf/protobuf-options.ts';
import { isQuick } from '../../../support/hostile-bytes.ts';

type Config = Readonly<Record<string, string>>;
type References = Readonly<Record<string, string>>;

const registered = (text: string, references: References = {}) => ({
  kind: 'PROTOBUF',
  text,
  references: Object.entries(references).map(([name, other]) => ({ name, text: other })),
});

const compile = (text: string, config: Config = {}, references: References = {}) =>
  protobufCompiler(readProtobufOptions({ 'schema.registry.url': 'http://127.0.0.1:1', ...config })).compile({
    writer: registered(text, references),
    reader: null,
    version: null,
  });

const written = (
  text: string,
  json: object,
  path: readonly number[] = [0],
  references: References = {},
): Uint8Array => {
  const message = messageAt(parseProto(registered(text, references)).file, path);
  return toBinary(message, fromJson(message, json as never));
};

const read = (text: string, json: object, config: Config = {}) =>
  compile(text, config).decode(Buffer.concat([Buffer.of(0), written(text, json)]), 0, null);

const valuesOf = (value: unknown): unknown => (value instanceof Struct ? Object.fromEntries(value.values) : value);
const fieldOf = (schema: Schema | null, name: string): Schema | undefined =>
  schema?.fields?.find((field) => field.name === name)?.schema;

const order = `// an order
syntax = "proto3";
package shop;
import "google/protobuf/timestamp.proto";
import "google/protobuf/wrappers.proto";
import "google/type/date.proto";
import "google/type/timeofday.proto";
import "confluent/meta.proto";
import "confluent/type/decimal.proto";

message Order {
  int64 id = 1;
  uint64 huge = 2;
  uint32 wide = 3;
  sint32 zig = 4;
  string name = 5;
  bytes raw = 6;
  bool ok = 7;
  double d = 8;
  float f = 9;
  Color color = 10;
  repeated int32 list = 11;
  repeated string words = 12;
  map<string, Money> prices = 13;
  oneof pick { string text = 14; int32 number = 15; }
  optional string maybe = 16;
  Money total = 17;
  google.protobuf.Timestamp at = 18;
  google.type.Date day = 19;
  google.type.TimeOfDay time = 20;
  confluent.type.Decimal exact = 21 [(confluent.field_meta) = { params: [{ key: "scale", value: "2" }] }];
  google.protobuf.StringValue wrapped = 22;
  int32 small = 23 [(confluent.field_meta).params = { key: "connect.type", value: "int16" }];
  enum Color { RED = 0; BLUE = 5; }
  message Money { int64 cents = 1; }
}
message Second { Order.Money money = 1; message Inner { int32 n = 1; } }
`;

test('every kind of field', () => {
  const { schema, value } = read(order, {
    id: '9007199254740993',
    huge: '18446744073709551615',
    wide: 4294967295,
    zig: -5,
    name: 'grün',
    raw: 'AQI=',
    ok: true,
    d: 0.1,
    f: 1.5,
    color: 'BLUE',
    list: [1, 2],
    words: ['a'],
    prices: { a: { cents: '5' }, b: {} },
    number: 7,
    total: { cents: '9' },
    at: '2026-01-02T03:04:05.678Z',
    day: { year: 2026, month: 2, day: 28 },
    time: { hours: 1, nanos: 5_000_000 },
    exact: { value: '/4U=', scale: 2 },
    wrapped: 'w',
    small: 3,
  });
  const values = value instanceof Struct ? value.values : new Map();
  expect([...values.keys()][0]).toBe('pick_0');
  expect(valuesOf(value)).toMatchObject({
    id: 9007199254740993n,
    huge: -1n,
    wide: 4294967295n,
    zig: -5,
    name: 'grün',
    ok: true,
    d: 0.1,
    f: 1.5,
    color: 'BLUE',
    list: [1, 2],
    words: ['a'],
    maybe: null,
    at: new Date('2026-01-02T03:04:05.678Z'),
    day: new Date('2026-02-28'),
    time: new Date(3_600_005),
    exact: new Decimal(-123n, 2),
    small: 3,
  });
  expect(values.get('raw')).toEqual(Buffer.of(1, 2));
  expect(valuesOf(values.get('pick_0'))).toEqual({ text: null, number: 7 });
  expect(valuesOf(values.get('prices').get('b'))).toEqual({ cents: 0n });
  expect(valuesOf(values.get('wrapped'))).toEqual({ value: 'w' });
  expect(schema).toMatchObject({ type: 'STRUCT', name: 'Order', optional: false });
  expect(fieldOf(schema, 'pick_0')).toMatchObject({ name: 'io.confluent.connect.protobuf.Union.pick', optional: true });
  expect(fieldOf(schema, 'zig')?.parameters).toEqual(
    new Map([
      ['io.confluent.connect.protobuf.Type', 'sint32'],
      ['io.confluent.connect.protobuf.Tag', '4'],
    ]),
  );
  expect(fieldOf(schema, 'color')).toMatchObject({
    type: 'STRING',
    name: 'Color',
    parameters: new Map([
      ['io.confluent.connect.protobuf.Enum', 'Color'],
      ['io.confluent.connect.protobuf.Enum.RED', '0'],
      ['io.confluent.connect.protobuf.Enum.BLUE', '5'],
      ['io.confluent.connect.protobuf.Tag', '10'],
    ]),
  });
  expect(fieldOf(schema, 'exact')).toMatchObject({ name: 'org.apache.kafka.connect.data.Decimal', optional: true });
  expect(fieldOf(schema, 'exact')?.parameters?.get('scale')).toBe('2');
  expect(fieldOf(schema, 'small')?.type).toBe('INT16');
  expect(fieldOf(schema, 'prices')).toMatchObject({ type: 'MAP', name: 'prices' });
});

test('what is not set: defaults, but null for messages, oneofs and optional', () => {
  expect(valuesOf(read(order, {}).value)).toMatchObject({
    id: 0n,
    name: '',
    ok: false,
    color: 'RED',
    list: [],
    prices: new Map(),
    pick_0: null,
    maybe: null,
    total: null,
    at: null,
  });
  const struct = read(order, {}, { 'generate.struct.for.nulls': 'true' }).value;
  expect(valuesOf((struct as Struct).get('total'))).toEqual({ cents: 0n });
});

test('the options', () => {
  const on = (name: string) => read(order, { number: 1, color: 'BLUE', wrapped: 'w' }, { [name]: 'true' });
  expect(on('enhanced.protobuf.schema.support').schema?.name).toBe('shop.Order');
  expect(valuesOf(on('int.for.enums').value)).toMatchObject({ color: 5 });
  expect(valuesOf(on('wrapper.for.nullables').value)).toMatchObject({ wrapped: 'w' });
  expect(fieldOf(on('optional.for.nullables').schema, 'id')?.optional).toBe(false);
  expect(fieldOf(on('optional.for.nullables').schema, 'maybe')?.optional).toBe(true);
  expect(fieldOf(on('generalized.sum.type.support').schema, 'pick_0')?.name).toBe('pick');
  const plain = read(order, { number: 1 }, { 'generate.index.for.unions': 'false' });
  expect(valuesOf((plain.value as Struct).get('pick'))).toEqual({ text: null, number: 1 });
});

test('message indexes choose the message; in the header form they stand there', () => {
  const decoder = compile(order);
  const inner = written(order, { n: 4 }, [1, 0]);
  expect(valuesOf(decoder.decode(Buffer.concat([Buffer.of(4, 2, 0), inner]), 0, null).value)).toEqual({ n: 4 });
  expect(valuesOf(decoder.decode(inner, 0, Buffer.of(4, 2, 0)).value)).toEqual({ n: 4 });
  expect(decoder.decode(Buffer.of(2, 2), 0, null).schema?.name).toBe('Second');
  expect(() => decoder.decode(Buffer.of(2, 14), 0, null)).toThrow('The schema has no message at index 7');
  expect(() => decoder.decode(Buffer.of(0x80), 0, null)).toThrow(DataError);
  expect(() => decoder.decode(Buffer.from('feffffff0f', 'hex'), 0, null)).toThrow(DataError);
});

test('imports come from the references, whatever their package; proto2 keeps its optional and defaults', () => {
  const common = 'syntax = "proto3"; package common; message Id { int32 n = 1; }';
  const main = `syntax = "proto2"; package shop; import "common.proto";
    message Order { optional common.Id id = 1; optional int32 a = 2 [default = 7]; required string s = 3; repeated int32 r = 4 [packed = true]; }`;
  const references = { 'common.proto': common };
  const bytes = written(main, { id: { n: 3 }, s: 'x', r: [1, 2] }, [0], references);
  const payload = Buffer.concat([Buffer.of(0), bytes]);
  const { value } = compile(main, {}, references).decode(payload, 0, null);
  expect(valuesOf(value)).toMatchObject({ a: null, s: 'x', r: [1, 2] });
  const defaults = compile(main, { 'optional.for.proto2': 'false' }, references).decode(payload, 0, null).value;
  expect(valuesOf(defaults)).toMatchObject({ a: 7 });
  expect(() => compile(main)).toThrow(
    'The schema imports common.proto, which is not among its references in the registry',
  );
});

test('a message within itself', () => {
  const tree = 'syntax = "proto3"; message Node { int32 n = 1; Node next = 2; }';
  const { schema, value } = read(tree, { n: 1, next: { n: 2, next: { n: 3 } } });
  const next = fieldOf(schema, 'next');
  expect(fieldOf(next ?? null, 'next')).toBe(next);
  expect(valuesOf((value as Struct).get('next'))).toMatchObject({ n: 2 });
  expect(((value as Struct).get('next') as Struct).schema.name).toBe('Node');
});

test('a wrapper as the whole record is its value', () => {
  const { schema, value } = compile('syntax = "proto3"; message Only { int32 n = 1; }').decode(
    Buffer.of(0, 8, 5),
    0,
    null,
  );
  expect([schema?.type, valuesOf(value)]).toEqual(['STRUCT', { n: 5 }]);
});

const tree = 'syntax = "proto3"; message Node { int32 n = 1; Node next = 2; repeated int32 r = 3; string s = 4; }';
const nested = (depth: number): Buffer => {
  let bytes: Buffer = Buffer.alloc(0);
  for (let level = 0; level < depth; level++) {
    const size: number[] = [];
    for (let left = bytes.length; ; left >>>= 7) {
      size.push(left > 127 ? (left & 127) | 128 : left);
      if (left <= 127) break;
    }
    bytes = Buffer.concat([Buffer.of(0x12, ...size), bytes]);
  }
  return bytes;
};

test.each([
  ['truncated', Buffer.from('0a', 'hex')],
  ['a length beyond the bytes', Buffer.from('22ffffff0f', 'hex')],
  ['a packed list beyond the bytes', Buffer.from('1affffff0f', 'hex')],
  ['a group that does not end', Buffer.from('2b', 'hex')],
  ['a group that did not begin', Buffer.from('2c', 'hex')],
  ['a value that reaches beyond its message', Buffer.from('120108ff01', 'hex')],
  ['nested without end', nested(5000)],
  ['field number zero', Buffer.from('0001', 'hex')],
])('%s: refused, at once', (_what, payload) => {
  const decoder = compile(tree);
  expect(isQuick(() => expect(() => decoder.decode(Buffer.concat([Buffer.of(0), payload]), 0, null)).toThrow())).toBe(
    true,
  );
});
