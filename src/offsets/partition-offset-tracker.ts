import { asNextOffset, type LastOffset, type NextOffset } from '../api/index.ts';

interface Range {
  readonly first: bigint;
  readonly last: bigint;
}

/**
 * Offsets of one topic partition and nothing else: no I/O, no clock. Knows which rows are not durable yet, and so how far
 * Kafka may be committed. Called by the partition's writer only, never concurrently.
 *
 * Always true: `committable(x)` is never past a row that was buffered and is not covered by the token.
 */
export class PartitionOffsetTracker {
  #token: LastOffset | null;
  /** Batches handed to the channel, oldest first; then the one that is being filled. */
  #sealed: Range[] = [];
  #filling: Range | null = null;

  constructor(token: LastOffset | null) {
    this.#token = token;
  }

  get token(): LastOffset | null {
    return this.#token;
  }

  /** Newest offset that is durable or on its way; null before the first. */
  get newest(): bigint | null {
    return (this.#filling ?? this.#sealed.at(-1))?.last ?? this.#token;
  }

  isDurable(offset: bigint): boolean {
    return this.#token !== null && offset <= this.#token;
  }

  /** Rows with offsets from first to last (gaps allowed) went into the buffer. */
  buffered(first: bigint, last: bigint): void {
    const newest = this.#filling ?? this.#sealed.at(-1);
    if (last < first || (newest !== undefined && first <= newest.last) || this.isDurable(first)) {
      throw new RangeError(`offsets ${first}-${last} are not after ${newest?.last ?? this.#token}`);
    }
    this.#filling = { first: this.#filling?.first ?? first, last };
  }

  /** What is buffered becomes a batch of its own: the next row begins another. */
  seal(): void {
    if (this.#filling === null) return;
    this.#sealed.push(this.#filling);
    this.#filling = null;
  }

  /** The channel's token, as a status told it. Statuses may come late; the token never goes back by one. */
  committed(token: LastOffset): void {
    if (this.#token !== null && token <= this.#token) return;
    this.#token = token;
    while (this.#sealed[0] !== undefined && this.#sealed[0].last <= token) this.#sealed.shift();
    if (this.#filling !== null && this.#filling.last <= token) this.#filling = null;
  }

  /** First row that is not durable; null when all are. */
  firstPending(): bigint | null {
    const oldest = this.#sealed[0] ?? this.#filling;
    if (oldest === null) return null;
    return this.#token !== null && this.#token >= oldest.first ? this.#token + 1n : oldest.first;
  }

  /** How far Kafka may be committed when everything below `consumed` was put, filtered or dead-lettered. */
  committable(consumed: NextOffset): NextOffset {
    const pending = this.firstPending();
    return pending === null || pending > consumed ? consumed : asNextOffset(pending);
  }

  /** The channel was reopened with this token: what is not durable is forgotten here, because it will be read again. */
  reset(token: LastOffset | null): void {
    this.#sealed = [];
    this.#filling = null;
    this.#token = token;
  }
}
