/** Reads the primitive types of Kafka's protocol (Kafka protocol guide, "Protocol Primitive Types"). */
export class WireReader {
  readonly #bytes: Buffer;
  #at = 0;
  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }
  int8(): number {
    return this.#bytes.readInt8(this.#skip(1));
  }
  int16(): number {
    return this.#bytes.readInt16BE(this.#skip(2));
  }
  int32(): number {
    return this.#bytes.readInt32BE(this.#skip(4));
  }
  int64(): bigint {
    return this.#bytes.readBigInt64BE(this.#skip(8));
  }
  string(): string | null {
    const length = this.int16();
    return length < 0 ? null : this.#text(length);
  }
  array<T>(element: () => T): T[] {
    return Array.from({ length: Math.max(this.int32(), 0) }, element);
  }
  unsignedVarint(): number {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      const byte = this.#bytes.readUInt8(this.#skip(1));
      value += (byte & 127) * shift;
      if (byte < 128) return value;
    }
  }
  compactString(): string | null {
    const length = this.unsignedVarint() - 1;
    return length < 0 ? null : this.#text(length);
  }
  compactArray<T>(element: () => T): T[] {
    return Array.from({ length: Math.max(this.unsignedVarint() - 1, 0) }, element);
  }
  /** Base64url without padding, as Kafka prints its UUIDs; null for the zero UUID. */
  uuid(): string | null {
    const from = this.#skip(16);
    const bytes = this.#bytes.subarray(from, from + 16);
    return bytes.every((byte) => byte === 0) ? null : bytes.toString('base64url');
  }
  taggedFields(): void {
    for (let count = this.unsignedVarint(); count > 0; count--) {
      this.unsignedVarint();
      this.#skip(this.unsignedVarint());
    }
  }
  #text(length: number): string {
    const from = this.#skip(length);
    return this.#bytes.toString('utf8', from, from + length);
  }
  #skip(length: number): number {
    const from = this.#at;
    this.#at += length;
    return from;
  }
}

export const int16 = (value: number): Buffer => {
  const bytes = Buffer.allocUnsafe(2);
  bytes.writeInt16BE(value);
  return bytes;
};
export const int32 = (value: number): Buffer => {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeInt32BE(value);
  return bytes;
};
export const int64 = (value: bigint): Buffer => {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigInt64BE(value);
  return bytes;
};
export const string = (value: string): Buffer => {
  const text = Buffer.from(value, 'utf8');
  return Buffer.concat([int16(text.length), text]);
};
export const unsignedVarint = (value: number): Buffer => {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  bytes.push(rest);
  return Buffer.from(bytes);
};
/** Zigzag, for lengths and deltas: exact to 2^52. */
export const varint = (value: number): Buffer => unsignedVarint(value < 0 ? -value * 2 - 1 : value * 2);
export const compactString = (value: string): Buffer => {
  const text = Buffer.from(value, 'utf8');
  return Buffer.concat([unsignedVarint(text.length + 1), text]);
};
