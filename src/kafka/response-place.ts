/** Where a fetch response of so many bytes may lie; null: no room there. */
export type Place = (bytes: number) => Uint8Array | null;

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/**
 * Lends the caller's one place to one connection at a time: responses of several brokers may be in hand at once, and each must
 * lie somewhere of its own. The holder keeps it while it is open; the others, and responses too large for it, get Buffers.
 */
export class ResponsePlace {
  readonly #place: Place;
  /** True while views on a response are still out: then the place must not change hands. */
  readonly #inUse: () => boolean;
  #holder: object | null = null;
  #holderClosed = false;

  constructor(place: Place, inUse: () => boolean) {
    this.#place = place;
    this.#inUse = inUse;
  }

  /** Room for exactly `bytes`. */
  for(connection: object, bytes: number): Buffer {
    const lent = this.#holds(connection) ? this.#place(bytes) : null;
    return lent === null ? Buffer.allocUnsafeSlow(bytes) : asBuffer(lent).subarray(0, bytes);
  }

  #holds(connection: object): boolean {
    if (this.#holder === null || (this.#holderClosed && !this.#inUse())) {
      this.#holder = connection;
      this.#holderClosed = false;
    }
    return this.#holder === connection;
  }

  closed(connection: object): void {
    if (this.#holder === connection) this.#holderClosed = true;
  }
}
