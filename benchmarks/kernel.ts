/**
 * The raw path without Kafka and HTTP: synthetic fetched batches → RawRowEncoder → PartitionBuffer → bodies that are dropped.
 * node benchmarks/kernel.ts [rows]      one line a case; CPU seconds are user + system of this process, all threads
 */
import { createHash } from 'node:crypto';
import {
  asNextOffset,
  type CompressionCodec,
  type FetchedBatch,
  type RawHeader,
  type RowSink,
} from '../src/api/index.ts';
import { createMemoryBudget, EncoderPool, PartitionBuffer } from '../src/buffer/index.ts';
import { RowMapper } from '../src/connector/row-mapper.ts';
import { RawRowEncoder } from '../src/kernel/index.ts';
import { systemClock } from '../src/util/system-clock.ts';
import { allMetadata } from '../test/support/all-metadata.ts';
import { at, jsonRecord, recordBatch } from '../test/unit/kernel/record-batches.ts';
import { flatOrderJson, orderJson } from './sample-values.ts';

const partitions = 12;
const rows = Number(process.argv[2] ?? 1_000_000);
const fetchBytes = 1 << 20;

interface Case {
  readonly name: string;
  readonly valueBytes: number;
  readonly codec: CompressionCodec;
  readonly crc: boolean;
  readonly compress: boolean;
  /** Each record has a trace's headers. */
  readonly header?: boolean;
  /** Twelve fields, a column for each. */
  readonly columns?: boolean;
}

const leftRawPath = (): never => {
  throw new Error('a benchmark row left the raw path');
};
const host = { keyAndHeaders: leftRawPath, row: leftRawPath };

const traceHeaders = (key: string): RawHeader[] => [
  ['traceparent', Buffer.from(`00-${key.repeat(4)}-${key.repeat(2)}-01`)],
  ['content-type', Buffer.from('application/json')],
  ['attempt', Buffer.from('1')],
];

const columnTypes = {
  ORDER_ID: 'NUMBER(38,0)',
  AMOUNT: 'FLOAT',
  PAID: 'BOOLEAN',
  QUANTITY: 'NUMBER(38,0)',
  WEIGHT: 'FLOAT',
  RECORD_METADATA: 'VARIANT',
  ...Object.fromEntries(
    ['CUSTOMER', 'CURRENCY', 'COUNTRY', 'CHANNEL', 'AT', 'SKU', 'NOTE'].map((name) => [name, 'VARCHAR(16777216)']),
  ),
};
const mapper = new RowMapper({
  generation: 'own',
  schematization: true,
  validation: 'client',
  evolution: { policy: 'evolve', widen: false, types: 'connector' },
  onNullValue: 'default',
  normalizeColumnNames: true,
  metadata: allMetadata,
});
mapper.describe(
  'ORDERS',
  Object.entries(columnTypes).map(([name, type]) => ({ name, type, nullable: true, hasDefault: false })),
);
const columnHost = { ...host, columns: () => mapper.jsonColumns('ORDERS') };

/** About 1 MiB of one partition, in batches of 16 KiB or so, as a fetch answer brings them. */
const fetchAnswer = (
  encoder: RawRowEncoder,
  { valueBytes, codec, header = false, columns = false }: Case,
): FetchedBatch => {
  const perBatch = Math.max(1, Math.floor((codec === 'none' ? 16_384 : 65_536) / valueBytes));
  const count = Math.floor(fetchBytes / valueBytes / perBatch);
  const place = encoder.place(2 * fetchBytes);
  if (place === null) throw new Error('no place for the answer');
  let used = 0;
  const batches = Array.from({ length: count }, (_, b) => {
    const records = Array.from({ length: perBatch }, (_, r) => {
      const i = b * perBatch + r;
      const key = createHash('md5').update(String(i)).digest('hex').slice(0, 8);
      return jsonRecord(BigInt(i), (columns ? flatOrderJson : orderJson)(i, valueBytes), {
        key: Buffer.from(key),
        headers: header ? traceHeaders(key) : [],
      });
    });
    const placed = at(recordBatch({ records, codec }), place.subarray(used));
    used += placed.bytes.length;
    return placed;
  });
  const last = batches.at(-1)?.lastOffset ?? 0n;
  return {
    topic: 'bench-orders',
    partition: 0,
    epoch: 0,
    fetchOffset: asNextOffset(0n),
    nextOffset: asNextOffset(last + 1n),
    highWatermark: last + 1n,
    batches,
    recordCount: count * perBatch,
    byteSize: used,
    release: () => {},
  };
};

