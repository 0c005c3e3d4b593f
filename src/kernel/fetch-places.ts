import type { KernelMemory, Region } from './kernel-memory.ts';

/** Room in the kernel's memory for answers of brokers, so that the socket reads them to where the kernel needs them. */
export class FetchPlaces {
  readonly #memory: KernelMemory;
  readonly #free: Region[];
  readonly #taken = new Map<number, Region>();

  constructor(memory: KernelMemory) {
    this.#memory = memory;
    this.#free = [...memory.places];
  }

  /** Exactly so many bytes, or null: none free, or too large for a place (the caller then brings a buffer of its own). */
  take(bytes: number): Uint8Array | null {
    const [place] = this.#free;
    if (place === undefined || bytes > place.bytes) return null;
    this.#free.shift();
    this.#taken.set(place.at, place);
    return this.#memory.heap.subarray(place.at, place.at + bytes);
  }

  /** Nobody reads this answer any more. Idempotent; memory that is not from `take` is ignored. */
  vacate(answer: Uint8Array): void {
    if (!this.#memory.holds(answer)) return;
    const place = this.#taken.get(answer.byteOffset);
    if (place === undefined) return;
    this.#taken.delete(place.at);
    this.#free.unshift(place); // the one last used is still in the processor's cache
  }
}
