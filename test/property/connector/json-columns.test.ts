import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DataError, type EncodedRows, type RecordView, type SinkRecord } from '../../../src/api/index.ts';
import { RowMapper } from '../../../src/connector/row-mapper.ts';
import { TableMismatchError } from '../../../src/connector/table-mismatch-error.ts';
import { createConverter } from '../../../src/converters/index.ts';
import { RawRowEncoder } from '../../../src/kernel/index.ts';
import { allMetadata } from '../../support/all-metadata.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { fetched, recordBatch } from '../../unit/kernel/record-batches.ts';

/** Rows with columns by both ways: what the kernel writes must be what converter and row mapper would have made. */
const pushTime = 1_700_000_000_500;
const metadata = allMetadata;
const columns = [
  ['N', 'NUMBER(5,0)', false],
  ['D', 'NUMBER(7,2)', true],
  ['S', 'VARCHAR(4)', true],
  ['LONG', 'VARCHAR(16777216)', true],
  ['V', 'VARIANT', true],
  ['ARR', 'ARRAY', true],
  ['O', 'OBJECT', true],
  ['B', 'BOOLEAN', true],
  ['F', 'FLOAT', true],
  ['T', 'TIMESTAMP_NTZ(6)', true],
  ['DAY', 'DATE', true],
  ['ÄÖ', 'VARCHAR(16777216)', true],
  ['q', 'VARCHAR(16777216)', true],
  ['LIST', 'ARRAY(VARCHAR(3))', true],
  ['OBJ', 'OBJECT(x VARCHAR(16777216), "a" ARRAY(NUMBER(3,0)))', true],
  ['DICT', 'MAP(VARCHAR(16777216), NUMBER(10,0))', true],
  ['RECORD_METADATA', 'VARIANT', true],
] as const;

const number = fc.oneof(
  fc.bigInt({ min: -(10n ** 7n), max: 10n ** 7n }).map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.constantFrom('0', '-0', '1.50', '1E3', '1e-2', '0.001', '01', '1.', '-', '123456.78', '12345.678', '+1', '1e'),
);
const text = fc.oneof(
  fc.string().map((plain) => JSON.stringify(plain)),
  fc.string({ unit: 'grapheme' }).map((plain) => JSON.stringify(plain)),
  fc.constantFrom(
    '"2024-01-15T13:45:30"',
    '"2024-02-30T13:45:30.120"',
    '"2024-01-15 13:45:30.1234567"',
    '"2024-01-15T13:45:30.12Z"',
    '"\\u0041\\n"',
    '"\\ud800"',
    '"\\x"',
    '"a\tb"',
    '"12"',
    '"{\\"a\\":1}"',
    '"open',
  ),
);
const leaf = fc.oneof(number, text, fc.constantFrom('true', 'false', 'null', 'tru', 'nulls', ''));
const blank = fc.constantFrom('', '', '', ' ', '\n\t ');
const { value: anyValue } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 2 },
    { arbitrary: leaf, weight: 5 },
    {
      arbitrary: fc
        .tuple(fc.array(tie('value'), { maxLength: 3 }), blank)
        .map(([items, space]) => `[${space}${items.join(`,${space}`)}]`),
      weight: 1,
    },
    {
      arbitrary: fc
        .tuple(fc.array(fc.tuple(text, tie('value')), { maxLength: 2 }), blank)
        .map(([members, space]) => `{${members.map(([name, value]) => `${name}${space}:${value}`).join(',')}}`),
      weight: 1,
    },
  ),
}));
const names = [
  ...[
    'n',
    'N',
    'd',
    's',
    'long',
    'v',
    'arr',
    'o',
    'b',
    'f',
    't',
    'day',
    'list',
    'obj',
    'dict',
    'äö',
    '\\"q\\"',
    'unknown',
    '',
  ],
  ...['RECORD_METADATA', 'record_metadata', '\\u006e', 'S'],
];
const anyField = fc.tuple(fc.constantFrom(...names), anyValue as fc.Arbitrary<string>);
const fitting = (name: string, value: fc.Arbitrary<string>) => fc.tuple(fc.constant(name), value);
const cents = fc.tuple(fc.nat(9999), fc.nat(99)).map(([whole, part]) => `${whole}.${part}`);
const strings = fc.string().map((plain) => JSON.stringify(plain));
const fittingField = fc.oneof(
  fitting('d', cents),
  fitting('s', fc.constantFrom('"abcd"', '"ü"', '"\\n"', 'null')),
  fitting('long', strings),
  fitting('v', fc.constantFrom('{"a":[1,{"b":"}"}]}', '[]', '12', 'true', '{"a":1,"a":2}', '["\\"",2E5]')),
  fitting('arr', fc.constantFrom('[1, 2]', '[]', '["]"]')),
  fitting('b', fc.constantFrom('true', 'false')),
  fitting('f', number),
  fitting('t', fc.constantFrom('"2024-01-15T13:45:30.25"', '"2024-02-30T00:00:00"', '1700000000000', 'null')),
  fitting('äö', strings),
);
const members = fc.uniqueArray(fc.oneof({ arbitrary: fittingField, weight: 20 }, { arbitrary: anyField, weight: 1 }), {
  maxLength: 6,
  selector: ([name]) => name,
});
const json = fc
  .tuple(
    members,
    blank,
    blank,
    fc.oneof({ arbitrary: fc.constant(''), weight: 20 }, fc.constantFrom('x', '{}', '\ufeff', ',')),
  )
  .map(([fields, before, between, behind]) => {
    const all = [['n', '7'] as const, ...fields].map(([name, value]) => `"${name}"${before}:${between}${value}`);
    return Buffer.from(`${before}{${before}${all.join(`${between},`)}${between}}${before}${behind}`);
  });
