import { promisify } from 'node:util';
import { type ZstdOptions, zstdDecompress, zstdDecompressSync } from 'node:zlib';

interface Unpacked {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}

const decompress = promisify(zstdDecompress) as unknown as (bytes: Uint8Array, options: object) => Promise<Unpacked>;

/** All frames of a zstd body, on the thread pool. Node's own call ends after the first without a word. */
export const unzstd = async (bytes: Uint8Array, options: ZstdOptions): Promise<Buffer> => {
  const parts: Buffer[] = [];
  let rest = bytes;
  do {
    const { buffer, engine } = await decompress(rest, { ...options, info: true });
    parts.push(buffer);
    rest = rest.subarray(engine.bytesWritten);
  } while (rest.length > 0);
  return parts.length === 1 ? (parts[0] ?? Buffer.alloc(0)) : Buffer.concat(parts);
};

export const unzstdSync = (bytes: Uint8Array, options: ZstdOptions): Buffer => {
  const parts: Buffer[] = [];
  let rest = bytes;
  do {
    const { buffer, engine } = zstdDecompressSync(rest, {
      ...options,
      info: true,
    } as ZstdOptions) as unknown as Unpacked;
    parts.push(buffer);
    rest = rest.subarray(engine.bytesWritten);
  } while (rest.length > 0);
  return Buffer.concat(parts);
};
