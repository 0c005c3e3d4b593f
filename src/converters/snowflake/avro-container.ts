import { inflateRawSync, zstdDecompressSync } from 'node:zlib';
import { DataError } from '../../api/index.ts';
import { AvroInput } from '../avro/avro-input.ts';
import { unpackSnappyBlock } from './snappy-block.ts';

/** What one record may unpack to. */
const maxUnpackedBytes = 64 * 1024 * 1024;
const maxRows = 100_000;
const magic = [0x4f, 0x62, 0x6a, 1];
const syncBytes = 16;

/** Reads one object and leaves the input behind it. */
export type ReadObject = (input: AvroInput) => unknown;

export interface AvroContainer {
  /** The writer's schema, as text. */
  readonly schema: string;
  /** All objects, in order. */
  read(readObject: ReadObject): readonly unknown[];
}

/** Object Container Files of the Avro specification, in memory; codecs null, deflate, snappy and zstandard. @throws DataError */
export const openAvroContainer = (bytes: Uint8Array): AvroContainer => {
  if (!magic.every((byte, index) => bytes[index] === byte)) {
    throw new DataError('The bytes are no Avro Object Container: they do not begin with Obj and 1');
  }
  const input = new AvroInput();
  input.start(bytes, magic.length);
  const metadata = new Map<string, Uint8Array>();
  for (let count = input.block(); count > 0; count = input.block()) {
    for (let entry = 0; entry < count; entry++) metadata.set(input.string(), Uint8Array.from(input.bytes()));
  }
  const sync = Uint8Array.from(input.fixed(syncBytes));
  const unpack = codecOf(textOf(metadata.get('avro.codec')) ?? 'null');
  const schema = textOf(metadata.get('avro.schema'));
  if (schema === null) throw new DataError('The Avro Object Container names no schema (avro.schema)');
  const start = bytes.length - input.left;

  return {
    schema,
    read: (readObject) => {
      const objects: unknown[] = [];
      let unpackedBytes = 0;
      input.start(bytes, start);
      while (input.left > 0) {
        const count = input.size();
        const block = unpack(input.bytes());
        unpackedBytes += block.length;
        if (objects.length + count > maxRows || unpackedBytes > maxUnpackedBytes) {
          throw new DataError(`An Avro Object Container of more than ${maxRows} objects or 64 MB is no record`);
        }
        const within = new AvroInput();
        within.start(block, 0);
        for (let index = 0; index < count; index++) objects.push(readObject(within));
        if (within.left > 0) throw new DataError('An Avro block holds more than its objects');
        if (!Buffer.from(sync).equals(input.fixed(syncBytes))) {
          throw new DataError('An Avro block does not end with the sync marker of its container');
        }
      }
      return objects;
    },
  };
};

const textOf = (bytes: Uint8Array | undefined): string | null =>
  bytes === undefined ? null : Buffer.from(bytes).toString();

const codecOf = (codec: string): ((block: Uint8Array) => Uint8Array) => {
  if (codec === 'null') return (block) => block;
  if (codec === 'deflate') return (block) => unpacked(() => inflateRawSync(block, limitsOf(block)));
  if (codec === 'zstandard') return (block) => unpacked(() => zstdDecompressSync(block, limitsOf(block)));
  if (codec === 'snappy') return (block) => unpackSnappyBlock(block, maxUnpackedBytes);
  throw new DataError(
    `Codec ${codec} of the Avro Object Container is not supported: there are null, deflate, snappy, zstandard`,
  );
};

/** Larger pieces than zlib's own 16 KiB are unpacked in half the time, and waste memory on small blocks. */
const limitsOf = ({ length }: Uint8Array) => ({
  maxOutputLength: maxUnpackedBytes,
  chunkSize: Math.min(1024 * 1024, Math.max(16 * 1024, length * 4)),
});

const unpacked = (run: () => Uint8Array): Uint8Array => {
  try {
    return run();
  } catch (cause) {
    throw new DataError('A block of the Avro Object Container cannot be unpacked, or is larger than 64 MB', { cause });
  }
};
