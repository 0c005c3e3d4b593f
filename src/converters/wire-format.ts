import type { RawHeader } from '../api/index.ts';
import type { SchemaId } from '../registry/index.ts';
import { SerializationError } from './serialization-error.ts';

/** Where a record's schema id was found and where its payload begins. */
export interface FramedPayload {
  readonly id: SchemaId;
  /** The id as a key of caches. */
  readonly idKey: number | string;
  /** Of the payload in the record's bytes. */
  readonly from: number;
  /** What follows the id in the header (Protobuf's message indexes); null: the id is in front of the payload, and they are there. */
  readonly headerRest: Uint8Array | null;
}

const idMagic = 0;
const guidMagic = 1;
const idBytes = 5;
const guidBytes = 17;

/**
 * Confluent's wire format: byte 0 and a 4-byte id, or byte 1 and a 16-byte GUID, in front of the payload or in a header (the
 * last of that name counts), whose payload then has no prefix. `header` null: only the prefix is looked at.
 * @throws SerializationError in Confluent's words
 */
export const readFrame = (headers: readonly RawHeader[], header: string | null, bytes: Uint8Array): FramedPayload => {
  if (header !== null && headers.length > 0) {
    for (let index = headers.length - 1; index >= 0; index--) {
      const [name, value] = headers[index] ?? ['', null];
      if (name !== header || value === null) continue;
      const { id, idKey, from } = readId(value);
      return { id, idKey, from: 0, headerRest: value.subarray(from) };
    }
  }
  return { ...readId(bytes), headerRest: null };
};

const readId = (bytes: Uint8Array): Pick<FramedPayload, 'id' | 'idKey' | 'from'> => {
  const [magic, a = 0, b = 0, c = 0, d = 0] = bytes;
  if (magic === idMagic && bytes.length >= idBytes) {
    const id = (a << 24) | (b << 16) | (c << 8) | d;
    return { id: { id }, idKey: id, from: idBytes };
  }
  if (magic === guidMagic && bytes.length >= guidBytes) {
    const hex = Buffer.from(bytes.subarray(1, guidBytes)).toString('hex');
    const guid = hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
    return { id: { guid }, idKey: guid, from: guidBytes };
  }
  throw new SerializationError('Unknown magic byte!');
};