/** Here and there a byte that no UTF-8 has. */
const bytes = fc.tuple(json, fc.oneof({ arbitrary: fc.constant(null), weight: 20 }, fc.nat())).map(([whole, at]) => {
  if (at !== null) whole[at % whole.length] = 0xff;
  return whole;
});
/** Records of one topic: the kernel expects each to be like the one before. */
const batches = fc.array(bytes, { minLength: 1, maxLength: 5 });

const viewOf = (value: Buffer, offset: bigint): RecordView => ({
  offset,
  batchOffset: offset,
  timestamp: 1_600_000_000_000n + offset,
  timestampType: 'CreateTime',
  key: null,
  value,
  headers: [],
});

const recordOf = (value: unknown, record: RecordView): SinkRecord => ({
  topic: 'orders',
  partition: 3,
  offset: record.offset,
  timestamp: record.timestamp,
  timestampType: record.timestampType,
  keySchema: null,
  key: null,
  valueSchema: null,
  value,
  headers: [],
  original: { topic: 'orders', partition: 3, record },
});

/** Rows compare as Snowflake reads them: last of repeated names, numbers by their digits. */
const read = (row: string): unknown =>
  JSON.parse(row, (_name, value: unknown, context?: { readonly source?: string }) =>
    typeof value === 'number' ? { number: context?.source } : value,
  );

test.each([
  ['v3', 'client'],
  ['v4', 'client'],
  ['v4', 'server'],
  ['own', 'client'],
  ['own', 'server'],
] as const)(
  '%s, validation by the %s: the kernel writes the row of the object path, or leaves it to it',
  async (generation, validation) => {
    const converter = createConverter(
      'org.apache.kafka.connect.json.JsonConverter',
      { 'schemas.enable': 'false' },
      false,
    );
    const mapper = new RowMapper({
      generation,
      schematization: true,
      validation,
      evolution: { policy: 'evolve', widen: false, types: 'connector' },
      onNullValue: 'default',
      normalizeColumnNames: true,
      metadata,
    });
    mapper.describe(
      'ORDERS',
      columns.map(([name, type, nullable]) => ({ name, type, nullable, hasDefault: false })),
    );
    const byObjects = (record: RecordView): string | null => {
      try {
        const converted = converter.toConnectData('orders', [], record.value);
        if (converted instanceof Promise) throw new TypeError('this converter is synchronous');
        return mapper.rowText(recordOf(converted.value, record), 'ORDERS', pushTime);
      } catch (error) {
        if (error instanceof DataError || error instanceof TableMismatchError) return null;
        throw error;
      }
    };
    const encoders = [{}, { slots: 2, slotBytes: 300, stagingBytes: 100 }].map(
      (memory) =>
        new RawRowEncoder({
          metadata: { topic: true, offsetAndPartition: true, createTime: true, pushTime: true },
          key: 'string',
          headers: 'host',
          checkCrcs: true,
          clock: new VirtualClock(pushTime),
          maxRowBytes: 1 << 20,
          memory,
        }),
    );
    let taken = 0;
    const property = fc.asyncProperty(batches, fc.constantFrom(...encoders), async (values, encoder) => {
      const records = values.map((value, offset) => viewOf(value, BigInt(offset)));
      const left = new Set<bigint>();
      const rows = new Map<bigint, unknown>();
      const sink = {
        add: ({ bytes: made, release }: EncodedRows) => {
          for (const line of Buffer.from(made).toString().split('\n').filter(Boolean)) {
            expect(line).not.toContain('\r');
            rows.set(BigInt(JSON.parse(line).RECORD_METADATA.offset), read(line));
          }
          release();
        },
      };
      await encoder.encode(fetched([recordBatch({ records })]), 0n, sink, {
        keyAndHeaders: () => '',
        row: ({ offset }) => {
          left.add(offset);
          return null;
        },
        columns: () => mapper.jsonColumns('ORDERS'),
      });
      expect(rows.size + left.size).toBe(records.length);
      taken += rows.size;
      for (const record of records) {
        const made = rows.get(record.offset);
        const wanted = made === undefined ? null : byObjects(record);
        if (made !== undefined) expect([made]).toEqual([wanted === null ? null : read(wanted)]);
      }
    });
    await fc.assert(property, { numRuns: 200 });
    expect(taken).toBeGreaterThan(60);
  },
);
