import type { NextOffset, TopicPartition } from '../api/index.ts';

/** A partition to be read, and from where. */
export interface FetchFrom extends TopicPartition {
  readonly offset: NextOffset;
}

/** The part of a Fetch request that says which partitions to read. */
export interface SessionRequest {
  /** 0: none yet. */
  readonly sessionId: number;
  /** 0: `partitions` are all of them, and a session is wanted. Otherwise counts the requests of the session. */
  readonly sessionEpoch: number;
  readonly partitions: readonly FetchFrom[];
  readonly forgotten: readonly TopicPartition[];
}

/** What a Fetch answer says of the session. */
export interface SessionAnswer {
  readonly errorCode: number;
  /** 0: the broker keeps none. */
  readonly sessionId: number;
  /** Keys of the partitions that the answer has something of. */
  readonly partitions: Iterable<string>;
}

const fetchSessionIdNotFound = 70;
const lastEpoch = 0x7fffffff;

/**
 * One broker's memory of what is read from it (KIP-227): only partitions that are new, gone or read from another offset are named, and
 * only those of which there is news are answered. The rules are those of the Java client's FetchSessionHandler.
 *
 * Always true: for each partition the broker reads on from the offset that `next` was last given, or it refuses the request. Each epoch is
 * taken once and in turn; after anything else than an answer that fits, everything is named again.
 */
export class FetchSession {
  #id = 0;
  #epoch = 0;
  #known = new Map<string, FetchFrom>();

  /** The next request, for the partitions to read, by key. One at a time: `answered` or `failed` must follow. */
  next(wanted: ReadonlyMap<string, FetchFrom>): SessionRequest {
    const session = { sessionId: this.#id, sessionEpoch: this.#epoch };
    if (this.#epoch === 0) {
      this.#known = new Map(wanted);
      return { ...session, partitions: [...wanted.values()], forgotten: [] };
    }
    const partitions: FetchFrom[] = [];
    for (const [key, from] of wanted) {
      if (this.#known.get(key)?.offset === from.offset) continue;
      this.#known.set(key, from);
      partitions.push(from);
    }
    const forgotten: FetchFrom[] = [];
    for (const [key, from] of this.#known) {
      if (wanted.has(key)) continue;
      this.#known.delete(key);
      forgotten.push(from);
    }
    return { ...session, partitions, forgotten };
  }

  /** Whether the answer is to be used. If not, everything is named again. */
  answered({ errorCode, sessionId, partitions }: SessionAnswer): boolean {
    if (errorCode !== 0) {
      this.failed();
      if (errorCode === fetchSessionIdNotFound) this.#id = 0;
      return false;
    }
    const isOurs = this.#epoch === 0 || sessionId === 0 || sessionId === this.#id;
    if (!isOurs || ![...partitions].every((key) => this.#known.has(key))) {
      this.failed();
      return false;
    }
    this.#id = sessionId;
    this.#epoch = sessionId === 0 ? 0 : this.#epoch === lastEpoch ? 1 : this.#epoch + 1;
    return true;
  }

  /** No answer, or one that was not understood: nobody knows what the broker remembers. Its session is closed by the next request. */
  failed(): void {
    this.#epoch = 0;
  }
}
