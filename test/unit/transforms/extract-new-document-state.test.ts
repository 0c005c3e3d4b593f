import { describe, expect, test } from 'vitest';
import { DataError, type Schema, Struct } from '../../../src/api/index.ts';
import { applied, structOf, structSchema } from './apply.ts';
import { recordOf } from './record.ts';

const json: Schema = { type: 'STRING', optional: true, name: 'io.debezium.data.Json', version: 1 };
const envelope = structSchema('srv.db.c.Envelope', {
  before: json,
  after: json,
  op: { type: 'STRING', optional: true },
});
const keySchema = structSchema('srv.db.c.Key', { id: { type: 'STRING', optional: false } }, false);

const unwrapped = (after: string | null, config: Record<string, string> = {}, op = 'c') =>
  applied('io.debezium.connector.mongodb.transforms.ExtractNewDocumentState', config, {
    ...recordOf(structOf(envelope, { before: null, after, op }), envelope),
    keySchema,
    key: structOf(keySchema, { id: '{"$oid":"5b1a"}' }),
  });

const plain = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(plain);
  if (!(value instanceof Struct)) return value;
  return Object.fromEntries([...value.values].map(([name, inner]) => [name, plain(inner)]));
};

describe('ExtractNewDocumentState (Debezium’s own answers are golden vectors)', () => {
  test('nulls and empty lists take the type of the other elements', () => {
    const after = '{"a":[null,1],"h":[{"x":null,"e":[]},{"x":3,"e":["s"]},{"y":{"z":true}}]}';
    const value = unwrapped(after)?.value;
    expect(plain(value)).toEqual({
      a: [null, 1],
      h: [
        { x: null, e: [], y: null },
        { x: 3, e: ['s'], y: null },
        { x: null, e: null, y: { z: true } },
      ],
    });
  });

  test('documents alike share one schema', () => {
    const transformed = ['{"a":1}', '{"a":2}', '{"a":null}'].map((after) => unwrapped(after));
    expect(transformed.map((record) => record?.valueSchema?.fields?.[0]?.schema.type)).toEqual([
      'INT32',
      'INT32',
      'STRING',
    ]);
  });

  test.each([
    ['{"a":[1,"x"]}', /different Bson types .* srv\.db\.c\.a\..*array\.encoding=document/],
    ['{"a":99999999999999999999}', /Field 'a' .* 64 bits/],
    ['{"a":{"$minKey":1}}', /Field 'a' .* BSON type/],
    ['{"a":{"$date":"soon"}}', /Field 'a' holds \$date/],
    ['[1]', /no JSON object/],
    ['{"a":', /no JSON/],
  ])('what it cannot convert is a bad record, and no value is in the message: %s', (after, message) => {
    expect(() => unwrapped(after)).toThrow(DataError);
    expect(() => unwrapped(after)).toThrow(message);
  });

  test('keys of Debezium before 3.2: deletes rewritten, tombstones kept, the operation as a header', () => {
    const config = { 'delete.handling.mode': 'rewrite', 'drop.tombstones': 'false', 'operation.header': 'true' };
    expect(plain(unwrapped(null, config, 'd')?.value)).toEqual({ __deleted: true });
    expect(unwrapped('{"_id":1}', config, 'c')?.headers).toMatchObject([{ name: '__op', value: 'c' }]);
  });

  test('names in the way of Avro, when asked', () => {
    const value = unwrapped('{"a.b":1,"2":{"é":3}}', { 'field.name.adjustment.mode': 'avro_unicode' })?.value;
    expect(plain(value)).toEqual({ a_u002eb: 1, _2: { _u00e9: 3 } });
  });
});
