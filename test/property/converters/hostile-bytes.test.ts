import avsc from 'avsc';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { avroCompiler } from '../../../src/converters/avro/avro-format.ts';
import { readAvroOptions } from '../../../src/converters/avro/avro-options.ts';
import { jsonSchemaCompiler } from '../../../src/converters/json-schema/json-schema-format.ts';
import { readJsonSchemaOptions } from '../../../src/converters/json-schema/json-schema-options.ts';
import { protobufCompiler } from '../../../src/converters/protobuf/protobuf-format.ts';
import { readProtobufOptions } from '../../../src/converters/protobuf/protobuf-options.ts';
import type { SchemaCompiler } from '../../../src/converters/schema-registry-converter.ts';
import { damaged, isQuick } from '../../support/hostile-bytes.ts';

interface Target {
  readonly name: string;
  readonly compiler: SchemaCompiler;
  readonly kind: string;
  readonly schema: string;
  /** A good payload to start from. */
  readonly good: Uint8Array;
}

const registry = { 'schema.registry.url': 'http://127.0.0.1:1' };
const tree = {
  type: 'record',
  name: 'Tree',
  fields: [
    { name: 'id', type: 'long' },
    { name: 'next', type: ['null', 'Tree'] },
    { name: 'many', type: { type: 'array', items: 'Tree' } },
    {
      name: 'map',
      type: { type: 'map', values: ['null', 'string', { type: 'bytes', logicalType: 'decimal', precision: 4 }] },
    },
    { name: 'nothing', type: { type: 'array', items: { type: 'record', name: 'Nothing', fields: [] } } },
  ],
};
const leaf = { id: 1, next: null, many: [], map: {}, nothing: [] };
const proto = `syntax = "proto3"; message Tree { int64 id = 1; Tree next = 2; repeated Tree many = 3; map<string, Tree> map = 4;
  repeated fixed64 packed = 5; oneof pick { string text = 6; bytes raw = 7; } }`;
const jsonSchema = {
  type: 'object',
  properties: {
    id: { type: 'integer' },
    next: { oneOf: [{ type: 'null' }, { $ref: '#' }] },
    list: { type: 'array', items: { $ref: '#' } },
  },
};

const targets: readonly Target[] = [
  {
    name: 'Avro',
    compiler: avroCompiler(readAvroOptions(registry)),
    kind: 'AVRO',
    schema: JSON.stringify(tree),
    good: avsc.Type.forSchema(tree as never, { wrapUnions: true }).toBuffer({
      ...leaf,
      next: { Tree: leaf },
      many: [leaf, leaf],
      map: { a: { string: 'x' }, b: { bytes: Buffer.of(1) } },
      nothing: [{}],
    }),
  },
  {
    name: 'Protobuf',
    compiler: protobufCompiler(readProtobufOptions(registry)),
    kind: 'PROTOBUF',
    schema: proto,
    good: Buffer.from(
      '00080112020803 1a0208041a00 22070a016112020805 2a080100000000000000 320161'.replaceAll(' ', ''),
      'hex',
    ),
  },
  {
    name: 'JSON Schema',
    compiler: jsonSchemaCompiler(readJsonSchemaOptions({ ...registry, 'use.optional.for.nonrequired': 'true' })),
    kind: 'JSON',
    schema: JSON.stringify(jsonSchema),
    good: Buffer.from('{"id":1,"next":{"id":2,"next":null},"list":[{"id":3}]}'),
  },
];

const decoderOf = ({ compiler, kind, schema }: Target) =>
  compiler.compile({ writer: { kind, text: schema, references: [] }, reader: null, version: null });

const attempt = (run: () => void): void => {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(Error);
  }
};

test.each(targets)('$name: the good payload is read', (target) => {
  expect(decoderOf(target).decode(target.good, 0, null).value).not.toBeNull();
});

test.each(targets)('$name: damaged and random bytes give a value or an error, within 100 ms', (target) => {
  const decoder = decoderOf(target);
  const bytes = fc.oneof(
    damaged(target.good),
    fc.uint8Array({ maxLength: 64 }),
    fc.uint8Array({ minLength: 2000, maxLength: 4000 }),
  );
  fc.assert(
    fc.property(bytes, (payload) => isQuick(() => attempt(() => void decoder.decode(payload, 0, null)))),
    { numRuns: 250 },
  );
});

test.each(targets)('$name: a megabyte of each byte', (target) => {
  const decoder = decoderOf(target);
  for (const byte of [0x00, 0x01, 0x02, 0x0a, 0x12, 0x1a, 0x22, 0x5b, 0x7b, 0x80, 0xff]) {
    const payload = Buffer.alloc(1 << 20, byte);
    if (target.kind === 'PROTOBUF') payload[0] = 0;
    const before = process.memoryUsage().heapUsed;
    expect(isQuick(() => attempt(() => void decoder.decode(payload, 0, null)))).toBe(true);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(256 << 20);
  }
});

test.each(targets)('$name: a damaged schema is compiled or refused, within 100 ms', (target) => {
  fc.assert(
    fc.property(damaged(Buffer.from(target.schema)), (bytes) => {
      const schema = Buffer.from(bytes).toString('latin1');
      return isQuick(() => attempt(() => void decoderOf({ ...target, schema })));
    }),
    { numRuns: 100 },
  );
});

test.each([
  ['Avro', `${'{"type":"array","items":'.repeat(5000)}"int"${'}'.repeat(5000)}`],
  ['JSON Schema', `${'{"type":"array","items":'.repeat(900)}{"type":"integer"}${'}'.repeat(900)}`],
  ['Protobuf', `syntax = "proto3"; ${'message A {'.repeat(3000)}${'}'.repeat(3000)}`],
])('%s: a schema nested without end is refused', (name, schema) => {
  const target = targets.find((one) => one.name === name);
  if (target !== undefined) expect(() => decoderOf({ ...target, schema })).toThrow();
});
