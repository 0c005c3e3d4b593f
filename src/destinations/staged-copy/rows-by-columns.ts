import { promisify } from 'node:util';
import { gunzip, gzip, zstdDecompress } from 'node:zlib';
import type { ContentEncoding, RowBatch } from '../../api/index.ts';

/** Rows that leave the same columns out, as a file of their own. */
export interface FileOfRows {
  readonly leftOut: readonly string[];
  readonly encoding: ContentEncoding;
  readonly chunks: readonly Uint8Array[];
}

const quote = 0x22;
const backslash = 0x5c;
const newLine = 0x0a;
const opens = new Set([0x7b, 0x5b]);
const closes = new Set([0x7d, 0x5d]);
const colon = 0x3a;

/** Behind the text that begins at `from`. */
const behindText = (bytes: Uint8Array, from: number): number => {
  let at = from + 1;
  while (bytes[at] !== quote && at < bytes.length) at += bytes[at] === backslash ? 2 : 1;
  return at + 1;
};

/** Each JSON object of the lines, with the names of its fields. */
function* rowsIn(bytes: Buffer): Generator<{ readonly row: Uint8Array; readonly names: ReadonlySet<string> }> {
  let start = 0;
  let depth = 0;
  let names = new Set<string>();
  let text = '';
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === quote) {
      const end = behindText(bytes, at);
      if (depth === 1) text = bytes.toString('utf8', at, end);
      at = end - 1;
    } else if (opens.has(byte)) depth++;
    else if (closes.has(byte)) depth--;
    else if (byte === colon && depth === 1) names.add(JSON.parse(text));
    if (depth === 0 && (byte === newLine || at === bytes.length - 1)) {
      if (names.size > 0) yield { row: bytes.subarray(start, at + 1), names };
      start = at + 1;
      names = new Set();
    }
  }
}

const decompressors = {
  identity: async (bytes: Buffer): Promise<Buffer> => bytes,
  gzip: promisify(gunzip),
  zstd: promisify(zstdDecompress),
};

/** The batch as it is where all rows leave the same of these columns out. Names are compared without case, as COPY does. */
export const rowsByColumns = async (
  { chunks, encoding }: Pick<RowBatch, 'chunks' | 'encoding'>,
  columns: readonly string[],
): Promise<readonly FileOfRows[]> => {
  if (columns.length === 0) return [{ leftOut: [], encoding, chunks }];
  const files = new Map<string, { readonly leftOut: readonly string[]; readonly rows: Uint8Array[] }>();
  for (const { row, names } of rowsIn(await decompressors[encoding](Buffer.concat(chunks)))) {
    const given = new Set([...names].map((name) => name.toUpperCase()));
    const leftOut = columns.filter((name) => !given.has(name.toUpperCase()));
    const key = JSON.stringify(leftOut);
    const file = files.get(key) ?? { leftOut, rows: [] };
    file.rows.push(row);
    files.set(key, file);
  }
  const [only, ...others] = files.values();
  if (others.length === 0) return [{ leftOut: only?.leftOut ?? [], encoding, chunks }];
  return await Promise.all(
    [...files.values()].map(async ({ leftOut, rows }): Promise<FileOfRows> => {
      const packed = await promisify(gzip)(Buffer.concat(rows), { level: 1 });
      return { leftOut, encoding: 'gzip', chunks: [packed] };
    }),
  );
};
