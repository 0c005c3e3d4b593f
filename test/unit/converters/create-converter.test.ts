import { expect, test } from 'vitest';
import { ConfigError, DataError } from '../../../src/api/index.ts';
import { createConverter, createHeaderConverter } from '../../../src/converters/index.ts';

test.each(['org.apache.kafka.connect.json.JsonConverter', 'JsonConverter', 'Json', ' JsonConverter '])(
  'JsonConverter by %s',
  (name) => {
    expect(createConverter(name, {}, false).javaClass).toBe('org.apache.kafka.connect.json.JsonConverter');
  },
);

test('header converters by their short names', () => {
  expect(createHeaderConverter('Simple', {}).javaClass).toBe('org.apache.kafka.connect.storage.SimpleHeaderConverter');
  expect(createHeaderConverter('StringConverter', {}).javaClass).toBe(
    'org.apache.kafka.connect.storage.StringConverter',
  );
});

test('an unknown class: which property, what there is, what was likely meant', () => {
  const make = () => createConverter('org.apache.kafka.connect.json.JsonConvertor', {}, true);
  expect(make).toThrow(ConfigError);
  expect(make).toThrow(
    /^key\.converter: Class .*Did you mean org\.apache\.kafka\.connect\.json\.JsonConverter\?.*There are: /,
  );
});

test('a wrong sub-key is named in full', () => {
  const make = () => createConverter('JsonConverter', { 'schemas.enable': 'yes' }, false);
  expect(make).toThrow(
    'value.converter.schemas.enable: Invalid value yes for configuration schemas.enable: Expected value to be either true or false',
  );
  expect(() => createConverter('StringConverter', { 'converter.encoding': 'UTF-9' }, true)).toThrow(
    /key\.converter\.converter\.encoding/,
  );
});

test('who may leave values to the raw path', () => {
  const passes = (name: string, config = {}) => {
    const { passesJsonThrough, passesTextThrough } = createConverter(name, config, false);
    return [passesJsonThrough, passesTextThrough];
  };
  expect(passes('JsonConverter', { 'schemas.enable': 'false' })).toEqual([true, false]);
  expect(passes('JsonConverter')).toEqual([false, false]);
  expect(passes('StringConverter')).toEqual([false, true]);
  expect(passes('StringConverter', { 'converter.encoding': 'ISO-8859-1' })).toEqual([false, false]);
  expect(passes('ByteArrayConverter')).toEqual([false, false]);
  const reads = (name: string, config = {}) => createHeaderConverter(name, config).readsText;
  expect([reads('Simple'), reads('StringConverter'), reads('JsonConverter')]).toEqual(['simple', 'string', undefined]);
  expect(reads('StringConverter', { 'converter.encoding': 'ISO-8859-1' })).toBe(undefined);
});

test('numbers of a fixed size', async () => {
  const long = createConverter('LongConverter', {}, true);
  const bytes = Buffer.from('001fffffffffffff', 'hex');
  expect(await long.toConnectData('t', [], bytes)).toEqual({
    schema: { type: 'INT64', optional: true },
    value: 9007199254740991n,
  });
  expect(long.fromConnectData('t', null, 9007199254740991n)).toEqual(new Uint8Array(bytes));
  const short = () => createConverter('IntegerConverter', {}, true).toConnectData('t', [], Buffer.of(1));
  expect(short).toThrow(DataError);
  expect(short).toThrow(/^Failed to deserialize integer: $/);
  expect(() => createConverter('BooleanConverter', {}, true).toConnectData('t', [], Buffer.of(2))).toThrow(
    /^Failed to deserialize boolean: $/,
  );
});

test('JsonConverter by a schema from the config (KIP-1054)', async () => {
  const schema = '{"type":"struct","fields":[{"field":"id","type":"int64"}]}';
  const converter = createConverter('JsonConverter', { 'schema.content': schema }, false);
  const read = async (text: string) => (await converter.toConnectData('t', [], Buffer.from(text))).value;
  expect(await read('{"id":9007199254740993}')).toMatchObject({ values: new Map([['id', 9007199254740993n]]) });
  expect(await read('{"schema":null,"payload":{"id":1}}')).toMatchObject({ values: new Map([['id', 1n]]) });
  expect(() => createConverter('JsonConverter', { 'schema.content': '{' }, false)).toThrow(
    /value\.converter\.schema\.content/,
  );
});

test('a broken JSON value: the message and cause that Connect gives, without the value', async () => {
  const converter = createConverter('JsonConverter', { 'schemas.enable': 'false' }, false);
  const read = async () => converter.toConnectData('t', [], Buffer.from('{"pin":secret}'));
  const error: unknown = await read().catch((failure: unknown) => failure);
  expect(error).toMatchObject({
    message: 'Converting byte[] to Kafka Connect data failed due to serialization error: ',
    cause: { javaClass: 'org.apache.kafka.common.errors.SerializationException' },
  });
  expect(JSON.stringify(error)).not.toContain('secret');
});

test('schemas are cached by their text, up to schemas.cache.size', async () => {
  const converter = createConverter('JsonConverter', { 'schemas.cache.size': '1' }, false);
  const read = async (type: string) =>
    (await converter.toConnectData('t', [], Buffer.from(`{"schema":{"type":"${type}"},"payload":1}`))).schema;
  const first = await read('int8');
  expect(await read('int8')).toBe(first);
  expect(await read('int16')).toMatchObject({ type: 'INT16' });
  expect(await read('int8')).not.toBe(first);
});
