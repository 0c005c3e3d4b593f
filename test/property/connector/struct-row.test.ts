import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DataError, Decimal, logicalNames, type Schema, type SinkRecord, Struct } from '../../../src/api/index.ts';
import { jsonRenderer } from '../../../src/connector/renderer.ts';
import { SchematizedRow } from '../../../src/connector/schematized-row.ts';
import { StructRow } from '../../../src/connector/struct-row.ts';
import { TableColumns } from '../../../src/connector/table-columns.ts';
import { valueRules } from '../../../src/connector/value-rules.ts';
import { ValueWriter } from '../../../src/connector/value-writer.ts';
import { sinkRecordOf } from '../../support/sink-record.ts';

const plain = (type: Schema['type'], name?: string): Schema => ({
  type,
  optional: false,
  ...(name !== undefined && { name, version: 1 }),
});
const inner: Schema = { type: 'STRUCT', optional: false, fields: [{ name: 'x', index: 0, schema: plain('STRING') }] };
const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const date = fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true });

const typed = (schema: Schema, value: fc.Arbitrary<unknown>) => value.map((made) => ({ schema, value: made }));
const anyValue = fc.oneof(
  typed(plain('INT8'), fc.integer({ min: -128, max: 127 })),
  typed(plain('INT32'), int32),
  typed(plain('INT64'), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
  typed(plain('FLOAT32'), fc.float()),
  typed(plain('FLOAT64'), fc.double()),
  typed(plain('BOOLEAN'), fc.boolean()),
  typed(
    plain('STRING'),
    fc.oneof(fc.string(), fc.constantFrom('12', 'AB', '2024-01-15T13:45:30', '{"a":1}', '😀😀😀')),
  ),
  typed(plain('BYTES'), fc.uint8Array({ maxLength: 4 })),
  typed(
    plain('BYTES', logicalNames.decimal),
    fc
      .tuple(fc.bigInt({ min: -(10n ** 8n), max: 10n ** 8n }), fc.integer({ min: -2, max: 6 }))
      .map(([unscaled, scale]) => new Decimal(unscaled, scale)),
  ),
  typed(plain('INT32', logicalNames.date), date),
  typed(
    plain('INT32', logicalNames.time),
    fc.integer({ min: 0, max: 86_399_999 }).map((ms) => new Date(ms)),
  ),
  typed(plain('INT64', logicalNames.timestamp), date),
  typed(plain('INT32', 'io.debezium.time.Date'), int32),
  typed(plain('INT64', 'io.debezium.time.MicroTimestamp'), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
  typed(plain('INT64', 'io.debezium.time.NanoTime'), fc.bigInt({ min: -1n, max: 90_000n * 10n ** 9n })),
  typed({ ...plain('ARRAY'), valueSchema: plain('STRING') }, fc.array(fc.string(), { maxLength: 2 })),
  typed(
    { ...plain('MAP'), keySchema: plain('STRING'), valueSchema: plain('INT32') },
    fc.dictionary(fc.string(), int32, { maxKeys: 2 }).map((object) => new Map(Object.entries(object))),
  ),
  typed(
    inner,
    fc.string().map((x) => new Struct(inner, new Map([['x', x]]))),
  ),
);
const anyField = fc.tuple(anyValue, fc.constantFrom('as it is', 'null', 'default')).map(([{ schema, value }, kind]) => {
  if (kind === 'null') return { schema: { ...schema, optional: true }, value: null };
  return kind === 'default' ? { schema: { ...schema, defaultValue: value }, value: null } : { schema, value };
});
const columns = [
  ['N', 'NUMBER(5,0)', false],
  ['BIG', 'NUMBER(38,0)', true],
  ['D', 'NUMBER(7,2)', true],
  ['S', 'VARCHAR(4)', true],
  ['LONG', 'VARCHAR(16777216)', true],
  ['V', 'VARIANT', true],
  ['ARR', 'ARRAY', true],
  ['B', 'BOOLEAN', true],
  ['F', 'FLOAT', true],
  ['T', 'TIMESTAMP_NTZ(9)', true],
  ['TZ', 'TIMESTAMP_TZ(3)', true],
  ['DAY', 'DATE', true],
  ['TIME', 'TIME(9)', true],
  ['BIN', 'BINARY(8388608)', true],
  ['LIST', 'ARRAY(VARCHAR(3))', true],
  ['OBJ', 'OBJECT(x VARCHAR(16777216), "a" ARRAY(NUMBER(3,0)))', true],
  ['DICT', 'MAP(VARCHAR(16777216), NUMBER(10,0))', true],
  ['RECORD_METADATA', 'VARIANT', true],
] as const;
const names = [...columns.map(([name]) => name.toLowerCase()), 'S', 'unknown', ''];

const record = (value: Struct): SinkRecord => sinkRecordOf(value.schema, value);

test.each(['v3', 'v4', 'own'] as const)(
  'the hot path of structs writes what the careful way writes, or leaves the row to it (%s)',
  (generation) => {
    let taken = 0;
    const fields = fc.uniqueArray(fc.tuple(fc.constantFrom(...names), anyField), {
      selector: ([name]) => name,
      minLength: 1,
      maxLength: 3,
    });
    const property = fc.property(
      fields,
      fc.constantFrom('client' as const, 'server' as const),
      fc.constantFrom('{"offset":0}', null),
      fc.constantFrom('connector' as const, 'schema' as const),
      (given, validation, metadata, types) => {
        const settings = {
          generation,
          validation,
          normalizeColumnNames: true,
          evolution: { policy: 'evolve', widen: false, types },
        } as const;
        const writer = new ValueWriter(valueRules[generation], jsonRenderer);
        const described = columns.map(([name, type, nullable]) => ({ name, type, nullable, hasDefault: false }));
        const table = new TableColumns('T', described, { exact: generation !== 'own', evolves: false });
        const all = [...given.filter(([name]) => name !== 'n'), ['n', { schema: plain('INT32'), value: 7 }] as const];
        const schema: Schema = {
          type: 'STRUCT',
          optional: false,
          fields: all.map(([name, field], index) => ({ name, index, schema: field.schema })),
        };
        const struct = new Struct(schema, new Map(all.map(([name, field]) => [name, field.value])));
        const quick = new StructRow(settings, writer).text(struct, table, metadata);
        if (quick === null) return;
        taken++;
        let careful: string;
        try {
          careful = new SchematizedRow(settings, writer).text(record(struct), table, metadata);
        } catch (error) {
          if (!(error instanceof DataError)) throw error;
          careful = error.message;
        }
        expect(quick).toBe(careful);
      },
    );
    fc.assert(property, { numRuns: 500 });
    expect(taken).toBeGreaterThan(100);
  },
);
