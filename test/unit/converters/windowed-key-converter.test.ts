import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DataError, Struct } from '../../../src/api/index.ts';
import { createConverter } from '../../../src/converters/index.ts';

const javaClass = 'io.snowsink.WindowedKeyConverter';
const times = (...milliseconds: readonly bigint[]): Buffer => {
  const bytes = Buffer.alloc(8 * milliseconds.length);
  for (const [index, at] of milliseconds.entries()) bytes.writeBigInt64BE(at, 8 * index);
  return bytes;
};
const read = async (config: Record<string, string>, key: string, suffix: Buffer): Promise<unknown> => {
  const converter = createConverter(javaClass, config, true);
  const { value } = await converter.toConnectData('t', [], Buffer.concat([Buffer.from(key), suffix]));
  return Object.fromEntries(value instanceof Struct ? value.values : value instanceof Map ? value : []);
};

test('time windows: the start follows the key', async () => {
  expect(await read({}, 'ann', times(1700000000000n))).toEqual({
    KEY: 'ann',
    WINDOWSTART: 1700000000000n,
    WINDOWEND: null,
  });
  expect(await read({ 'window.size.ms': '3600000' }, 'ann', times(1700000000000n))).toEqual({
    KEY: 'ann',
    WINDOWSTART: 1700000000000n,
    WINDOWEND: 1700003600000n,
  });
});

test('sessions: end, then start; the inner converter has keys of its own', async () => {
  const json = { inner: 'org.apache.kafka.connect.json.JsonConverter', 'inner.schemas.enable': 'false' };
  expect(await read({ ...json, 'window.type': 'session' }, '{"id":"a"}', times(200n, 100n))).toEqual({
    KEY: new Map([['id', 'a']]),
    WINDOWSTART: 100n,
    WINDOWEND: 200n,
  });
});

test('null passes; what is too short is a bad record, whatever the bytes', async () => {
  const converter = createConverter(javaClass, { 'window.type': 'session' }, true);
  expect(await converter.toConnectData('t', [], null)).toEqual({ schema: null, value: null });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      if (bytes.length >= 16) expect(converter.toConnectData('t', [], bytes)).toBeTruthy();
      else expect(() => converter.toConnectData('t', [], bytes)).toThrow(DataError);
    }),
  );
  expect(() => createConverter(javaClass, { inner: 'Nope' }, true)).toThrow('Nope');
});
