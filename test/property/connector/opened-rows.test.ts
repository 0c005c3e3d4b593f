import { isUtf8 } from 'node:buffer';
import avsc from 'avsc';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DataError, type RecordView, type SinkRecord } from '../../../src/api/index.ts';
import { MetadataBytes } from '../../../src/connector/metadata-bytes.ts';
import { RowMapper } from '../../../src/connector/row-mapper.ts';
import { TableMismatchError } from '../../../src/connector/table-mismatch-error.ts';
import { avroCompiler } from '../../../src/converters/avro/avro-format.ts';
import { readAvroOptions } from '../../../src/converters/avro/avro-options.ts';
import { allMetadata } from '../../support/all-metadata.ts';
import {
  type AvroType,
  arrayAvro,
  avroTypes,
  exactAvsc,
  optionalAvro,
  plainAvro,
  plainAvroType,
  recordAvro,
} from '../../support/avro-values.ts';

/** Rows by both ways: what Avro's bytes give at once must be what converter and row mapper would have made. */
const pushTime = 1_700_000_000_500;
const metadata = allMetadata;
const columns = [
  ['N', 'NUMBER(5,0)', false],
  ['BIG', 'NUMBER(38,0)', true],
  ['D', 'NUMBER(7,2)', true],
  ['WIDE', 'NUMBER(38,9)', true],
  ['S', 'VARCHAR(4)', true],
  ['LONG', 'VARCHAR(16777216)', true],
  ['V', 'VARIANT', true],
  ['ARR', 'ARRAY', true],
  ['O', 'OBJECT', true],
  ['B', 'BOOLEAN', true],
  ['F', 'FLOAT', true],
  ['T', 'TIMESTAMP_NTZ(9)', true],
  ['TWO', 'TIMESTAMP_NTZ(2)', true],
  ['TZ', 'TIMESTAMP_TZ(3)', true],
  ['DAY', 'DATE', true],
  ['TIME', 'TIME(9)', true],
  ['BIN', 'BINARY(8388608)', true],
  ['LIST', 'ARRAY(VARCHAR(3))', true],
  ['OBJ', 'OBJECT(x VARCHAR(16777216), "a" ARRAY(NUMBER(3,0)))', true],
  ['DICT', 'MAP(VARCHAR(16777216), NUMBER(10,0))', true],
  ['RECORD_METADATA', 'VARIANT', true],
] as const;

const plain = fc.constant(null).chain(plainAvroType);
const anyType = fc.oneof({ arbitrary: plain, weight: 4 }, { arbitrary: optionalAvro(plain), weight: 3 }, avroTypes(2));
/** Values that the column mostly takes; the rest comes by chance. */
const short = (schema: unknown, value: fc.Arbitrary<unknown>) => (): AvroType => ({
  schema,
  value: value.map((made) => ({ written: made, read: made })),
});
const number = short('int', fc.nat(99_999));
const text = short('string', fc.string({ maxLength: 4 }));
const { date, decimal, double, float, long, price, smallDecimal, string, symbol, time, timestamp } = plainAvro;
const fitting: Readonly<Record<string, readonly (() => AvroType)[]>> = {
  n: [number],
  big: [long, plainAvro.wholeDecimal],
  d: [price, number],
  wide: [smallDecimal, decimal, plainAvro.tinyDecimal],
  s: [text, symbol],
  long: [string, text],
  b: [plainAvro.boolean],
  f: [double, float, long],
  t: [timestamp, date],
  two: [timestamp],
  tz: [timestamp],
  day: [date, timestamp],
  time: [time],
  bin: [plainAvro.bytes, plainAvro.fixed],
};
const fittingType = (name: string): fc.Arbitrary<AvroType> => {
  const makes = fitting[name] ?? [];
  if (name === 'arr') return arrayAvro(plain);
  if (name === 'v' || name === 'o') return recordAvro(plain);
  return makes.length === 0 ? anyType : fc.constantFrom(...makes).map((make) => make());
};
const field = fc
  .constantFrom(...columns.slice(0, -1).map(([name]) => name.toLowerCase()), 'S', 'unknown')
  .chain((name) => {
    const fits = fittingType(name);
    return fc
      .oneof({ arbitrary: fits, weight: 4 }, { arbitrary: optionalAvro(fits), weight: 4 }, anyType)
      .map((made) => ({ name, ...made }));
  });
