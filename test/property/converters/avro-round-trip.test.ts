import avsc from 'avsc';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Decimal, Struct } from '../../../src/api/index.ts';
import { avroCompiler } from '../../../src/converters/avro/avro-format.ts';
import { readAvroOptions } from '../../../src/converters/avro/avro-options.ts';

/** A value as avsc writes it, and what the converter must make of it. */
interface Pair {
  readonly written: unknown;
  readonly read: unknown;
}
interface Typed {
  readonly schema: unknown;
  readonly value: fc.Arbitrary<Pair>;
}

const exactLong = avsc.types.LongType.__with({
  fromBuffer: (buffer: Buffer) => buffer.readBigInt64LE(),
  toBuffer: (value: bigint) => {
    const buffer = Buffer.alloc(8);
    buffer.writeBigInt64LE(value);
    return buffer;
  },
  fromJSON: BigInt,
  toJSON: Number,
  isValid: (value: unknown) => typeof value === 'bigint',
  compare: () => 0,
});

const same = <T>(schema: unknown, value: fc.Arbitrary<T>): Typed => ({
  schema,
  value: value.map((made) => ({ written: made, read: made })),
});
const bytes = fc.uint8Array({ maxLength: 20 }).map((made) => Buffer.from(made));
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
let names = 0;

const leaf = (): fc.Arbitrary<Typed> =>
  fc
    .constantFrom<() => Typed>(
      () => same('boolean', fc.boolean()),
      () => same('int', int32),
      () => same('long', int64),
      () => same('float', fc.float()),
      () => same('double', fc.double()),
      () => same('string', fc.string({ unit: 'grapheme' })),
      () => same('bytes', bytes),
      () => same({ type: 'enum', name: `E${names++}`, symbols: ['A', 'B', 'C'] }, fc.constantFrom('A', 'B', 'C')),
      () =>
        same(
          { type: 'fixed', name: `F${names++}`, size: 3 },
          bytes.map((made) => Buffer.concat([made, Buffer.alloc(3)]).subarray(0, 3)),
        ),
      () => ({
        schema: { type: 'long', logicalType: 'timestamp-millis' },
        value: fc.integer({ min: -1e14, max: 1e14 }).map((ms) => ({ written: BigInt(ms), read: new Date(ms) })),
      }),
      () => ({
        schema: { type: 'bytes', logicalType: 'decimal', precision: 40, scale: 3 },
        value: bytes
          .filter(({ length }) => length > 0)
          .map((written) => ({
            written,
            read: new Decimal(BigInt.asIntN(written.length * 8, BigInt(`0x${written.toString('hex')}`)), 3),
          })),
      }),
    )
    .map((make) => make());

const typed = (depth: number): fc.Arbitrary<Typed> => {
  if (depth === 0) return leaf();
  const inner = typed(depth - 1);
  return fc.oneof(leaf(), optionalOf(inner), arrayOf(inner), mapOf(inner), recordOf(inner));
};

/** avsc wraps a branch's value in its name; optional unions within unions are none. */
const optionalOf = (inner: fc.Arbitrary<Typed>): fc.Arbitrary<Typed> =>
  inner
    .filter(({ schema }) => !Array.isArray(schema))
    .map(({ schema, value }) => {
      const branch = typeof schema === 'string' ? schema : avsc.Type.forSchema(schema as never, options()).branchName;
      return {
        schema: ['null', schema],
        value: fc.option(value).map((made) => ({
          written: made === null ? null : { [branch ?? '']: made.written },
          read: made?.read ?? null,
        })),
      };
    });

const arrayOf = (inner: fc.Arbitrary<Typed>): fc.Arbitrary<Typed> =>
  inner.map(({ schema, value }) => ({
    schema: { type: 'array', items: schema },
    value: fc.array(value, { maxLength: 3 }).map((made) => ({
      written: made.map(({ written }) => written),
      read: made.map(({ read }) => read),
    })),
  }));

const mapOf = (inner: fc.Arbitrary<Typed>): fc.Arbitrary<Typed> =>
  inner.map(({ schema, value }) => ({
    schema: { type: 'map', values: schema },
    value: fc
      .dictionary(
        fc.string({ minLength: 1 }).filter((key) => !key.startsWith('__')),
        value,
        { maxKeys: 3 },
      )
      .map((made) => ({
        written: Object.fromEntries(Object.entries(made).map(([key, { written }]) => [key, written])),
        read: new Map(Object.entries(made).map(([key, { read }]) => [key, read])),
      })),
  }));

const recordOf = (inner: fc.Arbitrary<Typed>): fc.Arbitrary<Typed> =>
  fc.array(inner, { maxLength: 4 }).map((fields) => ({
    schema: {
      type: 'record',
      name: `R${names++}`,
      fields: fields.map(({ schema }, index) => ({ name: `f${index}`, type: schema })),
    },
    value: fc.tuple(...fields.map(({ value }) => value)).map((made) => ({
      written: Object.fromEntries(made.map(({ written }, index) => [`f${index}`, written])),
      read: new Map(made.map(({ read }, index) => [`f${index}`, read])),
    })),
  }));

const isLong = (schema: unknown): boolean =>
  schema === 'long' || (typeof schema === 'object' && (schema as { readonly type?: unknown }).type === 'long');
const options = () => ({
  wrapUnions: true,
  typeHook: (schema: unknown) => (isLong(schema) ? (exactLong as avsc.Type) : undefined),
});

/** Structs as maps of their values: schemas are for the unit tests. */
const withoutSchemas = (value: unknown): unknown => {
  if (value instanceof Struct) return new Map([...value.values].map(([name, inner]) => [name, withoutSchemas(inner)]));
  if (value instanceof Map) return new Map([...value].map(([key, inner]) => [key, withoutSchemas(inner)]));
  return Array.isArray(value) ? value.map(withoutSchemas) : value;
};

test('what avsc writes is read as it was, for schemas of any shape', () => {
  const compiler = avroCompiler(readAvroOptions({ 'schema.registry.url': 'http://127.0.0.1:1' }));
  const withValue = typed(3).chain(({ schema, value }) => value.map((pair) => ({ schema, ...pair })));
  fc.assert(
    fc.property(withValue, ({ schema, written, read }) => {
      const payload = avsc.Type.forSchema(schema as never, options()).toBuffer(written);
      const writer = { kind: 'AVRO', text: JSON.stringify(schema), references: [] };
      const decoder = compiler.compile({ writer, reader: null, version: null });
      expect(withoutSchemas(decoder.decode(payload, 0, null).value)).toEqual(read);
      const resolved = compiler.compile({ writer, reader: writer, version: null });
      expect(withoutSchemas(resolved.decode(payload, 0, null).value)).toEqual(read);
    }),
    { numRuns: 100 },
  );
});
