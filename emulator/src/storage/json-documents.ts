import { gunzipSync } from 'node:zlib';
import { JsonScanner, JsonSyntaxError } from './json-scanner.ts';
import { unzstdSync } from './zstd-frames.ts';

export interface JsonDocuments {
  /** Text of each document, on one line. */
  readonly documents: readonly Uint8Array[];
  /** Why reading ended before the end of the file. */
  readonly problem: string | null;
}

const maxDecodedBytes = 512 * 1024 * 1024;

/** A staged file without its compression, which its first bytes tell. */
export const decompressFile = (bytes: Buffer): Buffer => {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return gunzipSync(bytes, { maxOutputLength: maxDecodedBytes });
  const isZstd = bytes.length >= 4 && bytes.readUInt32LE(0) === 0xfd2fb528;
  return isZstd ? unzstdSync(bytes, { maxOutputLength: maxDecodedBytes }) : bytes;
};

/**
 * The documents of a JSON file: one after another, on lines or not; with `stripOuterArray` the elements of an array.
 * [documented]
 */
export const readJsonDocuments = (file: Buffer, stripOuterArray: boolean): JsonDocuments => {
  // Line breaks are white space between tokens; inside strings JSON forbids them.
  const bytes = Buffer.from(file).map((byte) => (byte === 0x0a ? 0x20 : byte));
  const scanner = new JsonScanner(bytes);
  const documents: Uint8Array[] = [];
  try {
    scanner.skipSpace();
    const inArray = stripOuterArray && scanner.accept(0x5b);
    for (;;) {
      scanner.skipSpace();
      if (inArray && scanner.accept(0x5d)) break;
      if (!inArray && scanner.atLineEnd()) break;
      if (inArray && documents.length > 0) {
        scanner.expect(0x2c);
        scanner.skipSpace();
      }
      const from = scanner.position;
      scanner.value();
      documents.push(bytes.subarray(from, scanner.position));
    }
    return { documents, problem: null };
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    return { documents, problem: `Error parsing JSON: ${error.message}` };
  }
};
