/**
 * npm run bench -- formats [--seconds N] [--only NAME,…] [--no-jvm] [--json FILE]
 *
 * How many records a second one core makes into rows: from a record's bytes through converter and transforms to the NDJSON row, on one
 * thread, per second of CPU; Kafka, compression and HTTP are left out. Beside it, where java and mvn are there, the JVM's converters
 * to JSON. `raw`: RECORD_CONTENT; `schematized`: a column per field, judged before it is sent. Each figure is printed as it comes.
 */
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import type { Column, OpenedValue, RecordView, SchemaAndValue, SinkRecord, Transformation } from '../src/api/index.ts';
import { MetadataBytes } from '../src/connector/metadata-bytes.ts';
import { RowMapper, type RowSettings } from '../src/connector/row-mapper.ts';
import { avroCompiler } from '../src/converters/avro/avro-format.ts';
import { readAvroOptions } from '../src/converters/avro/avro-options.ts';
import { JsonConverter } from '../src/converters/index.ts';
import { jsonSchemaCompiler } from '../src/converters/json-schema/json-schema-format.ts';
import { readJsonSchemaOptions } from '../src/converters/json-schema/json-schema-options.ts';
import { protobufCompiler } from '../src/converters/protobuf/protobuf-format.ts';
import { readProtobufOptions } from '../src/converters/protobuf/protobuf-options.ts';
import type { SchemaCompiler } from '../src/converters/schema-registry-converter.ts';
import { createTransformation } from '../src/transforms/index.ts';
import { allMetadata } from '../test/support/all-metadata.ts';
import {
  avroEnvelopeSamples,
  avroSamples,
  envelopeAvro,
  jsonSamples,
  jsonWithSchemaSamples,
  orderAvro,
  orderJsonSchema,
  orderProto,
  plainJsonSamples,
  protobufSamples,
} from './format-samples.ts';
import { hasJvm, jvmNanoseconds } from './jvm-formats.ts';

interface Format {
  readonly name: string;
  readonly samples: readonly Buffer[];
  read(bytes: Buffer): SchemaAndValue;
  /** Only where rows can be made from the value's bytes. */
  readonly open?: (bytes: Buffer) => OpenedValue;
  chain(): readonly Transformation[];
}

const registry = { 'schema.registry.url': 'http://127.0.0.1:1' };

const registered = (
  name: string,
  kind: string,
  text: string,
  compiler: SchemaCompiler,
  samples: readonly Buffer[],
): Format => {
  const decoder = compiler.compile({ writer: { kind, text, references: [] }, reader: null, version: 1 });
  const format = { name, samples, read: (bytes: Buffer) => decoder.decode(bytes, 0, null), chain: unwrapChain };
  const { open } = decoder;
  return open === undefined ? format : { ...format, open: (bytes) => open(bytes, 0) };
};

const formats = (): readonly Format[] => {
  const avro = () => avroCompiler(readAvroOptions(registry));
  const json = jsonSchemaCompiler(readJsonSchemaOptions(registry));
  const protobuf = protobufCompiler(readProtobufOptions(registry));
  const converter = new JsonConverter({});
  const schemaless = new JsonConverter({ 'schemas.enable': 'false' });
  return [
    registered('Avro', 'AVRO', JSON.stringify(orderAvro), avro(), avroSamples()),
    registered('Avro of Debezium', 'AVRO', JSON.stringify(envelopeAvro), avro(), avroEnvelopeSamples()),
    registered('Protobuf', 'PROTOBUF', orderProto, protobuf, protobufSamples()),
    registered('JSON Schema', 'JSON', JSON.stringify(orderJsonSchema), json, jsonSamples()),
    {
      name: 'JSON with schema',
      samples: jsonWithSchemaSamples(),
      read: (bytes) => converter.toConnectData('orders', [], bytes),
      chain: unwrapChain,
    },
    {
      name: 'JSON without schema',
      samples: plainJsonSamples(),
      read: (bytes) => schemaless.toConnectData('orders', [], bytes),
      chain: fieldChain,
    },
  ];
};

const settings: RowSettings = {
  generation: 'own',
  schematization: false,
  validation: 'client',
  evolution: { policy: 'evolve', widen: false, types: 'connector' },
  onNullValue: 'default',
  normalizeColumnNames: true,
  metadata: allMetadata,
};

