import { deflateRawSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { ConnectError, type Converter, DataError } from '../../../src/api/index.ts';
import { createConverter, createHeaderConverter } from '../../../src/converters/index.ts';
import { RecordReader } from '../../../src/kernel/index.ts';
import { damaged, isQuick } from '../../support/hostile-bytes.ts';
import { compressors, recordBatch } from '../../unit/kernel/record-batches.ts';

/** Every converter that needs no registry, and record batches: what hostile bytes do to them. hostile-bytes.test.ts has the others. */
const kafka = 'org.apache.kafka.connect';
const snowflake = 'com.snowflake.kafka.connector.records';
const text = (content: string): Buffer => Buffer.concat([Buffer.of(content.length * 2), Buffer.from(content)]);
const container = (codec: string, packed: Buffer, count = 1): Buffer => {
  const schema = '{"type":"array","items":"R"}'.replace('"R"', '"string"');
  const length = Buffer.of(128 | ((packed.length * 2) & 127), 128 | ((packed.length >> 6) & 127), packed.length >> 13);
  const named = [text('avro.schema'), text(schema), text('avro.codec'), text(codec)];
  const head = [Buffer.from('Obj\u0001'), Buffer.of(4), ...named, Buffer.of(0), Buffer.alloc(16)];
  return Buffer.concat([...head, Buffer.of(count * 2), length, packed, Buffer.alloc(16)]);
};
const envelope = {
  schema: {
    type: 'struct',
    fields: [
      { field: 'a', type: 'array', items: { type: 'map', keys: { type: 'string' }, values: { type: 'int64' } } },
      { field: 'd', type: 'bytes', name: `${kafka}.data.Decimal`, parameters: { scale: '2' }, optional: true },
    ],
  },
  payload: { a: [{ x: 1 }, { y: 2 }], d: 'AQI=' },
};

const targets: readonly (readonly [string, Converter, Uint8Array])[] = [
  ['JsonConverter', createConverter(`${kafka}.json.JsonConverter`, {}, false), Buffer.from(JSON.stringify(envelope))],
  [
    'JsonConverter without schemas',
    createConverter(`${kafka}.json.JsonConverter`, { 'schemas.enable': 'false' }, false),
    Buffer.from('{"a":[1.5e3,{"b":null}],"c":"\\u00e4"}'),
  ],
  ['StringConverter', createConverter(`${kafka}.storage.StringConverter`, {}, false), Buffer.from('grün')],
  ['DoubleConverter', createConverter(`${kafka}.converters.DoubleConverter`, {}, false), Buffer.alloc(8, 1)],
  ['BooleanConverter', createConverter(`${kafka}.converters.BooleanConverter`, {}, false), Buffer.of(1)],
  [
    'WindowedKeyConverter',
    createConverter('io.snowsink.WindowedKeyConverter', { 'window.type': 'session' }, true),
    Buffer.alloc(20, 65),
  ],
  [
    'WindowedKeyConverter of JSON',
    createConverter('io.snowsink.WindowedKeyConverter', { inner: `${kafka}.json.JsonConverter` }, true),
    Buffer.concat([Buffer.from(JSON.stringify(envelope)), Buffer.alloc(8)]),
  ],
  [
    'SnowflakeJsonConverter',
    createConverter(`${snowflake}.SnowflakeJsonConverter`, {}, false),
    Buffer.from('{"a":[]}'),
  ],
  [
    'SnowflakeAvroConverterWithoutSchemaRegistry',
    createConverter(`${snowflake}.SnowflakeAvroConverterWithoutSchemaRegistry`, {}, false),
    container('null', Buffer.concat([Buffer.of(2), text('ab'), Buffer.of(0)])),
  ],
];

beforeAll(async () => {
  // The first container loads the library; from then on they are read at once.
  for (const [, converter, good] of targets)
    await Promise.resolve(converter.toConnectData('t', [], good)).catch(() => {});
});

/** A value, or DataError; nothing else. */
const read = (converter: Converter, bytes: Uint8Array): boolean => {
  try {
    return !(converter.toConnectData('t', [], bytes) instanceof Promise);
  } catch (error) {
    expect(error).toBeInstanceOf(DataError);
    return false;
  }
};

test.each(targets)('%s: the good payload is read', (_name, converter, good) => {
  expect(read(converter, good)).toBe(true);
});

test.each(targets)(
  '%s: damaged and random bytes give a value or a DataError, within 100 ms',
  (_name, converter, good) => {
    const bytes = fc.oneof(damaged(good), fc.uint8Array({ maxLength: 64 }));
    fc.assert(
      fc.property(bytes, (payload) => isQuick(() => void read(converter, payload))),
      { numRuns: 150 },
    );
  },
);

test.each(targets)('%s: a megabyte of each byte, and of what nests', (_name, converter) => {
  const nested = ['[', '{"a":', '[{"a":', '{"schema":'].map((part) => Buffer.alloc(1 << 20, part));
  for (const payload of [
    ...[0, 1, 0x22, 0x5b, 0x7b, 0x80, 0xff].map((byte) => Buffer.alloc(1 << 20, byte)),
    ...nested,
  ]) {
    expect(isQuick(() => void read(converter, payload))).toBe(true);
  }
});

test('SimpleHeaderConverter reads any bytes, within 100 ms', () => {
  const converter = createHeaderConverter(`${kafka}.storage.SimpleHeaderConverter`, {});
  const header = (bytes: Uint8Array): boolean => isQuick(() => void converter.toConnectHeader('t', 'h', bytes));
  const good = Buffer.from('{"a":[1,2.5],"b":"2020-01-01T00:00:00.000Z"}');
  fc.assert(fc.property(fc.oneof(damaged(good), fc.uint8Array({ maxLength: 64 })), header), { numRuns: 300 });
  for (const part of ['[', '{"a":', '"', '\\', '1', '[1,', '-', ' ', '1e', ':']) {
    expect([part, header(Buffer.alloc(1 << 16, part))]).toEqual([part, true]);
  }
});

test.each([
  ['deflate', deflateRawSync],
  ['zstandard', zstdCompressSync],
] as const)(
  'a container whose block becomes a hundred megabytes is a bad record, within 100 ms: %s',
  (codec, compress) => {
    const bomb = container(codec, compress(Buffer.alloc(100 << 20)));
    const converter = targets.at(-1)?.[1];
    if (converter === undefined) throw new TypeError('no converter for containers');
    expect(isQuick(() => expect(read(converter, bomb)).toBe(false))).toBe(true);
  },
);

test.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const)(
  'damaged record batches are read or refused as corrupt, within 100 ms: %s',
  (codec) => {
    const value = Buffer.from('{"a":"some text, some text, some text"}');
    const records = [0n, 1n, 2n].map((offset) => ({ offset, timestamp: 5n, key: null, value, headers: [] as const }));
    const body = (bytes: Uint8Array): Uint8Array => compressors[codec](bytes);
    const reader = new RecordReader({ checkCrcs: false });
    let good: Uint8Array = Buffer.alloc(0);
    recordBatch({ records, codec, compress: (plain) => (good = body(plain)) });
    fc.assert(
      fc.property(fc.oneof(damaged(good), fc.uint8Array({ maxLength: 64 })), (packed) => {
        const batch = recordBatch({ records, codec, compress: () => packed });
        return isQuick(() => {
          try {
            for (const record of reader.read(batch, 0n, { topic: 't', partition: 0 })) void record.value?.length;
          } catch (error) {
            expect(error).toBeInstanceOf(ConnectError);
          }
        });
      }),
      { numRuns: 200 },
    );
  },
);