const measure = async (kase: Case): Promise<void> => {
  const metadata = { topic: true, offsetAndPartition: true, createTime: true, pushTime: true };
  const encoder = new RawRowEncoder({
    metadata,
    key: 'string',
    headers: kase.header === true ? 'simple' : 'host',
    checkCrcs: kase.crc,
    clock: systemClock,
    maxRowBytes: 1 << 24,
  });
  const budget = createMemoryBudget(1 << 28);
  const encoders = new EncoderPool({ encoding: 'zstd', budget });
  const policy = { maxRecords: 1e9, maxBytes: 8e6, maxAgeMs: 1000, maxWireBytes: 4e6 };
  const buffers = Array.from(
    { length: partitions },
    () => new PartitionBuffer({ encoders, policy, budget, clock: systemClock }),
  );
  const answer = fetchAnswer(encoder, kase);
  let wire = 0;
  let raw = 0;
  const cuts = new Set<Promise<void>>();
  const cut = (buffer: PartitionBuffer): void => {
    const done = buffer.cut().then((batch) => {
      wire += batch.wireBytes;
      raw += batch.rawBytes;
      batch.release(true);
      cuts.delete(done);
    });
    cuts.add(done);
  };
  const sinkOf = (buffer: PartitionBuffer): RowSink => ({
    add: (taken) => {
      if (!kase.compress) return taken.release();
      void buffer.add(taken);
      if (buffer.flushReason(systemClock.now()) !== null) cut(buffer);
    },
  });
  const sinks = buffers.map(sinkOf);
  const run = async (target: number): Promise<number> => {
    let seen = 0;
    for (let p = 0; seen < target; p = (p + 1) % partitions) {
      const sink = sinks[p];
      if (sink !== undefined)
        await encoder.encode({ ...answer, partition: p }, 0n, sink, kase.columns ? columnHost : host);
      seen += answer.recordCount;
    }
    for (const buffer of buffers) if (!buffer.isEmpty) cut(buffer);
    await Promise.all(cuts);
    return seen;
  };
  await run(rows / 10);
  wire = 0;
  raw = 0;
  const cpu0 = process.cpuUsage();
  const started = performance.now();
  const seen = await run(rows);
  const { user, system } = process.cpuUsage(cpu0);
  const seconds = (performance.now() - started) / 1000;
  const perMillion = ((user + system) / seen).toFixed(3);
  const ratio = wire === 0 ? '' : `, ratio ${(raw / wire).toFixed(1)}`;
  console.log(
    `${kase.name.padEnd(34)} ${perMillion} CPU s/M rows, ${Math.round(seen / seconds / 1000)} k rows/s${ratio}`,
  );
  encoders.close();
};

for (const valueBytes of [250, 1024]) {
  const name = `${valueBytes} B`;
  for (const codec of ['none', 'lz4', 'snappy', 'gzip', 'zstd'] as const)
    await measure({ name: `${name}, ${codec}, rows only`, valueBytes, codec, crc: false, compress: false });
  await measure({
    name: `${name}, none, header, rows only`,
    valueBytes,
    codec: 'none',
    crc: false,
    compress: false,
    header: true,
  });
  await measure({ name: `${name}, none, CRC, rows only`, valueBytes, codec: 'none', crc: true, compress: false });
  await measure({ name: `${name}, none, zstd out`, valueBytes, codec: 'none', crc: false, compress: true });
  await measure({ name: `${name}, none, CRC, zstd out`, valueBytes, codec: 'none', crc: true, compress: true });
}
const twelve = { valueBytes: 250, codec: 'none', crc: true, columns: true } as const;
await measure({ ...twelve, name: '250 B, 12 columns, CRC, rows only', compress: false });
await measure({ ...twelve, name: '250 B, 12 columns, CRC, zstd out', compress: true });
console.log(`peak RSS ${Math.round(process.resourceUsage().maxRSS / 1024)} MB`);
