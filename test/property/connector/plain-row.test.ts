import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DataError, JsonNumber, type SinkRecord } from '../../../src/api/index.ts';
import { PlainRow } from '../../../src/connector/plain-row.ts';
import { jsonRenderer } from '../../../src/connector/renderer.ts';
import { SchematizedRow } from '../../../src/connector/schematized-row.ts';
import { TableColumns } from '../../../src/connector/table-columns.ts';
import { valueRules } from '../../../src/connector/value-rules.ts';
import { ValueWriter } from '../../../src/connector/value-writer.ts';
import { sinkRecordOf } from '../../support/sink-record.ts';

const number = fc
  .oneof(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }).map(String), fc.constantFrom('1.5', '0', '1E3', '-0'))
  .map((text) => new JsonNumber(text));
const leaf = fc.oneof(
  number,
  fc.boolean(),
  fc.constant(null),
  fc.string(),
  fc.constantFrom('2024-01-15T13:45:30', '12', 'AB', '{"a":1}'),
);
const { value: field } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 2 },
    { arbitrary: leaf, weight: 4 },
    { arbitrary: fc.array(tie('value'), { maxLength: 2 }), weight: 1 },
    {
      arbitrary: fc
        .dictionary(fc.string(), tie('value'), { maxKeys: 2 })
        .map((object) => new Map(Object.entries(object))),
      weight: 1,
    },
  ),
}));
const names = [
  'N',
  's',
  'v',
  'V',
  'arr',
  'b',
  'f',
  't',
  '"q"',
  'bin',
  'list',
  'obj',
  'dict',
  'unknown',
  'RECORD_METADATA',
  '',
];
const columns = [
  ['N', 'NUMBER(5,0)', false],
  ['S', 'VARCHAR(4)', true],
  ['V', 'VARIANT', true],
  ['ARR', 'ARRAY', true],
  ['B', 'BOOLEAN', true],
  ['F', 'FLOAT', true],
  ['T', 'TIMESTAMP_NTZ(9)', true],
  ['q', 'VARCHAR(16777216)', true],
  ['BIN', 'BINARY(8388608)', true],
  ['LIST', 'ARRAY(VARCHAR(3))', true],
  ['OBJ', 'OBJECT(x VARCHAR(16777216), "a" ARRAY(NUMBER(3,0)))', true],
  ['DICT', 'MAP(VARCHAR(16777216), NUMBER(10,0))', true],
  ['RECORD_METADATA', 'VARIANT', true],
] as const;

const record = (value: unknown): SinkRecord => sinkRecordOf(null, value);

test.each(['v3', 'v4', 'own'] as const)(
  'the hot path writes what the careful way writes, or leaves the row to it (%s)',
  (generation) => {
    let taken = 0;
    const validity = fc.constantFrom('client' as const, 'server' as const);
    const property = fc.property(
      fc.uniqueArray(fc.tuple(fc.constantFrom(...names), field), { selector: ([name]) => name }),
      validity,
      (fields, validation) => {
        const settings = {
          generation,
          validation,
          normalizeColumnNames: true,
          evolution: { policy: 'evolve', widen: false, types: 'connector' },
        } as const;
        const writer = new ValueWriter(valueRules[generation], jsonRenderer);
        const described = columns.map(([name, type, nullable]) => ({ name, type, nullable, hasDefault: false }));
        const table = new TableColumns('T', described, { exact: generation !== 'own', evolves: false });
        const value = new Map<string, unknown>([['n', new JsonNumber('7')], ...fields]);
        const plain = new PlainRow(settings, writer).text(value, table, '{"offset":0}');
        if (plain === null) return;
        taken++;
        let careful: string;
        try {
          careful = new SchematizedRow(settings, writer).text(record(value), table, '{"offset":0}');
        } catch (error) {
          if (!(error instanceof DataError)) throw error;
          careful = error.message;
        }
        expect(plain).toBe(careful);
      },
    );
    fc.assert(property, { numRuns: 400 });
    expect(taken).toBeGreaterThan(30);
  },
);
