import { createHash } from 'node:crypto';
import { type StageFiles, stageBucket } from '../storage/stage-files.ts';
import { type HttpRequest, headerOf, type Reply, textReply } from './exchange.ts';
import { decodeAwsChunks, readBody } from './request-body.ts';

const maxFileBytes = 512 * 1024 * 1024;

/**
 * Cloud storage as drivers and streaming SDKs use it: PUT, GET and HEAD of `/{bucket}/{path}`, in the shape of S3 (path
 * style, aws-chunked bodies) and of Google Cloud Storage (bearer token or signed URL). [seen on the wire]
 */
export class StageRoutes {
  readonly #files: StageFiles;
  readonly #nowMs: () => number;

  constructor(files: StageFiles, nowMs: () => number) {
    this.#files = files;
    this.#nowMs = nowMs;
  }

  async handle(request: HttpRequest): Promise<Reply | null> {
    const [bucket, ...names] = request.segments;
    if (bucket !== stageBucket || names.length === 0) return null;
    const path = names.join('/');
    if (!this.#authorized(request, path)) return textReply(403, 'AccessDenied');
    if (request.method === 'PUT') return this.#put(request, path);
    if (request.method === 'GET' || request.method === 'HEAD') return this.#get(request, path);
    if (request.method !== 'DELETE') return null;
    await this.#files.remove(path);
    return { status: 204, contentType: 'text/plain', body: '' };
  }

  /** The access key of a request's signature, or the bearer token, must be the one that was handed out; such signatures are not checked. */
  #authorized(request: HttpRequest, path: string): boolean {
    const header = headerOf(request, 'authorization') ?? '';
    const token = /Credential=([^/,\s]+)/.exec(header)?.[1] ?? /^Bearer\s+(\S+)$/i.exec(header)?.[1];
    return this.#files.allows(path, token ?? request.query.get('X-Goog-Signature') ?? '');
  }

  async #put(request: HttpRequest, path: string): Promise<Reply> {
    const body = await readBody(request, maxFileBytes);
    const isChunked = headerOf(request, 'x-amz-content-sha256')?.startsWith('STREAMING-') === true;
    const bytes = isChunked ? decodeAwsChunks(body) : body;
    if (bytes === null) return textReply(400, 'IncompleteBody');
    const declared = headerOf(request, 'content-md5');
    if (declared !== null && declared !== createHash('md5').update(bytes).digest('base64'))
      return textReply(400, 'BadDigest');
    const { md5 } = await this.#files.put(path, bytes, this.#nowMs());
    return { status: 200, contentType: 'text/plain', body: '', headers: { etag: `"${md5}"` } };
  }

  async #get(request: HttpRequest, path: string): Promise<Reply> {
    const file = this.#files.find(path);
    const bytes = await this.#files.read(path);
    if (file === null || bytes === null) return textReply(404, request.method === 'HEAD' ? '' : 'NoSuchKey');
    return {
      status: 200,
      contentType: 'application/octet-stream',
      body: bytes,
      headers: { etag: `"${file.md5}"`, 'last-modified': new Date(file.modifiedMs).toUTCString() },
    };
  }
}
