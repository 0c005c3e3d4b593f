/** Where a fetch response of so many bytes may lie; null: no room there. */
export type Place = (bytes: number) => Uint8Array | null;

/** What the task still looks at. */
export interface OutstandingViews {
  /** On any response: then the place must not change hands. */
  readonly isInUse: boolean;
  /** On one that the connection's next fetch no longer waits for: then the place must not be written to at all. */
  readonly hasStragglers: boolean;
}

/** Rooms grow by so much, so that answers that grow slowly do not ask for a new one each time. */
const roomUnit = 1 << 20;

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/**
 * Lends the caller's one place to one connection at a time: responses of several brokers may be in hand at once, and each must
 * lie somewhere of its own. The holder keeps it while it is open. What does not lie there lies in a room of the connection's that is used
 * again in the same way, because Buffers lie outside V8's heap, where only a full collection frees them.
 */
export class ResponsePlace {
  readonly #place: Place;
  readonly #views: OutstandingViews;
  #holder: object | null = null;
  #holderClosed = false;
  readonly #rooms = new WeakMap<object, Buffer>();

  constructor(place: Place, views: OutstandingViews) {
    this.#place = place;
    this.#views = views;
  }

  /** Room for exactly `bytes`. */
  for(connection: object, bytes: number): Buffer {
    const holds = this.#holds(connection);
    if (this.#views.hasStragglers) return Buffer.allocUnsafeSlow(bytes);
    const lent = holds ? this.#place(bytes) : null;
    return (lent === null ? this.#roomOf(connection, bytes) : asBuffer(lent)).subarray(0, bytes);
  }

  #roomOf(connection: object, bytes: number): Buffer {
    const room = this.#rooms.get(connection);
    if (room !== undefined && room.length >= bytes) return room;
    const larger = Buffer.allocUnsafeSlow(Math.ceil(bytes / roomUnit) * roomUnit);
    this.#rooms.set(connection, larger);
    return larger;
  }

  #holds(connection: object): boolean {
    if (this.#holder === null || (this.#holderClosed && !this.#views.isInUse)) {
      this.#holder = connection;
      this.#holderClosed = false;
    }
    return this.#holder === connection;
  }

  closed(connection: object): void {
    if (this.#holder === connection) this.#holderClosed = true;
  }
}
