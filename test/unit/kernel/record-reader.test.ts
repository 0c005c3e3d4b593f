import { gzipSync, zstdCompressSync } from 'node:zlib';
import { compressSync } from 'snappy';
import { expect, test } from 'vitest';
import type { RecordBatch, RecordView } from '../../../src/api/index.ts';
import { RecordReader } from '../../../src/kernel/index.ts';
import { jsonRecord, recordBatch, type TestBatch, type TestRecord, xerialSnappy } from './record-batches.ts';

const where = { topic: 'orders', partition: 3 };
const read = (batch: RecordBatch, from = 0n): RecordView[] =>
  [...new RecordReader({ checkCrcs: true }).read(batch, from, where)].map((view) => structuredClone(view));

const records: readonly TestRecord[] = [
  jsonRecord(0n, 'a'),
  jsonRecord(1n, null, { key: Buffer.from('k'), headers: [['h', null]] }),
  jsonRecord(5n, '', { key: Buffer.alloc(0), timestamp: 0n }),
  jsonRecord(70_000n, 'x'.repeat(100_000), { timestamp: 4_102_444_800_000_000n, headers: [['é', Buffer.from('v')]] }),
];
const plainBytes = (bytes: Uint8Array | null): Uint8Array | null => (bytes === null ? null : Uint8Array.from(bytes));
const expected = records.map((record) => ({
  ...record,
  batchOffset: 0n,
  timestampType: 'CreateTime',
  key: plainBytes(record.key),
  value: plainBytes(record.value),
  headers: record.headers.map(([name, value]) => [name, plainBytes(value)]),
}));

/** An LZ4 frame of uncompressed and compressed blocks with every optional field; xxHash checksums are not looked at. */
const lz4Frame = (bytes: Uint8Array, flags: number): Uint8Array => {
  const size = Buffer.alloc(flags & 8 ? 8 : 0);
  if (flags & 8) size.writeBigUInt64LE(BigInt(bytes.length));
  const parts: Uint8Array[] = [Uint8Array.of(0x04, 0x22, 0x4d, 0x18, 0x40 | flags, 0x40), size, Uint8Array.of(0)];
  for (let at = 0; at < bytes.length; at += 60_000) {
    const block = bytes.subarray(at, at + 60_000);
    const head = Buffer.alloc(4);
    head.writeUInt32LE((block.length | 0x80000000) >>> 0);
    parts.push(head, block, Buffer.alloc(flags & 16 ? 4 : 0));
  }
  parts.push(Buffer.alloc(4), Buffer.alloc(flags & 4 ? 4 : 0));
  return Buffer.concat(parts);
};

const halves = (bytes: Uint8Array): [Uint8Array, Uint8Array] => [bytes.subarray(0, 999), bytes.subarray(999)];
const encodings: Readonly<Record<string, Pick<TestBatch, 'codec' | 'compress'>>> = {
  none: { codec: 'none' },
  gzip: { codec: 'gzip' },
  'gzip of two members': { codec: 'gzip', compress: (b) => Buffer.concat(halves(b).map((half) => gzipSync(half))) },
  'snappy as snappy-java frames it': { codec: 'snappy', compress: (b) => xerialSnappy(b, 1000) },
  'snappy as librdkafka writes it': { codec: 'snappy', compress: (b) => compressSync(Buffer.from(b)) },
  lz4: { codec: 'lz4' },
  'lz4 with content size and checksums': { codec: 'lz4', compress: (b) => lz4Frame(b, 0x20 | 16 | 8 | 4) },
  'lz4 of two frames, one linked': {
    codec: 'lz4',
    compress: (b) => Buffer.concat(halves(b).map((half, i) => lz4Frame(half, i === 0 ? 0x20 : 0))),
  },
  zstd: { codec: 'zstd' },
  'zstd of two frames': {
    codec: 'zstd',
    compress: (b) => Buffer.concat(halves(b).map((half) => zstdCompressSync(half))),
  },
};

for (const [name, encoding] of Object.entries(encodings)) {
  test(`reads ${name}`, () => {
    const batch = recordBatch({ records, ...encoding });
    expect(read(batch)).toEqual(expected);
    expect(read(batch, 2n).map(({ offset }) => offset)).toEqual([5n, 70_000n]);
  });
}

test('LogAppendTime is the batch’s', () => {
  const batch = recordBatch({ records, timestampType: 'LogAppendTime', maxTimestamp: 99n });
  expect(read(batch).map(({ timestamp, timestampType }) => [timestamp, timestampType])).toEqual(
    records.map(() => [99n, 'LogAppendTime']),
  );
});

test('a batch emptied by compaction has no records', () => {
  expect(read(recordBatch({ records: [], baseOffset: 7n, lastOffset: 12n }))).toEqual([]);
});

test('every way of damage names the batch; nothing is skipped', () => {
  const good = recordBatch({ records });
  const broken: readonly [RecordBatch, RegExp][] = [
    [{ ...good, crc: 1 }, /CRC-32C says 1/],
    [{ ...good, recordCount: 3 }, /bytes are left behind/],
    [{ ...good, recordCount: 5 }, /ends early/],
    [recordBatch({ records, codec: 'lz4', compress: (b) => b }), /not an LZ4 frame/],
    [recordBatch({ records, codec: 'snappy', compress: () => Uint8Array.of(255, 255, 255, 255, 15) }), /more than/],
    [recordBatch({ records, codec: 'zstd', compress: (b) => b }), /zstd/i],
  ];
  for (const [batch, why] of broken) {
    expect(() => read(batch)).toThrow(why);
    expect(() => read(batch)).toThrow(/^orders-3: the record batch at offsets 0 to 70000/);
  }
});