const column = (name: string, type: string): Column => ({ name, type, nullable: true, hasDefault: false });
const columns: readonly Column[] = [
  column('ORDER_ID', 'NUMBER(38,0)'),
  column('CUSTOMER', 'VARCHAR(16777216)'),
  column('AMOUNT', 'NUMBER(12,2)'),
  column('CENTS', 'NUMBER(38,0)'),
  column('CURRENCY', 'VARCHAR(16777216)'),
  column('STATUS', 'VARCHAR(16777216)'),
  column('AT', 'TIMESTAMP_NTZ(6)'),
  column('QUANTITY', 'NUMBER(38,0)'),
  column('WEIGHT', 'FLOAT'),
  column('GIFT', 'BOOLEAN'),
  column('COUPON', 'VARCHAR(16777216)'),
  column('NOTE', 'VARCHAR(16777216)'),
  column('PAID', 'BOOLEAN'),
  column('__OP', 'VARCHAR(16777216)'),
  column('KAFKA_OFFSET', 'NUMBER(38,0)'),
  ...['BEFORE', 'AFTER', 'SOURCE'].map((name) => column(name, 'VARIANT')),
  column('OP', 'VARCHAR(16777216)'),
  column('TS_MS', 'NUMBER(38,0)'),
  column('RECORD_METADATA', 'VARIANT'),
];

/** unwrap + InsertField + RegexRouter */
const unwrapChain = (): readonly Transformation[] => [
  createTransformation('io.debezium.transforms.ExtractNewRecordState', { 'add.fields': 'op' }),
  createTransformation('org.apache.kafka.connect.transforms.InsertField$Value', { 'offset.field': 'kafka_offset' }),
  createTransformation('org.apache.kafka.connect.transforms.RegexRouter', { regex: 'shop\\.(.*)', replacement: '$1' }),
];

const recordOf = ({ schema, value }: SchemaAndValue, bytes: Buffer, offset: bigint): SinkRecord => ({
  topic: 'shop.orders',
  partition: 0,
  offset,
  timestamp: 1_700_000_000_000n,
  timestampType: 'CreateTime',
  keySchema: null,
  key: null,
  valueSchema: schema,
  value,
  headers: [],
  original: {
    topic: 'shop.orders',
    partition: 0,
    record: {
      offset,
      batchOffset: offset,
      timestamp: 1_700_000_000_000n,
      timestampType: 'CreateTime',
      key: null,
      value: bytes,
      headers: [],
    },
  },
});

/** InsertField + ReplaceField + RegexRouter */
const fieldChain = (): readonly Transformation[] => [
  createTransformation('org.apache.kafka.connect.transforms.InsertField$Value', { 'offset.field': 'kafka_offset' }),
  createTransformation('org.apache.kafka.connect.transforms.ReplaceField$Value', { exclude: 'paid' }),
  createTransformation('org.apache.kafka.connect.transforms.RegexRouter', { regex: 'shop\\.(.*)', replacement: '$1' }),
];

type Make = (bytes: Buffer, offset: bigint) => number;

const throughChain = (record: SinkRecord, transforms: readonly Transformation[]): SinkRecord => {
  let made = record;
  for (const transform of transforms) {
    const next = transform.apply(made);
    if (next === null || next instanceof Promise) throw new Error('a benchmark record was filtered');
    made = next;
  }
  return made;
};

const rowMaker = (format: Format, schematization: boolean, transforms: readonly Transformation[]): Make => {
  const mapper = new RowMapper({ ...settings, schematization });
  mapper.describe('ORDERS', columns);
  return (bytes, offset) => {
    const record = throughChain(recordOf(format.read(bytes), bytes, offset), transforms);
    const row = mapper.rowText(record, 'ORDERS', 1_700_000_000_000);
    if (row === null) throw new Error('a benchmark record made no row');
    return Buffer.from(row).length;
  };
};

/** Without transforms: from bytes to bytes, as the sink does it for values that can be opened. */
const fromBytesMaker = (open: (bytes: Buffer) => OpenedValue, schematization: boolean): Make => {
  const mapper = new RowMapper({ ...settings, schematization });
  mapper.describe('ORDERS', columns);
  const metadata = new MetadataBytes(settings.metadata, { topic: 'shop.orders', partition: 0 }, 1_700_000_000_000);
  const out = Buffer.alloc(65_536);
  const timestamp = 1_700_000_000_000n;
  const headers: RecordView['headers'] = [];
  const target = { table: 'ORDERS', metadata };
  return (bytes, offset) => {
    const view: RecordView = {
      offset,
      batchOffset: offset,
      timestamp,
      timestampType: 'CreateTime',
      key: null,
      value: bytes,
      headers,
    };
    const end = mapper.writeOpenedRow(open(bytes), view, '', target, out, 0);
    if (end < 0) throw new Error('a benchmark record made no row');
    return end;
  };
};

/** User and system, all threads of this process (the collector's too): the same however busy the machine is. */
const cpuMicroseconds = (): number => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

/** As one fetch brings them: views on the same memory. */
const fetched = (samples: readonly Buffer[]): readonly Buffer[] => {
  const all = Buffer.concat(samples);
  let at = 0;
  return samples.map(({ length }) => {
    at += length;
    return all.subarray(at - length, at);
  });
};

interface Figure {
  readonly format: string;
  readonly rows: string;
  readonly valueBytes: number;
  readonly rowBytes: number;
  readonly rowsPerSecond: number;
  readonly nanosecondsPerRow: number;
}

