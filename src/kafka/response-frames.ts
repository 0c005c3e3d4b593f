/** What a response begins with: its length, and the correlation id of its request. */
const headBytes = 8;
/** Responses up to this size are copied out of a buffer that the connection keeps; larger ones get a place of their own. */
const smallBytes = 64 << 10;

/**
 * Cuts a byte stream into Kafka's responses (int32 length, then so many bytes). Bytes go where `room()` says, so that a large
 * response is read to its place without a copy and never past its end.
 */
export class ResponseFrames {
  readonly #small = Buffer.allocUnsafeSlow(smallBytes);
  readonly #placeFor: (bytes: number, correlationId: number) => Buffer;
  #frame: Buffer = this.#small;
  #have = 0;
  /** Bytes of the response under way, its length field included; 0 while unknown. */
  #need = 0;

  constructor(placeFor: (bytes: number, correlationId: number) => Buffer) {
    this.#placeFor = placeFor;
  }

  /** Where the next bytes belong; never empty. */
  room(): Buffer {
    return this.#frame.subarray(this.#have, this.#frame === this.#small ? smallBytes : this.#need);
  }

  /** `length` bytes were written to `room()`; calls back with each response that is whole by now, length field included. */
  filled(length: number, whole: (frame: Buffer) => void): void {
    this.#have += length;
    while (this.#have >= 4) {
      if (this.#need === 0) this.#need = 4 + this.#frame.readInt32BE(0);
      if (this.#have < Math.min(this.#need, headBytes)) return;
      if (this.#frame === this.#small && this.#need > smallBytes) this.#moveToPlace();
      if (this.#have < this.#need) return;
      whole(this.#cut());
    }
  }

  /** The same for bytes that came in a chunk of somebody else's. */
  copied(chunk: Buffer, whole: (frame: Buffer) => void): void {
    for (let at = 0; at < chunk.length; ) {
      const room = this.room();
      const length = Math.min(room.length, chunk.length - at);
      chunk.copy(room, 0, at, at + length);
      at += length;
      this.filled(length, whole);
    }
  }

  #moveToPlace(): void {
    const place = this.#placeFor(this.#need, this.#frame.readInt32BE(4));
    this.#small.copy(place, 0, 0, this.#have);
    this.#frame = place;
  }

  #cut(): Buffer {
    const rest = this.#have - this.#need;
    const inPlace = this.#frame !== this.#small;
    const frame = inPlace ? this.#frame.subarray(0, this.#need) : Buffer.from(this.#small.subarray(0, this.#need));
    if (!inPlace) this.#small.copyWithin(0, this.#need, this.#have);
    this.#frame = this.#small;
    this.#have = rest;
    this.#need = 0;
    return frame;
  }
}
