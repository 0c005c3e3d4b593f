import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { unzstd } from '../storage/zstd-frames.ts';
import { refuse } from './error-body.ts';
import { HttpRefusal, type HttpRequest, headerOf } from './exchange.ts';

const gunzipBytes = promisify(gunzip);

/** A body larger than this after decompression is refused; Snowflake documents no such limit. */
const maxDecodedBytes = 512 * 1024 * 1024;
const smallestChunk = 64 * 1024;

/** The body as sent; over `limit` bytes: 413 [the limit is documented, the status inferred]. */
export const readBody = async (request: HttpRequest, limit: number): Promise<Buffer> => {
  const declared = Number(headerOf(request, 'content-length') ?? 0);
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request.message) {
    length += chunk.length;
    // The rest is read and thrown away, so that the client gets to see the answer.
    if (length <= limit) chunks.push(chunk);
  }
  if (Math.max(length, declared) > limit)
    throw new HttpRefusal(
      refuse(413, 'REQUEST_TOO_LARGE', `The request body has ${length} bytes, the limit is ${limit} bytes.`),
    );
  return chunks.length === 1 ? (chunks[0] ?? Buffer.alloc(0)) : Buffer.concat(chunks);
};

/** Undoes Content-Encoding identity, gzip or zstd, on the thread pool. */
export const decodeBody = async (request: HttpRequest, body: Buffer): Promise<Buffer> => {
  const encoding = headerOf(request, 'content-encoding')?.trim().toLowerCase() ?? 'identity';
  if (encoding === 'identity' || encoding === '') return body;
  if (encoding !== 'gzip' && encoding !== 'zstd')
    throw new HttpRefusal(
      refuse(415, 'UNSUPPORTED_CONTENT_ENCODING', `Content-Encoding ${encoding} is not supported.`),
    );
  const hint = Number(headerOf(request, 'x-snowflake-uncompressed-content-length') ?? 0) || body.length * 4;
  const options = {
    maxOutputLength: maxDecodedBytes,
    chunkSize: Math.min(Math.max(hint, smallestChunk), maxDecodedBytes),
  };
  try {
    return await (encoding === 'gzip' ? gunzipBytes(body, options) : unzstd(body, options));
  } catch {
    throw new HttpRefusal(refuse(400, 'INVALID_CONTENT_ENCODING', `The request body is not valid ${encoding}.`));
  }
};

/** The body inside `aws-chunked` framing (chunk sizes in hex, signatures, a trailer); null: it is cut short. [documented by AWS] */
export const decodeAwsChunks = (body: Buffer): Buffer | null => {
  const parts: Buffer[] = [];
  let at = 0;
  for (;;) {
    const lineEnd = body.indexOf('\r\n', at);
    if (lineEnd === -1) return null;
    const size = Number.parseInt(body.toString('latin1', at, lineEnd), 16);
    if (Number.isNaN(size)) return null;
    if (size === 0) return Buffer.concat(parts);
    const from = lineEnd + 2;
    if (from + size + 2 > body.length) return null;
    parts.push(body.subarray(from, from + size));
    at = from + size + 2;
  }
};

/** The body as JSON; an empty one is `{}`. */
export const readJson = async (request: HttpRequest, limit = 64 * 1024 * 1024): Promise<unknown> => {
  const raw = await readBody(request, limit);
  // Python's driver compresses without saying so in a header that every proxy keeps; the magic number decides.
  const body = raw[0] === 0x1f && raw[1] === 0x8b ? await gunzipBytes(raw).catch(refuseGzip) : raw;
  return body.length === 0 ? {} : parseJson(body.toString('utf8'));
};

const refuseGzip = (): never => {
  throw new HttpRefusal(refuse(400, 'INVALID_CONTENT_ENCODING', 'The request body is not valid gzip.'));
};

export const readJsonObject = async (request: HttpRequest, limit?: number): Promise<Record<string, unknown>> => {
  const value = await readJson(request, limit);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new HttpRefusal(refuse(400, 'INVALID_REQUEST_BODY', 'The request body must be a JSON object.'));
  return { ...value };
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    throw new HttpRefusal(refuse(400, 'INVALID_REQUEST_BODY', 'The request body is not valid JSON.'));
  }
};
