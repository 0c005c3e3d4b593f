import { create, toBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Converter, Decimal, logicalNames, type Schema, Struct } from '../../../src/api/index.ts';
import { createConverter } from '../../../src/converters/index.ts';
import { jsonSchemaCompiler } from '../../../src/converters/json-schema/json-schema-format.ts';
import { readJsonSchemaOptions } from '../../../src/converters/json-schema/json-schema-options.ts';
import { messageAt } from '../../../src/converters/protobuf/message-indexes.ts';
import { parseProto } from '../../../src/converters/protobuf/parse-proto.ts';
import { protobufCompiler } from '../../../src/converters/protobuf/protobuf-format.ts';
import { readProtobufOptions } from '../../../src/converters/protobuf/protobuf-options.ts';

/** What goes in comes out, for every converter but Avro's (avro-round-trip.test.ts). */
const kafka = 'org.apache.kafka.connect';
const registry = { 'schema.registry.url': 'http://127.0.0.1:1' };
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const int = (bits: number) => fc.integer({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 });
/** Text that UTF-8 can hold. */
const text = fc.string({ unit: 'grapheme' });
const bytes = fc.uint8Array({ maxLength: 12 }).map((made) => Buffer.from(made));
/** Java's BigDecimal, which JSON's numbers come through, has no negative zero. */
const finite = { noNaN: true, noDefaultInfinity: true } as const;
const double = fc.double(finite).map((value) => value + 0);

interface Typed {
  readonly schema: Schema;
  readonly value: fc.Arbitrary<unknown>;
}
const named = (type: Schema['type'], name: string): Schema => ({ type, optional: false, name, version: 1 });
const leaves: readonly Typed[] = [
  { schema: { type: 'BOOLEAN', optional: false }, value: fc.boolean() },
  { schema: { type: 'INT8', optional: false }, value: int(8) },
  { schema: { type: 'INT16', optional: false }, value: int(16) },
  { schema: { type: 'INT32', optional: false }, value: int(32) },
  { schema: { type: 'INT64', optional: false }, value: int64 },
  { schema: { type: 'FLOAT32', optional: false }, value: fc.float(finite).map((value) => value + 0) },
  { schema: { type: 'FLOAT64', optional: false }, value: double },
  { schema: { type: 'STRING', optional: false }, value: text },
  { schema: { type: 'BYTES', optional: false }, value: bytes },
  {
    schema: { ...named('BYTES', logicalNames.decimal), parameters: new Map([['scale', '3']]) },
    value: fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }).map((unscaled) => new Decimal(unscaled, 3)),
  },
  { schema: named('INT32', logicalNames.date), value: int(20).map((day) => new Date(day * 86_400_000)) },
  { schema: named('INT32', logicalNames.time), value: fc.nat(86_399_999).map((ms) => new Date(ms)) },
  { schema: named('INT64', logicalNames.timestamp), value: fc.date({ noInvalidDate: true }) },
];
const typed = (depth: number): fc.Arbitrary<Typed> => {
  const leaf = fc.constantFrom(...leaves);
  if (depth === 0) return leaf;
  const inner = typed(depth - 1);
  return fc.oneof(
    leaf,
    inner.map(({ schema, value }) => ({ schema: { ...schema, optional: true }, value: fc.option(value) })),
    inner.map(({ schema, value }) => ({
      schema: { type: 'ARRAY' as const, optional: false, valueSchema: schema },
      value: fc.array(value, { maxLength: 3 }),
    })),
    inner.map(({ schema, value }) => ({
      schema: {
        type: 'MAP' as const,
        optional: false,
        keySchema: { type: 'STRING' as const, optional: false },
        valueSchema: schema,
      },
      value: fc.array(fc.tuple(text, value), { maxLength: 3 }).map((entries) => new Map(entries)),
    })),
    fc.array(inner, { minLength: 1, maxLength: 3 }).map((members) => {
      const fields = members.map(({ schema }, index) => ({ name: `f${index}`, index, schema }));
      const schema: Schema = { type: 'STRUCT', optional: false, name: 'S', fields };
      const value = fc
        .tuple(...members.map((member) => member.value))
        .map((made) => new Struct(schema, new Map(made.map((one, index) => [`f${index}`, one]))));
      return { schema, value };
    }),
  );
};

/** Buffer or Uint8Array, whatever the way. */
const plain = (value: unknown): unknown => {
  if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString('hex') };
  if (value instanceof Struct) return { struct: plain(value.values) };
  if (value instanceof Map) return new Map([...value].map(([key, inner]) => [key, plain(inner)]));
  return Array.isArray(value) ? value.map(plain) : value;
};

const reread = (converter: Converter, schema: Schema | null, value: unknown) => {
  const read = converter.toConnectData('t', [], converter.fromConnectData('t', schema, value));
  if (read instanceof Promise) throw new TypeError('this converter is synchronous');
  return read;
};

test.each(['BASE64', 'NUMERIC'])('JsonConverter with schemas, decimals as %s', (format) => {
  const converter = createConverter(`${kafka}.json.JsonConverter`, { 'decimal.format': format }, false);
  const given = typed(2).chain(({ schema, value }) => value.map((made) => ({ schema, made })));
  fc.assert(
    fc.property(given, ({ schema, made }) => {
      const read = reread(converter, schema, made);
      expect(plain(read.value)).toEqual(plain(made));
      expect(read.schema).toEqual(schema);
    }),
    { numRuns: 200 },
  );
});

