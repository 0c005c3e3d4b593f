import { promisify } from 'node:util';
import zlib from 'node:zlib';
import type { CompressionCodec } from '../api/index.ts';

const gzip = promisify(zlib.gzip);
const zstd = promisify(zlib.zstdCompress);

/**
 * The records of a batch as its codec has them (KIP-98, KIP-110): lz4 as frames, snappy as one raw block as librdkafka writes it.
 * The two native packages are loaded at their first use: few dead letter topics ask for them, and each costs a thread 3 MB.
 */
export const compressRecords: Readonly<Record<CompressionCodec, (records: Buffer) => Promise<Buffer>>> = {
  none: async (records) => records,
  gzip: (records) => gzip(records),
  snappy: async (records) => (await import('snappy')).compress(records),
  lz4: async (records) => (await import('lz4-napi')).compressFrame(records),
  zstd: (records) => zstd(records),
};
