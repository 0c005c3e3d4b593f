import { createDecipheriv } from 'node:crypto';
import { type StageFiles, stageBucket } from '../storage/stage-files.ts';
import { unzstd } from '../storage/zstd-frames.ts';
import type { PipeName } from '../streaming/index.ts';
import { refuse } from './error-body.ts';
import { HttpRefusal } from './exchange.ts';

const maxDecodedBytes = 512 * 1024 * 1024;
const locationLifeMs = 3_600_000;
const encryptionVersion = 'AES-CTR-128.1';

const keyName = ({ database, schema, pipe }: PipeName): string => JSON.stringify([database, schema, pipe]);
const folderOf = (pipe: PipeName): string => `streaming/${Buffer.from(keyName(pipe)).toString('hex')}/`;

/**
 * The answer to `:pipe-info`: where the official SDKs upload batches over 1 MiB, and the key that encrypts them. Both
 * names of the location are there; the older SDK takes the first, the newer one asks for both. [seen on the wire]
 */
export const pipeInfo = (files: StageFiles, pipe: PipeName, storageEndpoint: string, nowMs: number): unknown => {
  const location = {
    expiry_time_ms: nowMs + locationLifeMs,
    location_type: 'S3',
    use_s3_regional_url: false,
    location: `${stageBucket}/${folderOf(pipe)}`,
    region: 'us-east-1',
    storage_endpoint: storageEndpoint,
    creds: { AWS_KEY_ID: files.uploadToken, AWS_SECRET_KEY: files.uploadToken, AWS_TOKEN: files.uploadToken },
  };
  return {
    rowset_stage_location: location,
    durable_stage_location: location,
    encryption_info: {
      pipe_key: files.keyOf(keyName(pipe)).toString('base64'),
      pipe_key_id: 1,
      diversifier: Buffer.from(keyName(pipe)).toString('base64').slice(0, 24),
    },
  };
};

/** One part of an uploaded file that a `/filebuffer` call appends. */
interface Fragment {
  readonly path: string;
  readonly fromByte: number;
  readonly lengthBytes: number;
  readonly iv: Buffer;
  readonly startOffsetToken: string | null;
  readonly endOffsetToken: string | null;
}

export interface FileAppend {
  /** The rows of all fragments, as one NDJSON body. */
  readonly body: Buffer;
  readonly wireBytes: number;
  readonly startOffsetToken: string | null;
  readonly endOffsetToken: string | null;
}

/** Fetches, decrypts (AES-256-CTR with the pipe's key) and unpacks what a `/filebuffer` body names. [seen on the wire] */
export const readFileAppend = async (files: StageFiles, pipe: PipeName, body: unknown): Promise<FileAppend> => {
  if (!Array.isArray(body) || body.length === 0) throw badFragment('the body must be a list of file fragments');
  const fragments = body.map(readFragment);
  const parts: Buffer[] = [];
  for (const fragment of fragments) parts.push(await readRows(files, pipe, fragment));
  return {
    body: Buffer.concat(parts),
    wireBytes: fragments.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0),
    startOffsetToken: fragments[0]?.startOffsetToken ?? null,
    endOffsetToken: fragments.at(-1)?.endOffsetToken ?? null,
  };
};

const badFragment = (problem: string): HttpRefusal =>
  new HttpRefusal(refuse(400, 'INVALID_REQUEST_BODY', `The file fragment cannot be read: ${problem}.`));

const readFragment = (value: unknown): Fragment => {
  if (typeof value !== 'object' || value === null) throw badFragment('it is no object');
  const of = (name: string): unknown => Reflect.get(value, name);
  const token = (name: string): string | null => {
    const text = of(name);
    return typeof text === 'string' && text !== '' ? text : null;
  };
  if (of('encryption_version') !== encryptionVersion) throw badFragment('unknown encryption_version');
  return {
    path: String(of('file_path')),
    fromByte: Number(of('fragment_start_byte_offset') ?? 0),
    lengthBytes: Number(of('fragment_length_bytes')),
    iv: Buffer.from(String(of('iv_base64')), 'base64'),
    startOffsetToken: token('fragment_start_offset_token'),
    endOffsetToken: token('fragment_end_offset_token'),
  };
};

const readRows = async (files: StageFiles, pipe: PipeName, fragment: Fragment): Promise<Buffer> => {
  const { path, fromByte, lengthBytes, iv } = fragment;
  const inBucket = path.startsWith(`${stageBucket}/`) ? path.slice(stageBucket.length + 1) : path;
  const file = await files.read(inBucket.startsWith(folderOf(pipe)) ? inBucket : `${folderOf(pipe)}${inBucket}`);
  if (file === null) throw badFragment(`there is no file ${path}`);
  if (iv.length !== 16) throw badFragment('iv_base64 must hold 16 bytes');
  const encrypted = file.subarray(fromByte, fromByte + lengthBytes);
  if (encrypted.length !== lengthBytes) throw badFragment('it lies beyond the end of its file');
  const decipher = createDecipheriv('aes-256-ctr', files.keyOf(keyName(pipe)), iv);
  const packed = Buffer.concat([decipher.update(encrypted), decipher.final()]);
  try {
    return await unzstd(packed, { maxOutputLength: maxDecodedBytes });
  } catch {
    throw badFragment('it is not valid zstd after decryption');
  }
};