const record = fc
  .uniqueArray(field, { selector: ({ name }) => name, maxLength: 4 })
  .map((fields) => [{ name: 'n', ...number() }, ...fields.filter(({ name }) => name !== 'n')])
  .chain((fields) => {
    const schema = { type: 'record', name: 'Row', fields: fields.map(({ name, schema: type }) => ({ name, type })) };
    return fc.tuple(...fields.map(({ value }) => value)).map((values) => ({
      schema,
      payload: avsc.Type.forSchema(schema as never, exactAvsc()).toBuffer(
        Object.fromEntries(values.map(({ written }, index) => [fields[index]?.name ?? '', written])),
      ),
    }));
  });
/** Here and there a byte that was not written so, or none. */
const damage = fc.oneof({ arbitrary: fc.constant(null), weight: 3 }, fc.tuple(fc.nat(), fc.option(fc.nat(255))));
const damaged = fc.tuple(record, damage).map(([{ schema, payload: whole }, where]) => {
  const payload = Buffer.from(whole);
  if (where === null || payload.length === 0) return { schema, payload };
  const [at, byte] = [where[0] % payload.length, where[1]];
  if (byte === null) return { schema, payload: payload.subarray(0, at) };
  payload[at] = byte;
  return { schema, payload };
});

/** What Java refuses by an exception of its own, not Connect's. */
const decimalOfNoBytes = {
  schema: {
    type: 'record',
    name: 'Row',
    fields: [
      { name: 'n', type: 'int' },
      { name: 'obj', type: { type: 'bytes', logicalType: 'decimal', precision: 38, scale: 0 } },
    ],
  },
  payload: Buffer.of(0, 0),
};

const recordOf = (
  view: RecordView,
  { schema, value }: Pick<SinkRecord, 'value'> & { schema: SinkRecord['valueSchema'] },
): SinkRecord => ({
  topic: 'orders',
  partition: 3,
  offset: view.offset,
  timestamp: view.timestamp,
  timestampType: view.timestampType,
  keySchema: null,
  key: null,
  valueSchema: schema,
  value,
  headers: [],
  original: { topic: 'orders', partition: 3, record: view },
});

/** Numbers by their digits. */
const read = (row: string): unknown =>
  JSON.parse(row, (_name, value: unknown, context?: { readonly source?: string }) =>
    typeof value === 'number' ? { number: context?.source } : value,
  );

test.each([
  ['v3', 'client', true],
  ['v3', 'client', false],
  ['v4', 'client', true],
  ['v4', 'server', true],
  ['own', 'client', true],
  ['own', 'client', false],
] as const)(
  '%s, validation by the %s, schematization %s: bytes give the row of the object path, or leave it to it',
  (generation, validation, schematization) => {
    const compiler = avroCompiler(readAvroOptions({ 'schema.registry.url': 'http://127.0.0.1:1' }));
    const mapper = new RowMapper({
      generation,
      schematization,
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
    const shared = new MetadataBytes(metadata, { topic: 'orders', partition: 3 }, pushTime);
    const out = Buffer.alloc(65_536);
    let [taken, all] = [0, 0];
    const property = fc.property(damaged, fc.bigInt({ min: 0n, max: 2n ** 52n }), ({ schema, payload }, offset) => {
      const writer = { kind: 'AVRO', text: JSON.stringify(schema), references: [] };
      const decoder = compiler.compile({ writer, reader: null, version: 1 });
      const view: RecordView = {
        offset,
        batchOffset: offset,
        timestamp: 1_600_000_000_000n,
        timestampType: 'CreateTime',
        key: null,
        value: payload,
        headers: [],
      };
      const write = (room: Buffer): number => {
        const opened = decoder.open?.(payload, 0);
        if (opened === undefined) throw new TypeError('Avro can be opened');
        return mapper.writeOpenedRow(opened, view, ',"key":"k"', { table: 'ORDERS', metadata: shared }, room, 100);
      };
      all++;
      const end = write(out);
      if (end < 0) return;
      taken++;
      expect(isUtf8(out.subarray(100, end))).toBe(true);
      const row = out.toString('utf8', 100, end);
      expect(row).not.toMatch(/[\n\r]/);
      expect(read(row)).toEqual(read(byObjects()));
      // A row that finds no room says how much it needs, and writes nothing beyond.
      expect(write(out.subarray(0, 110))).toBe(end);

      function byObjects(): string {
        try {
          const { schema: connect, value } = decoder.decode(payload, 0, null);
          const text = mapper.rowText(recordOf(view, { schema: connect, value }), 'ORDERS', pushTime);
          return text?.replace(/\}\}$/, ',"key":"k"}}') ?? 'null';
        } catch (error) {
          if (error instanceof DataError || error instanceof TableMismatchError) return JSON.stringify(error.message);
          throw error;
        }
      }
    });
    fc.assert(property, { numRuns: 150, examples: [[decimalOfNoBytes, 0n]] });
    expect(taken).toBeGreaterThan(all / 10);
  },
);
