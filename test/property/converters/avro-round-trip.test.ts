import avsc from 'avsc';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Struct } from '../../../src/api/index.ts';
import { avroCompiler } from '../../../src/converters/avro/avro-format.ts';
import { readAvroOptions } from '../../../src/converters/avro/avro-options.ts';
import { avroTypes, exactAvsc } from '../../support/avro-values.ts';

/** Structs as maps of their values: schemas are for the unit tests. */
const withoutSchemas = (value: unknown): unknown => {
  if (value instanceof Struct) return new Map([...value.values].map(([name, inner]) => [name, withoutSchemas(inner)]));
  if (value instanceof Map) return new Map([...value].map(([key, inner]) => [key, withoutSchemas(inner)]));
  return Array.isArray(value) ? value.map(withoutSchemas) : value;
};

test('what avsc writes is read as it was, for schemas of any shape', () => {
  const compiler = avroCompiler(readAvroOptions({ 'schema.registry.url': 'http://127.0.0.1:1' }));
  const withValue = avroTypes(3).chain(({ schema, value }) => value.map((pair) => ({ schema, ...pair })));
  fc.assert(
    fc.property(withValue, ({ schema, written, read }) => {
      const payload = avsc.Type.forSchema(schema as never, exactAvsc()).toBuffer(written);
      const writer = { kind: 'AVRO', text: JSON.stringify(schema), references: [] };
      const decoder = compiler.compile({ writer, reader: null, version: null });
      expect(withoutSchemas(decoder.decode(payload, 0, null).value)).toEqual(read);
      const resolved = compiler.compile({ writer, reader: writer, version: null });
      expect(withoutSchemas(resolved.decode(payload, 0, null).value)).toEqual(read);
    }),
    { numRuns: 100 },
  );
});
