import { gzipSync, zstdCompressSync } from 'node:zlib';
import { compressFrameSync } from 'lz4-napi';
import { compressSync } from 'snappy';
import {
  asNextOffset,
  type CompressionCodec,
  compressionCodecs,
  type FetchedBatch,
  type RawHeader,
  type RecordBatch,
  type TimestampType,
} from '../../../src/api/index.ts';

/** Builds record batches of message format 2 byte by byte from KIP-98, so that tests do not read what they have written themselves. */
export interface TestRecord {
  readonly offset: bigint;
  readonly timestamp: bigint;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly RawHeader[];
}

export interface TestBatch {
  readonly records: readonly TestRecord[];
  readonly baseOffset?: bigint;
  readonly lastOffset?: bigint;
  readonly codec?: CompressionCodec;
  readonly compress?: (records: Uint8Array) => Uint8Array;
  readonly timestampType?: TimestampType;
  readonly maxTimestamp?: bigint;
}

const crcTable = Uint32Array.from({ length: 256 }, (_, i) => {
  let c = i;
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ 0x82f63b78 : c >>> 1;
  return c;
});
export const crc32c = (bytes: Uint8Array): number => {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ (crcTable[(crc ^ byte) & 255] ?? 0);
  return ~crc >>> 0;
};

export const varint = (value: bigint): Uint8Array => {
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
  const bytes: number[] = [];
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
};

const nullable = (bytes: Uint8Array | null): Uint8Array[] =>
  bytes === null ? [varint(-1n)] : [varint(BigInt(bytes.length)), bytes];

export const recordBytes = (record: TestRecord, baseOffset: bigint, baseTimestamp: bigint): Uint8Array => {
  const body = Buffer.concat([
    Uint8Array.of(0),
    varint(record.timestamp - baseTimestamp),
    varint(record.offset - baseOffset),
    ...nullable(record.key),
    ...nullable(record.value),
    varint(BigInt(record.headers.length)),
    ...record.headers.flatMap(([name, value]) => [...nullable(Buffer.from(name)), ...nullable(value)]),
  ]);
  return Buffer.concat([varint(BigInt(body.length)), body]);
};

/** snappy-java's stream: what Java producers write. */
export const xerialSnappy = (bytes: Uint8Array, chunk = 32_768): Uint8Array => {
  const parts: Uint8Array[] = [Buffer.from('82534e41505059000000000100000001', 'hex')];
  for (let at = 0; at < bytes.length; at += chunk) {
    const block = compressSync(Buffer.from(bytes.subarray(at, at + chunk)));
    const length = Buffer.alloc(4);
    length.writeInt32BE(block.length);
    parts.push(length, block);
  }
  return Buffer.concat(parts);
};

export const compressors: Readonly<Record<CompressionCodec, (bytes: Uint8Array) => Uint8Array>> = {
  none: (bytes) => bytes,
  gzip: (bytes) => gzipSync(bytes),
  snappy: (bytes) => xerialSnappy(bytes),
  lz4: (bytes) => compressFrameSync(Buffer.from(bytes)),
  zstd: (bytes) => zstdCompressSync(bytes),
};

export const recordBatch = (batch: TestBatch): RecordBatch => {
  const { records, codec = 'none', timestampType = 'CreateTime' } = batch;
  const first = records[0];
  const baseOffset = batch.baseOffset ?? first?.offset ?? 0n;
  const baseTimestamp = first?.timestamp ?? 0n;
  const lastOffset = batch.lastOffset ?? records.at(-1)?.offset ?? baseOffset;
  const maxTimestamp =
    batch.maxTimestamp ?? records.reduce((most, { timestamp }) => (timestamp > most ? timestamp : most), baseTimestamp);
  const plain = Buffer.concat(records.map((record) => recordBytes(record, baseOffset, baseTimestamp)));
  const body = (batch.compress ?? compressors[codec])(plain);
  const bytes = Buffer.alloc(61 + body.length);
  bytes.writeBigInt64BE(baseOffset, 0);
  bytes.writeInt32BE(bytes.length - 12, 8);
  bytes.writeInt8(2, 16);
  bytes.writeInt16BE(compressionCodecs.indexOf(codec) | (timestampType === 'LogAppendTime' ? 8 : 0), 21);
  bytes.writeInt32BE(Number(lastOffset - baseOffset), 23);
  bytes.writeBigInt64BE(baseTimestamp, 27);
  bytes.writeBigInt64BE(maxTimestamp, 35);
  bytes.writeBigInt64BE(-1n, 43);
  bytes.writeInt16BE(-1, 51);
  bytes.writeInt32BE(-1, 53);
  bytes.writeInt32BE(records.length, 57);
  bytes.set(body, 61);
  const crc = crc32c(bytes.subarray(21));
  bytes.writeUInt32BE(crc, 17);
  const recordCount = records.length;
  return { baseOffset, lastOffset, recordCount, codec, timestampType, baseTimestamp, maxTimestamp, crc, bytes };
};

export const fetched = (batches: readonly RecordBatch[], topic = 'orders', partition = 3): FetchedBatch => ({
  topic,
  partition,
  epoch: 1,
  fetchOffset: asNextOffset(batches[0]?.baseOffset ?? 0n),
  nextOffset: asNextOffset((batches.at(-1)?.lastOffset ?? -1n) + 1n),
  highWatermark: (batches.at(-1)?.lastOffset ?? -1n) + 1n,
  batches,
  recordCount: batches.reduce((sum, { recordCount }) => sum + recordCount, 0),
  byteSize: batches.reduce((sum, { bytes }) => sum + bytes.length, 0),
  release: () => {},
});

/** The same batch, its bytes copied to where a fetch would have put them. */
export const at = (batch: RecordBatch, place: Uint8Array): RecordBatch => {
  place.set(batch.bytes);
  return { ...batch, bytes: place.subarray(0, batch.bytes.length) };
};

export const jsonRecord = (offset: bigint, value: unknown, more: Partial<TestRecord> = {}): TestRecord => ({
  offset,
  timestamp: 1_700_000_000_000n + offset,
  key: null,
  value: value === null ? null : Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
  headers: [],
  ...more,
});