test.each([
  ['converters.BooleanConverter', fc.boolean()],
  ['converters.ShortConverter', int(16)],
  ['converters.IntegerConverter', int(32)],
  ['converters.LongConverter', int64],
  ['converters.FloatConverter', fc.float()],
  ['converters.DoubleConverter', fc.double()],
  ['converters.ByteArrayConverter', bytes],
  ['storage.StringConverter', text],
] as [string, fc.Arbitrary<unknown>][])('%s', (name, values) => {
  const converter = createConverter(`${kafka}.${name}`, {}, false);
  fc.assert(
    fc.property(values, (value) => {
      expect(plain(reread(converter, null, value).value)).toEqual(plain(value));
    }),
  );
});

const proto = `syntax = "proto3";
message M { int32 a = 1; sint64 b = 2; fixed32 c = 3; uint64 d = 4; float e = 5; double f = 6; bool g = 7; string h = 8; bytes i = 9;
  optional string j = 10; repeated int64 k = 11; map<string, int32> l = 12; M m = 13; repeated string n = 14; }`;

test('Protobuf: what its own library writes', () => {
  const writer = { kind: 'PROTOBUF', text: proto, references: [] };
  const decoder = protobufCompiler(readProtobufOptions(registry)).compile({ writer, reader: null, version: null });
  const type = messageAt(parseProto(writer).file, [0]);
  const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
  const fields = {
    ...{ a: int(32), b: int64, c: fc.nat(2 ** 31), d: uint64, e: fc.float(), f: fc.double(), g: fc.boolean() },
    ...{ h: text, i: bytes, j: fc.option(text, { nil: undefined }), k: fc.array(int64, { maxLength: 3 }) },
    ...{ l: fc.dictionary(fc.stringMatching(/^[a-z]{1,3}$/), int(32), { maxKeys: 3 }), n: fc.array(text) },
  };
  const { message } = fc.letrec<{ message: object }>((tie) => ({
    message: fc.record({ ...fields, m: fc.option(tie('message'), { nil: undefined, maxDepth: 3 }) }),
  }));
  type Message = Record<string, unknown>;
  const expected = ({ c, d, i, j, l, m, ...rest }: Message): unknown => ({
    ...rest,
    i: plain(i),
    c: BigInt(c as number),
    d: BigInt.asIntN(64, d as bigint),
    j: j ?? null,
    l: new Map(Object.entries(l as object)),
    m: m === undefined ? null : expected(m as Message),
  });
  const objects = (value: unknown): unknown =>
    value instanceof Struct
      ? Object.fromEntries([...value.values].map(([name, inner]) => [name, objects(inner)]))
      : plain(value);
  fc.assert(
    fc.property(message, (given) => {
      const payload = Buffer.concat([Buffer.of(0), toBinary(type, create(type, given as never))]);
      expect(objects(decoder.decode(payload, 0, null).value)).toEqual(expected(given as Message));
    }),
    { numRuns: 150 },
  );
});

test('JSON Schema: what JSON.stringify writes', () => {
  const properties = {
    id: { type: 'integer' },
    price: { type: 'number' },
    name: { type: 'string' },
    ok: { type: 'boolean' },
    list: { type: 'array', items: { oneOf: [{ type: 'null' }, { type: 'string' }] } },
    map: { type: 'object', 'connect.type': 'map', additionalProperties: { type: 'integer' } },
    next: { oneOf: [{ type: 'null' }, { $ref: '#' }] },
  };
  const writer = { kind: 'JSON', text: JSON.stringify({ type: 'object', title: 'T', properties }), references: [] };
  const decoder = jsonSchemaCompiler(readJsonSchemaOptions(registry)).compile({ writer, reader: null, version: null });
  const safe = fc.maxSafeInteger();
  const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
    tree: fc.record({
      id: safe,
      price: double,
      name: text,
      ok: fc.boolean(),
      list: fc.array(fc.option(text), { maxLength: 3 }),
      map: fc.dictionary(fc.stringMatching(/^[a-z]{1,3}$/), safe, { maxKeys: 3 }),
      next: fc.option(tie('tree'), { maxDepth: 3 }),
    }),
  }));
  interface Tree {
    readonly id: number;
    readonly map: Record<string, number>;
    readonly next: Tree | null;
  }
  const expected = ({ id, map, next, ...rest }: Tree): unknown =>
    new Map<string, unknown>([
      ...Object.entries(rest),
      ['id', BigInt(id)],
      ['map', new Map(Object.entries(map).map(([key, value]) => [key, BigInt(value)]))],
      ['next', next === null ? null : expected(next)],
    ]);
  const maps = (value: unknown): unknown =>
    value instanceof Struct ? new Map([...value.values].map(([name, inner]) => [name, maps(inner)])) : value;
  fc.assert(
    fc.property(tree, (given) => {
      const { value } = decoder.decode(Buffer.from(JSON.stringify(given)), 0, null);
      expect(maps(value)).toEqual(expected(given));
    }),
    { numRuns: 150 },
  );
});
