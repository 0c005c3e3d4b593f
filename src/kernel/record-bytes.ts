import type { RawHeader, RecordBatch, RecordView } from '../api/index.ts';

/** Bytes of a record batch before its records (message format 2, KIP-98). */
export const batchHeaderBytes = 61;
/** Where the checksummed part begins: at the attributes. */
export const crcFrom = 21;

/** Thrown where lengths contradict each other; the caller says which batch it was. */
export class MalformedRecordError extends Error {
  override readonly name: string = 'MalformedRecordError';
}

const noHeaders: readonly RawHeader[] = [];

/** Reads records one by one from the (decompressed) records section of a batch; nothing is copied. */
export class RecordCursor {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  #at: number;

  constructor(bytes: Uint8Array, from = 0, to: number = bytes.length) {
    this.#bytes = bytes;
    this.#at = from;
    this.#end = to;
  }

  get position(): number {
    return this.#at;
  }

  /** Length prefix and body of the next record passed over; returns the position behind it. */
  skip(): number {
    const size = this.#length();
    this.#at += size;
    return this.#at;
  }

  next(batch: RecordBatch): RecordView {
    const end = this.#length() + this.#at;
    this.#at++; // attributes, unused
    const timeDelta = this.#varlong();
    const offset = batch.baseOffset + this.#varlong();
    const key = this.#nullableBytes();
    const value = this.#nullableBytes();
    const headers = this.#headers();
    if (this.#at !== end) throw new MalformedRecordError(`the record at offset ${offset} does not fill its length`);
    const { timestampType } = batch;
    const timestamp = timestampType === 'LogAppendTime' ? batch.maxTimestamp : batch.baseTimestamp + timeDelta;
    return { offset, batchOffset: batch.baseOffset, timestamp, timestampType, key, value, headers };
  }

  #headers(): readonly RawHeader[] {
    const count = this.#varint();
    if (count === 0) return noHeaders;
    if (count < 0) throw new MalformedRecordError('a negative number of headers');
    const headers: RawHeader[] = [];
    for (let i = 0; i < count; i++) {
      const name = this.#nullableBytes();
      if (name === null) throw new MalformedRecordError('a header without a name');
      headers.push([Buffer.from(name.buffer, name.byteOffset, name.length).toString('utf8'), this.#nullableBytes()]);
    }
    return headers;
  }

  #nullableBytes(): Uint8Array | null {
    const length = this.#varint();
    if (length === -1) return null;
    if (length < 0 || length > this.#end - this.#at)
      throw new MalformedRecordError('a field is longer than its record');
    const from = this.#at;
    this.#at += length;
    // In half of subarray's time.
    return new Uint8Array(this.#bytes.buffer, this.#bytes.byteOffset + from, length);
  }

  #length(): number {
    const size = this.#varint();
    if (size < 0 || size > this.#end - this.#at) throw new MalformedRecordError('a record is longer than its batch');
    return size;
  }

  #byte(): number {
    const byte = this.#at < this.#end ? this.#bytes[this.#at++] : undefined;
    if (byte === undefined) throw new MalformedRecordError('a record ends early');
    return byte;
  }

  /** Zigzag, at most 32 bits. */
  #varint(): number {
    let byte = this.#byte();
    if (byte < 128) return (byte >>> 1) ^ -(byte & 1);
    let value = byte & 127;
    for (let shift = 7; byte > 127; shift += 7) {
      if (shift > 28) throw new MalformedRecordError('a number of more than five bytes');
      byte = this.#byte();
      value |= (byte & 127) << shift;
    }
    return (value >>> 1) ^ -(value & 1);
  }

  /** Zigzag, at most 64 bits. */
  #varlong(): bigint {
    const start = this.#at;
    let byte = this.#byte();
    if (byte < 128) return BigInt((byte >>> 1) ^ -(byte & 1));
    let value = byte & 127;
    let scale = 128;
    while (byte > 127) {
      if (this.#at - start > 6) return this.#longVarlong(start);
      byte = this.#byte();
      value += (byte & 127) * scale;
      scale *= 128;
    }
    return BigInt(value % 2 === 0 ? value / 2 : -(value + 1) / 2);
  }

  /** Above 2^49: in BigInt throughout. */
  #longVarlong(start: number): bigint {
    this.#at = start;
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#byte();
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return BigInt.asIntN(64, (value >> 1n) ^ -(value & 1n));
    }
    throw new MalformedRecordError('a number of more than ten bytes');
  }
}