/** A busy machine must not make a run endless: a figure takes so many times its CPU seconds at most. */
const maxStretch = 20;

const measure = (format: Format, rows: string, make: Make, seconds: number): Figure => {
  const samples = fetched(format.samples);
  let offset = 0n;
  let rowBytes = 0;
  const round = (): void => {
    for (const sample of samples) rowBytes += make(sample, offset++);
  };
  const run = (cpuSeconds: number): number => {
    const startedAt = cpuMicroseconds();
    const endsAt = performance.now() + cpuSeconds * 1000 * maxStretch;
    let rounds = 0;
    while (cpuMicroseconds() - startedAt < cpuSeconds * 1e6 && performance.now() < endsAt) {
      for (let left = 10; left > 0; left--, rounds++) round();
    }
    return ((cpuMicroseconds() - startedAt) * 1000) / (rounds * samples.length);
  };
  run(seconds / 2); // the compiler warms up
  const nanosecondsPerRow = Math.min(run(seconds / 2), run(seconds / 2));
  return {
    format: format.name,
    rows,
    valueBytes: averageLength(samples),
    rowBytes: Math.round(rowBytes / Number(offset)),
    rowsPerSecond: Math.round(1e9 / nanosecondsPerRow),
    nanosecondsPerRow: Math.round(nanosecondsPerRow),
  };
};

const averageLength = (samples: readonly Buffer[]): number =>
  Math.round(samples.reduce((sum, { length }) => sum + length, 0) / samples.length);

const { values: options } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '2' },
    only: { type: 'string' },
    'no-jvm': { type: 'boolean', default: false },
    json: { type: 'string' },
  },
});
const seconds = Number(options.seconds);
const only = options.only?.split(',');
const figures: Figure[] = [];

const say = (figure: Figure): void => {
  const { format, rows, valueBytes, rowBytes, rowsPerSecond, nanosecondsPerRow } = figure;
  const jvm = figures.find((other) => other.format === format && other.rows === jvmRows);
  figures.push(figure);
  const times = jvm === undefined ? '' : `${(nanosecondsPerRow / jvm.nanosecondsPerRow).toFixed(2)} of the JVM's time`;
  const columns = [
    `${format}, ${rows}`.padEnd(44),
    `${rowsPerSecond.toLocaleString('en')} rows/s`.padStart(18),
    `${nanosecondsPerRow.toLocaleString('en')} ns`.padStart(12),
    `${valueBytes} → ${rowBytes || '?'} bytes`.padStart(20),
    times,
  ];
  console.log(columns.join('  ').trimEnd());
};

const measureFormat = (format: Format): void => {
  say(measure(format, 'decoded only', (bytes) => (format.read(bytes).value === null ? 0 : 1), seconds));
  for (const schematization of [false, true]) {
    const kind = schematization ? 'schematized' : 'raw';
    const { open } = format;
    if (open !== undefined) say(measure(format, `${kind}, from bytes`, fromBytesMaker(open, schematization), seconds));
    say(
      measure(format, open !== undefined ? `${kind}, by objects` : kind, rowMaker(format, schematization, []), seconds),
    );
    say(measure(format, `${kind}, with chain`, rowMaker(format, schematization, format.chain()), seconds));
  }
};

const jvmRows = 'JVM, to JSON';
const jvmContestants: ReadonlyMap<string, { readonly kind: 'avro' | 'json'; readonly schema: string }> = new Map([
  ['Avro', { kind: 'avro', schema: JSON.stringify(orderAvro) }],
  ['Avro of Debezium', { kind: 'avro', schema: JSON.stringify(envelopeAvro) }],
  ['JSON with schema', { kind: 'json', schema: '' }],
]);

const measureJvm = async ({ name, samples }: Format): Promise<void> => {
  const contestant = jvmContestants.get(name);
  if (contestant === undefined) return;
  const { kind, schema } = contestant;
  try {
    const nanosecondsPerRow = await jvmNanoseconds(kind, seconds, { samples, schema, maxStretch });
    const rowsPerSecond = Math.round(1e9 / nanosecondsPerRow);
    const valueBytes = averageLength(samples);
    say({ format: name, rows: jvmRows, valueBytes, rowBytes: 0, rowsPerSecond, nanosecondsPerRow });
  } catch (error) {
    console.log(`${name}: without the JVM (${error instanceof Error ? error.message.split('\n', 1)[0] : error})`);
  }
};

const withJvm = !options['no-jvm'] && hasJvm();
if (!withJvm) console.log('Without the JVM: left out, or no java or no mvn here.');
for (const format of formats()) {
  if (only !== undefined && !only.includes(format.name)) continue;
  if (withJvm) await measureJvm(format);
  measureFormat(format);
}
if (options.json !== undefined) {
  const machine = { cpu: cpus()[0]?.model, node: process.version };
  writeFileSync(options.json, `${JSON.stringify({ at: new Date().toISOString(), machine, figures }, null, 2)}\n`);
}
