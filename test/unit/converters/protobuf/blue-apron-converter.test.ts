import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import protobuf from 'protobufjs';
import { afterAll, expect, test } from 'vitest';
import { ConnectError, DataError, Struct } from '../../../../src/api/index.ts';
import { createConverter } from '../../../../src/converters/index.ts';

const javaClass = 'com.blueapron.connect.protobuf.ProtobufConverter';
const folder = mkdtempSync(join(tmpdir(), 'protos-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const inFolder = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const place = 'syntax = "proto3"; package plant; message Place { string city = 1; }';
const reading = `syntax = "proto3"; package plant;
import "place.proto"; import "google/protobuf/timestamp.proto";
message Reading {
  enum State { OFF = 0; ON = 1; }
  message Inner { int32 n = 1; }
  string device = 1; uint32 count = 2; State state = 3; map<string, int32> tags = 4;
  oneof what { string text = 5; Inner inner = 6; }
  Place place = 7; repeated Inner list = 8; google.protobuf.Timestamp at = 9;
}`;
inFolder('place.proto', place);
const file = inFolder('reading.proto', reading);

const plain = (value: unknown): unknown => {
  if (value instanceof Struct) return Object.fromEntries([...value.values].map(([name, one]) => [name, plain(one)]));
  return Array.isArray(value) ? value.map(plain) : value;
};
const withoutImports = reading.replaceAll(/import.*;/g, '').replace(/Place place.*\n/, 'repeated Inner list = 8;\n');
const encoded = (values: object): Uint8Array => {
  const type = protobuf.parse(withoutImports).root.lookupType('plant.Reading');
  return type.encode(type.create(values)).finish();
};

test('a message of a .proto file: members of a oneof are fields, maps are lists, what is unset is null or its default', async () => {
  const converter = createConverter(
    javaClass,
    { protoClassName: 'com.acme.Protos$Reading', 'proto.file': file },
    false,
  );
  const values = { device: 'web', count: 4_000_000_000, state: 1, tags: { a: 1 }, text: 'x', list: [{ n: 7 }] };
  const read = await converter.toConnectData('t', [], encoded(values));
  expect(plain(read.value)).toEqual({
    ...{ device: 'web', count: 4_000_000_000n, state: 'ON', tags: [{ key: 'a', value: 1 }], text: 'x', inner: null },
    ...{ place: null, list: [{ n: 7 }], at: null },
  });
  expect(read.schema?.fields?.map(({ name }) => name)).toEqual([
    'device',
    'count',
    'state',
    'tags',
    'text',
    'inner',
    'place',
    'list',
    'at',
  ]);
  expect(() => converter.toConnectData('t', [], Buffer.of(0x0a, 0x7f))).toThrow(DataError);
  expect(converter.toConnectData('t', [], null)).toEqual({ schema: null, value: null });
});

test.each([
  [{ protoClassName: 'a.B' }, /proto\.file/],
  [
    { protoClassName: 'a.B', 'proto.file': '/nowhere/b.proto' },
    /value\.converter\.proto\.file: cannot be read: .*ENOENT/,
  ],
])('%j is refused by name', (config: Record<string, string>, expected) => {
  expect(() => createConverter(javaClass, config, false)).toThrow(expected);
});

const oldProto = 'syntax = "proto3"; message Old { int32 a = 1 [(legacy_name) = "b"]; }';
test.each([
  ['a.B', file, /protoClassName: a\.B is no message of .*which has: Reading/],
  ['a.Bad', inFolder('bad.proto', 'secret = 1'), /proto\.file: .*no \.proto file that can be used/],
  ['a.Old', inFolder('old.proto', oldProto), /legacyName: .*ReplaceField/],
])('%s of %s ends the task, without the content of files', async (protoClassName, path, expected) => {
  const converter = createConverter(javaClass, { protoClassName, 'proto.file': path }, false);
  const failure = await Promise.resolve(converter.toConnectData('t', [], Buffer.of())).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(ConnectError);
  expect(failure).not.toBeInstanceOf(DataError);
  expect(String(failure)).toMatch(expected);
  expect(String(failure)).not.toContain('secret');
});
