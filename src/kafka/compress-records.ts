import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { compressFrame } from 'lz4-napi';
import { compress as compressSnappy } from 'snappy';
import type { CompressionCodec } from '../api/index.ts';

const gzip = promisify(zlib.gzip);
const zstd = promisify(zlib.zstdCompress);

/** The records of a batch as its codec has them (KIP-98, KIP-110): lz4 as frames, snappy as one raw block as librdkafka writes it. */
export const compressRecords: Readonly<Record<CompressionCodec, (records: Buffer) => Promise<Buffer>>> = {
  none: async (records) => records,
  gzip: (records) => gzip(records),
  snappy: (records) => compressSnappy(records),
  lz4: (records) => compressFrame(records),
  zstd: (records) => zstd(records),
};
