import { DataError, type ValueInput } from '../../api/index.ts';

/** Records within records: deeper ones would end the call stack. */
const maxDepth = 512;
/** Items without a byte of their own (`null`, empty records), which a few bytes could claim millions of. */
const maxEmptyItems = 65_536;

const truncated = (): DataError => new DataError('The Avro data ends in the middle of a value');

/**
 * Avro binary, read from front to back (Avro specification, "Binary Encoding"). Lengths and counts are checked against what is
 * left before anything is made, so that no bytes can ask for more memory or time than they take themselves.
 */
export class AvroInput implements ValueInput {
  /** All of the memory that the payload lies in: payloads of one fetch share it. */
  #source: Buffer = Buffer.alloc(0);
  #at = 0;
  #end = 0;
  #depth = 0;
  #emptyItems = 0;

  start({ buffer, byteOffset, length }: Uint8Array, from: number): void {
    if (this.#source.buffer !== buffer) this.#source = Buffer.from(buffer, 0, buffer.byteLength);
    this.#at = byteOffset + from;
    this.#end = byteOffset + length;
    this.#depth = 0;
    this.#emptyItems = 0;
  }

  get source(): Buffer {
    return this.#source;
  }

  get position(): number {
    return this.#at;
  }

  /** Bytes that are not read yet. */
  get left(): number {
    return this.#end - this.#at;
  }

  enter(): void {
    if (++this.#depth > maxDepth) throw new DataError(`The Avro data is nested deeper than ${maxDepth} records`);
  }

  leave(): void {
    this.#depth--;
  }

  emptyItem(): void {
    if (++this.#emptyItems > maxEmptyItems) {
      throw new DataError(`The Avro data claims more than ${maxEmptyItems} items without content`);
    }
  }

  boolean(): boolean {
    return this.#byte() !== 0;
  }

  int(): number {
    const source = this.#source;
    const end = this.#end;
    let at = this.#at;
    let bits = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      if (at >= end) throw truncated();
      const byte = source[at++] as number;
      bits |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        this.#at = at;
        return (bits >>> 1) ^ -(bits & 1);
      }
    }
    throw new DataError('Invalid int encoding');
  }

  long(): bigint {
    const number = this.safeLong();
    return number === null ? this.#wideLong() : BigInt(number);
  }

  /** Up to seven bytes of a varint: four in an integer, the others in a double. */
  safeLong(): number | null {
    const source = this.#source;
    const end = this.#end;
    let at = this.#at;
    let bits = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      if (at >= end) throw truncated();
      const byte = source[at++] as number;
      bits |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        this.#at = at;
        return (bits >>> 1) ^ -(bits & 1);
      }
    }
    let value = bits;
    for (let scale = 2 ** 28; scale < 2 ** 49; scale *= 128) {
      if (at >= end) throw truncated();
      const byte = source[at++] as number;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        this.#at = at;
        return bits % 2 === 0 ? value / 2 : -(value + 1) / 2;
      }
    }
    return null;
  }

  /** A long that counts or measures: exact up to 2^48, which no record reaches. */
  size(): number {
    const number = this.safeLong();
    if (number === null) throw new DataError('Malformed data: a length or count is out of range');
    return number;
  }

  float(): number {
    this.#need(4);
    const value = this.#source.readFloatLE(this.#at);
    this.#at += 4;
    return value;
  }

  double(): number {
    this.#need(8);
    const value = this.#source.readDoubleLE(this.#at);
    this.#at += 8;
    return value;
  }

  /** A view on the record's bytes. */
  fixed(size: number): Uint8Array {
    const start = this.#at;
    this.skip(size);
    return this.#source.subarray(start, this.#at);
  }

  bytes(): Uint8Array {
    return this.fixed(this.length());
  }

  string(): string {
    const size = this.length();
    const start = this.#at;
    this.#at += size;
    return this.#source.toString('utf8', start, this.#at);
  }

  /** Items of the next block of an array or map; 0: there is none. */
  block(): number {
    let count = this.size();
    if (count < 0) {
      count = -count;
      this.size();
    }
    if (count > this.left + maxEmptyItems) throw new DataError('An Avro block claims more items than bytes');
    return count;
  }

  length(): number {
    const size = this.size();
    if (size < 0) throw new DataError(`Malformed data. Length is negative: ${size}`);
    this.#need(size);
    return size;
  }

  skip(size: number): void {
    this.#need(size);
    this.#at += size;
  }

  #need(size: number): void {
    if (size > this.left) throw truncated();
  }

  #byte(): number {
    if (this.#at >= this.#end) throw truncated();
    return this.#source[this.#at++] as number;
  }

  #wideLong(): bigint {
    let bits = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#byte();
      bits |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(64, (BigInt.asUintN(64, bits) >> 1n) ^ -(bits & 1n));
    }
    throw new DataError('Invalid long encoding');
  }
}
