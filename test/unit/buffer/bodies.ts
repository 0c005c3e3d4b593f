import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import type { EncodedRows, RowBatch } from '../../../src/api/index.ts';

export const textOf = (batch: RowBatch): string => {
  const bytes = Buffer.concat(batch.chunks);
  if (batch.encoding === 'zstd') return zstdDecompressSync(bytes).toString();
  return (batch.encoding === 'gzip' ? gunzipSync(bytes) : bytes).toString();
};

export interface TestRows extends EncodedRows {
  isReleased: boolean;
}

/** Overwrites its bytes when it is released, as a slot is: whoever reads on finds it out. */
export const rowsOf = (lines: readonly string[], firstOffset: bigint): TestRows => {
  const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
  const lastOffset = firstOffset + BigInt(lines.length - 1);
  const rows: TestRows = {
    bytes,
    rowCount: lines.length,
    firstOffset,
    lastOffset,
    isReleased: false,
    release: () => {
      rows.isReleased = true;
      bytes.fill('#');
    },
  };
  return rows;
};
