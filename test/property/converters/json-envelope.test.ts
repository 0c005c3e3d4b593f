import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DataError } from '../../../src/api/index.ts';
import { JsonConverter } from '../../../src/converters/index.ts';
import { damaged } from '../../support/hostile-bytes.ts';

const schemas = [
  {
    type: 'struct',
    fields: [
      { field: 'a', type: 'int64' },
      { field: 'b', type: 'string', optional: true },
    ],
  },
  { type: 'array', items: { type: 'int32' }, optional: true },
  { type: 'string', optional: true },
  null,
];
const payloads = fc.oneof(
  fc.record({ a: fc.integer(), b: fc.option(fc.string({ unit: 'grapheme' })) }).map((made) => JSON.stringify(made)),
  fc.json(),
  fc.constantFrom('', ' ', '1x', '\ufeff1', '"a"', `${'['.repeat(999)}${']'.repeat(999)}`, `${'['.repeat(1000)}`),
);
const envelope = fc
  .tuple(
    fc.constantFrom(...schemas),
    payloads,
    fc.constantFrom('', '', '', ' ', '\n'),
    fc.constantFrom('}', '}', '} ', '}x', ',"more":1}', ',"schema":null}', '', ']', '}\xff'),
  )
  .map(([schema, payload, blank, end]) =>
    Buffer.from(`{"schema":${JSON.stringify(schema)},"payload":${blank}${payload}${blank}${end}`, 'utf8'),
  );
const message = fc.oneof({ arbitrary: envelope, weight: 6 }, envelope.chain(damaged));

const outcome = (converter: JsonConverter, bytes: Uint8Array): unknown => {
  try {
    return converter.toConnectData('t', [], bytes);
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    return `${error.message}${error.cause}`;
  }
};

test('what a record had in common with the one before changes nothing', () => {
  const warm = new JsonConverter({});
  fc.assert(
    fc.property(fc.array(message, { minLength: 2, maxLength: 6 }), (messages) => {
      for (const bytes of messages) expect(outcome(warm, bytes)).toStrictEqual(outcome(new JsonConverter({}), bytes));
    }),
    { numRuns: 150 },
  );
});
