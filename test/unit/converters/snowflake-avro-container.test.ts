import { crc32, deflateRawSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { compressSync } from 'snappy';
import { expect, test } from 'vitest';
import { DataError, RecordRows } from '../../../src/api/index.ts';
import { createConverter } from '../../../src/converters/index.ts';

const javaClass = 'com.snowflake.kafka.connector.records.SnowflakeAvroConverterWithoutSchemaRegistry';
const value = createConverter(javaClass, {}, false);
const key = createConverter(javaClass, {}, true);

const varint = (number: number): Buffer => {
  const bytes: number[] = [];
  let rest = number < 0 ? -number * 2 - 1 : number * 2;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return Buffer.from([...bytes, rest]);
};
const text = (content: string | Buffer): Buffer =>
  Buffer.concat([varint(Buffer.byteLength(content)), Buffer.from(content)]);
const sync = Buffer.alloc(16, 7);
const schema =
  '{"type":"record","name":"R","fields":[{"name":"i","type":"int"},{"name":"s","type":["null","string"]}]}';
const object = (i: number, s: string | null): Buffer =>
  Buffer.concat([varint(i), s === null ? varint(0) : Buffer.concat([varint(1), text(s)])]);
const snappy = (data: Buffer): Buffer => {
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(data));
  return Buffer.concat([compressSync(data), checksum]);
};
const packed: Readonly<Record<string, (data: Buffer) => Buffer>> = {
  deflate: (data) => deflateRawSync(data),
  snappy,
  zstandard: (data) => zstdCompressSync(data),
};
const container = (objects: readonly Buffer[], codec = 'null'): Buffer => {
  const data = Buffer.concat(objects);
  return Buffer.concat([
    Buffer.from('Obj\u0001'),
    varint(2),
    text('avro.schema'),
    text(schema),
    text('avro.codec'),
    text(codec),
    varint(0),
    sync,
    varint(objects.length),
    text(packed[codec]?.(data) ?? data),
    sync,
  ]);
};
const plain = (read: unknown): unknown =>
  JSON.parse(JSON.stringify(read, (_, inner) => (inner instanceof Map ? Object.fromEntries(inner) : inner)));

test.each(['null', 'deflate', 'snappy', 'zstandard'])(
  'one object is the value, several are rows; codec %s',
  async (codec) => {
    const one = await value.toConnectData('t', [], container([object(1, 'a')], codec));
    expect(plain(one.value)).toEqual({ i: { text: '1' }, s: 'a' });
    const two = await value.toConnectData('t', [], container([object(1, 'a'), object(-2, null)], codec));
    expect(two.value).toBeInstanceOf(RecordRows);
    const rows = [
      { i: { text: '1' }, s: 'a' },
      { i: { text: '-2' }, s: null },
    ];
    expect(plain(two.value)).toEqual({ rows });
    expect(
      plain((await key.toConnectData('t', [], container([object(1, 'a'), object(-2, null)], codec))).value),
    ).toEqual(rows);
  },
);

test('what is no container, or of an unknown codec, is a bad record', async () => {
  const cause = async (bytes: Uint8Array): Promise<string> => {
    try {
      await value.toConnectData('t', [], bytes);
    } catch (error) {
      return error instanceof DataError && error.cause instanceof Error ? error.cause.message : String(error);
    }
    return 'read';
  };
  expect(await cause(Buffer.from('{}'))).toContain('do not begin with Obj');
  expect(await cause(container([object(1, 'a')], 'bzip2'))).toContain('there are null, deflate, snappy');
  expect(await cause(container([object(1, 'a')]).subarray(0, -3))).toContain('ends in the middle');
});

test('objects of every length come out of Snappy as they went in', () => {
  const texts = fc.array(
    fc.tuple(fc.string({ minLength: 1, maxLength: 3 }), fc.nat(3000)).map(([part, times]) => part.repeat(times)),
    { minLength: 1, maxLength: 4 },
  );
  fc.assert(
    fc.property(texts, (given) => {
      const objects = given.map((content, index) => object(index, content));
      const read = key.toConnectData('t', [], container(objects, 'snappy'));
      if (read instanceof Promise) throw new TypeError('containers are read at once');
      const rows = given.length === 1 ? [plain(read.value)] : plain(read.value);
      expect(rows).toMatchObject(given.map((content) => ({ s: content })));
    }),
    { numRuns: 60 },
  );
});

test.each(['null', 'deflate', 'snappy', 'zstandard'])(
  'damaged containers are bad records, and quickly so; codec %s',
  async (codec) => {
    const sound = container([object(1, 'a'), object(2, 'bcd'.repeat(40))], codec);
    await value.toConnectData('t', [], sound);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(sound.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 }),
        fc.nat(sound.length),
        (changes, end) => {
          const damaged = Buffer.from(sound.subarray(0, end));
          for (const [at, byte] of changes) if (at < damaged.length) damaged[at] = byte;
          try {
            void value.toConnectData('t', [], damaged);
          } catch (error) {
            expect(error).toBeInstanceOf(DataError);
          }
        },
      ),
      { numRuns: 200 },
    );
  },
);
