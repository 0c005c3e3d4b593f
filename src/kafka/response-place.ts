/** Where a fetch response of so many bytes may lie; null: no room there. */
export type Place = (bytes: number) => Uint8Array | null;

/** What the task still looks at. */
export interface OutstandingViews {
  /** On any response: then the place must not change hands. */
  readonly isInUse: boolean;
  /** On one that the connection's next fetch no longer waits for: then the place must not be written to at all. */
  readonly hasStragglers: boolean;
}

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/**
 * Lends the caller's one place to one connection at a time: responses of several brokers may be in hand at once, and each must
 * lie somewhere of its own. The holder keeps it while it is open; the others, and responses too large for it, get Buffers.
 */
export class ResponsePlace {
  readonly #place: Place;
  readonly #views: OutstandingViews;
  #holder: object | null = null;
  #holderClosed = false;

  constructor(place: Place, views: OutstandingViews) {
    this.#place = place;
    this.#views = views;
  }

  /** Room for exactly `bytes`. */
  for(connection: object, bytes: number): Buffer {
    const lent = this.#holds(connection) ? this.#place(bytes) : null;
    return lent === null ? Buffer.allocUnsafeSlow(bytes) : asBuffer(lent).subarray(0, bytes);
  }

  #holds(connection: object): boolean {
    if (this.#holder === null || (this.#holderClosed && !this.#views.isInUse)) {
      this.#holder = connection;
      this.#holderClosed = false;
    }
    return this.#holder === connection && !this.#views.hasStragglers;
  }

  closed(connection: object): void {
    if (this.#holder === connection) this.#holderClosed = true;
  }
}
