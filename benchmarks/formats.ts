/**
 * npm run bench -- formats [--seconds N] [--only NAME,…] [--json FILE]
 *
 * How many records a second one core makes into rows: from a record's bytes through converter and transforms to the NDJSON row, on
 * one thread, per second of CPU; Kafka, compression and HTTP are left out. Beside it, where java and mvn are there, the JVM's converters to JSON. `raw`: RECORD_CONTENT; `schematized`: a column per field, judged before it is sent.
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

const plainFormat = 'JSON without schema';
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
      name: plainFormat,
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
  metadata: {
    all: true,
    topic: true,
    offsetAndPartition: true,
    createTime: true,
    connectorPushTime: true,
    typedHeaders: true,
  },
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

/** Without transforms: from bytes to bytes, as the sink does it for schemaless JSON into columns and for values that can be opened. */
const fromBytesMaker = ({ open }: Format, schematization: boolean): Make => {
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
    const end =
      open === undefined
        ? mapper.writeJsonRow(view, '', target, out, 0)
        : mapper.writeOpenedRow(open(bytes), view, '', target, out, 0);
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

const measure = (format: Format, rows: string, make: Make, seconds: number): Figure => {
  const samples = fetched(format.samples);
  let offset = 0n;
  let rowBytes = 0;
  const round = (): void => {
    for (const sample of samples) rowBytes += make(sample, offset++);
  };
  const run = (cpuSeconds: number): number => {
    const startedAt = cpuMicroseconds();
    let rounds = 0;
    while (cpuMicroseconds() - startedAt < cpuSeconds * 1e6) for (let left = 10; left > 0; left--, rounds++) round();
    return ((cpuMicroseconds() - startedAt) * 1000) / (rounds * samples.length);
  };
  run(seconds / 2); // the compiler warms up
  const nanosecondsPerRow = Math.min(run(seconds / 2), run(seconds / 2));
  return {
    format: format.name,
    rows,
    valueBytes: Math.round(samples.reduce((sum, sample) => sum + sample.length, 0) / samples.length),
    rowBytes: Math.round(rowBytes / Number(offset)),
    rowsPerSecond: Math.round(1e9 / nanosecondsPerRow),
    nanosecondsPerRow: Math.round(nanosecondsPerRow),
  };
};

const { values: options } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: 'string', default: '4' }, only: { type: 'string' }, json: { type: 'string' } },
});
const seconds = Number(options.seconds);
const figures: Figure[] = [];
for (const format of formats()) {
  if (options.only !== undefined && !options.only.split(',').includes(format.name)) continue;
  figures.push(measure(format, 'decoded only', (bytes) => (format.read(bytes).value === null ? 0 : 1), seconds));
  for (const schematization of [false, true]) {
    const kind = schematization ? 'schematized' : 'raw';
    figures.push(measure(format, kind, rowMaker(format, schematization, []), seconds));
    if (format.open !== undefined || (schematization && format.name === plainFormat)) {
      figures.push(measure(format, `${kind}, from bytes`, fromBytesMaker(format, schematization), seconds));
    }
    figures.push(measure(format, `${kind}, with chain`, rowMaker(format, schematization, format.chain()), seconds));
  }
}
const jvmContestants = [
  { format: 'avro', name: 'JVM, AvroData + JsonConverter', samples: avroSamples, schema: JSON.stringify(orderAvro) },
  {
    format: 'avro',
    name: 'JVM, the same, Debezium event',
    samples: avroEnvelopeSamples,
    schema: JSON.stringify(envelopeAvro),
  },
  { format: 'json', name: 'JVM, JsonConverter with schema', samples: jsonWithSchemaSamples, schema: '' },
] as const;
if (!hasJvm()) console.log('Without the JVM: no java or no mvn here.');
for (const { format, name, samples, schema } of hasJvm() && options.only === undefined ? jvmContestants : []) {
  const nanosecondsPerRow = await jvmNanoseconds(format, seconds, samples(), schema);
  const valueBytes = Math.round(samples().reduce((sum, { length }) => sum + length, 0) / samples().length);
  const rowsPerSecond = Math.round(1e9 / nanosecondsPerRow);
  figures.push({ format: name, rows: 'raw, as JSON', valueBytes, rowBytes: 0, rowsPerSecond, nanosecondsPerRow });
}
console.table(
  figures.map(({ format, rows, valueBytes, rowBytes, rowsPerSecond, nanosecondsPerRow }) => ({
    format,
    rows,
    'value bytes': valueBytes,
    'row bytes': rowBytes || '',
    'rows/s': rowsPerSecond,
    'ns/row': nanosecondsPerRow,
  })),
);
if (options.json !== undefined) {
  const machine = { cpu: cpus()[0]?.model, node: process.version };
  writeFileSync(options.json, `${JSON.stringify({ at: new Date().toISOString(), machine, figures }, null, 2)}\n`);
}
