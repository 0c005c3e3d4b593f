import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import {
  ConfigError,
  DataError,
  type RawHeader,
  RetriableError,
  type SchemaAndValue,
  Struct,
} from '../../../src/api/index.ts';
import { createConverter } from '../../../src/converters/index.ts';
import { SchemaRegistries } from '../../../src/registry/index.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const order = (...fields: readonly object[]) =>
  JSON.stringify({
    type: 'record',
    name: 'Order',
    namespace: 'shop',
    fields: [{ name: 'id', type: 'long' }, ...fields],
  });
const guid = '00112233-4455-6677-8899-aabbccddeeff';

/** A registry of one schema, id 1; what it was asked is kept. */
const setUp = async (config: Record<string, string> = {}, status = 200) => {
  const paths: string[] = [];
  const server = createServer((request, response) => {
    request.resume();
    const path = decodeURIComponent(request.url ?? '');
    paths.push(`${request.method} ${path}`);
    const answer = (code: number, body: object) => response.writeHead(code).end(JSON.stringify(body));
    if (status !== 200) answer(status, { error_code: status, message: 'no' });
    else if (/^\/schemas\/(ids\/1|guids\/)/.test(path)) answer(200, { schema: order() });
    else if (path.startsWith('/schemas/ids/2')) answer(200, { schema: '{}', schemaType: 'JSON' });
    else if (path.startsWith('/schemas/ids/3')) answer(200, { schema: '{"type":"recor' });
    else if (path.endsWith('/versions/latest')) answer(200, { schema: order({ name: 'n', type: 'int', default: 7 }) });
    else if (path.startsWith('/subjects/t-value?') || path.startsWith('/subjects/shop.Order?'))
      answer(200, { version: 4 });
    else answer(404, { error_code: 40403, message: 'Schema not found' });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const registries = new SchemaRegistries(new VirtualClock(), () => 0);
  const settings = { 'schema.registry.url': `http://127.0.0.1:${port}`, 'max.retries': '0', ...config };
  const converter = createConverter('AvroConverter', settings, false, registries);
  const read = async (bytes: Buffer | null, headers: readonly RawHeader[] = []): Promise<SchemaAndValue> =>
    converter.toConnectData('t', headers, bytes);
  return { converter, read, paths };
};

const payload = Buffer.of(10);
const framed = (id: number): Buffer => Buffer.concat([Buffer.of(0, 0, 0, 0, id), payload]);
const idOf = ({ value }: SchemaAndValue): unknown => (value instanceof Struct ? value.get('id') : value);

test('asked once per id; then conversion is synchronous; the version is the registry’s', async () => {
  const { converter, read, paths } = await setUp();
  const first = await read(framed(1));
  expect([idOf(first), first.schema?.version]).toEqual([5n, 4]);
  expect(converter.toConnectData('t', [], framed(1))).not.toBeInstanceOf(Promise);
  expect(paths).toEqual([
    'GET /schemas/ids/1?fetchMaxId=false&subject=t-value',
    'POST /subjects/t-value?normalize=false&deleted=true',
  ]);
  expect(await read(null)).toEqual({ schema: null, value: null });
});

test('a GUID in front or in the last header of its name; a header’s payload has no prefix', async () => {
  const { read, paths } = await setUp();
  const id = Buffer.concat([Buffer.of(1), Buffer.from(guid.replaceAll('-', ''), 'hex')]);
  expect(idOf(await read(Buffer.concat([id, payload])))).toBe(5n);
  expect(paths[0]).toBe(`GET /schemas/guids/${guid}?subject=t-value`);
  const headers: RawHeader[] = [
    ['__value_schema_id', Buffer.of(0, 0, 0, 0, 9)],
    ['other', null],
    ['__value_schema_id', id],
    ['__key_schema_id', Buffer.of(0, 0, 0, 0, 9)],
  ];
  expect(idOf(await read(payload, headers))).toBe(5n);
  const prefix = {
    'value.schema.id.deserializer': 'io.confluent.kafka.serializers.schema.id.PrefixSchemaIdDeserializer',
  };
  const { read: readPrefix } = await setUp(prefix);
  expect(idOf(await readPrefix(framed(1), headers))).toBe(5n);
});

test('use.latest.version reads as the latest schema has it; RecordNameStrategy names the subject by the schema', async () => {
  const strategy = 'io.confluent.kafka.serializers.subject.RecordNameStrategy';
  const { read, paths } = await setUp({ 'use.latest.version': 'true', 'value.subject.name.strategy': strategy });
  const { value } = await read(framed(1));
  expect(value instanceof Struct && [value.get('id'), value.get('n')]).toEqual([5n, 7]);
  expect(paths).toEqual([
    'GET /schemas/ids/1?fetchMaxId=false&',
    'POST /subjects/shop.Order?normalize=false&deleted=true',
    'GET /subjects/shop.Order/versions/latest',
  ]);
});

test.each([
  ['a missing schema', framed(9), 'Error retrieving Avro value schema for id 9'],
  ['a schema of another format', framed(2), 'Error retrieving Avro value schema for id 2'],
  ['a schema that is none', framed(3), 'Error deserializing Avro message for id 3'],
  ['bytes that are not of the schema', Buffer.of(0, 0, 0, 0, 1), 'Error deserializing Avro message for id 1'],
  ['no prefix', Buffer.from('{"id":1}'), 'Unknown magic byte!'],
  ['nothing', Buffer.alloc(0), 'Unknown magic byte!'],
])('%s: a DataError for the record, in Confluent’s words', async (_what, bytes, cause) => {
  const { read } = await setUp();
  const error: unknown = await read(bytes).catch((failure: unknown) => failure);
  expect(error).toBeInstanceOf(DataError);
  expect(error).toMatchObject({
    message: 'Failed to deserialize data for topic t to Avro: ',
    cause: { message: cause },
  });
});

test('a registry that is away: retriable; one that refuses the login: a matter of the config', async () => {
  const away = await setUp({}, 503);
  await expect(away.read(framed(1))).rejects.toBeInstanceOf(RetriableError);
  const refused = await setUp({}, 401);
  await expect(refused.read(framed(1))).rejects.toBeInstanceOf(ConfigError);
  await expect(refused.read(framed(1))).rejects.toThrow(
    'Failed to access Avro data from topic t : no; error code: 401',
  );
});
