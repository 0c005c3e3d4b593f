import avsc from 'avsc';
import fc from 'fast-check';
import { Decimal } from '../../src/api/index.ts';

/** A value as avsc writes it, and what the converter must make of it. */
interface Pair {
  readonly written: unknown;
  readonly read: unknown;
}
/** A random schema with its values. */
export interface AvroType {
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

const same = <T>(schema: unknown, value: fc.Arbitrary<T>): AvroType => ({
  schema,
  value: value.map((made) => ({ written: made, read: made })),
});
const bytes = fc.uint8Array({ maxLength: 20 }).map((made) => Buffer.from(made));
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
let names = 0;

const mapped = <T>(schema: unknown, value: fc.Arbitrary<T>, read: (written: T) => unknown): AvroType => ({
  schema,
  value: value.map((written) => ({ written, read: read(written) })),
});

/** The plain types of Avro and Connect's logical ones, a new one each time: types with a name are defined once. */
export const plainAvro = {
  boolean: () => same('boolean', fc.boolean()),
  int: () => same('int', int32),
  long: () => same('long', int64),
  float: () => same('float', fc.float()),
  double: () => same('double', fc.double()),
  string: () => same('string', fc.string({ unit: 'grapheme' })),
  bytes: () => same('bytes', bytes),
  symbol: () => same({ type: 'enum', name: `E${names++}`, symbols: ['A', 'B', 'C'] }, fc.constantFrom('A', 'B', 'C')),
  fixed: () =>
    same(
      { type: 'fixed', name: `F${names++}`, size: 3 },
      bytes.map((made) => Buffer.concat([made, Buffer.alloc(3)]).subarray(0, 3)),
    ),
  timestamp: () =>
    mapped(
      { type: 'long', logicalType: 'timestamp-millis' },
      fc.oneof(fc.integer({ min: 0, max: 4e12 }), fc.integer({ min: -1e14, max: 1e14 })).map(BigInt),
      (ms) => new Date(Number(ms)),
    ),
  date: () =>
    mapped(
      { type: 'int', logicalType: 'date' },
      fc.integer({ min: -800_000, max: 3e6 }),
      (day) => new Date(day * 86_400_000),
    ),
  time: () =>
    mapped({ type: 'int', logicalType: 'time-millis' }, fc.integer({ min: 0, max: 86_400_000 }), (ms) => new Date(ms)),
  wholeDecimal: () => decimalOf(0, 20),
  price: () => decimalOf(2, 4),
  decimal: () => decimalOf(3, 20),
  smallDecimal: () => decimalOf(9, 7),
  tinyDecimal: () => decimalOf(18, 6),
};

export const plainAvroType = (): fc.Arbitrary<AvroType> =>
  fc.constantFrom(...Object.values(plainAvro)).map((make) => make());

const decimalOf = (scale: number, maxLength: number): AvroType => ({
  schema: { type: 'bytes', logicalType: 'decimal', precision: 40, scale },
  value: fc.uint8Array({ minLength: 1, maxLength }).map((unscaled) => {
    const written = Buffer.from(unscaled);
    const read = BigInt.asIntN(written.length * 8, BigInt(`0x${written.toString('hex')}`));
    return { written, read: new Decimal(read, scale) };
  }),
});

/** Schemas nested up to `depth`. */
export const avroTypes = (depth: number): fc.Arbitrary<AvroType> => {
  if (depth === 0) return plainAvroType();
  const inner = avroTypes(depth - 1);
  return fc.oneof(plainAvroType(), optionalAvro(inner), arrayAvro(inner), mapOf(inner), recordAvro(inner));
};

/** avsc wraps a branch's value in its name; optional unions within unions are none. */
export const optionalAvro = (inner: fc.Arbitrary<AvroType>): fc.Arbitrary<AvroType> =>
  inner
    .filter(({ schema }) => !Array.isArray(schema))
    .map(({ schema, value }) => {
      const branch = typeof schema === 'string' ? schema : avsc.Type.forSchema(schema as never, exactAvsc()).branchName;
      return {
        schema: ['null', schema],
        value: fc.option(value).map((made) => ({
          written: made === null ? null : { [branch ?? '']: made.written },
          read: made?.read ?? null,
        })),
      };
    });

export const arrayAvro = (inner: fc.Arbitrary<AvroType>): fc.Arbitrary<AvroType> =>
  inner.map(({ schema, value }) => ({
    schema: { type: 'array', items: schema },
    value: fc.array(value, { maxLength: 3 }).map((made) => ({
      written: made.map(({ written }) => written),
      read: made.map(({ read }) => read),
    })),
  }));

const mapOf = (inner: fc.Arbitrary<AvroType>): fc.Arbitrary<AvroType> =>
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

export const recordAvro = (inner: fc.Arbitrary<AvroType>): fc.Arbitrary<AvroType> =>
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
/** For avsc, so that longs are bigints. */
export const exactAvsc = () => ({
  wrapUnions: true,
  typeHook: (schema: unknown) => (isLong(schema) ? (exactLong as avsc.Type) : undefined),
});
