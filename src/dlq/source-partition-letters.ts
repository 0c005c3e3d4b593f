import {
  type Assignment,
  asNextOffset,
  type Clock,
  ConnectError,
  type DeadLetterLog,
  type DeadLetterNote,
  type DeadLetterSession,
  errorMessage,
  type Logger,
  type NextOffset,
  type ProducerRecord,
  topicPartitionKey,
} from '../api/index.ts';
import { charactersFor, decodeOffsetNote, encodeOffsetNote } from './offset-note.ts';

export interface Letter {
  /** Of the source record. */
  readonly offset: bigint;
  /** Snowflake accepted its row and dropped it later. */
  readonly isDroppedRow: boolean;
  readonly record: ProducerRecord;
  readonly bytes: number;
}

interface Waiting extends Letter {
  readonly durable: PromiseWithResolvers<void>;
}

/** A write stays well below a broker's usual message.max.bytes (1 MiB a batch). */
const writeBytes = 512 * 1024;
const longestBackoffMs = 5000;
/** A coordinator is often on its way, as at a cluster's first transaction: that is not worth a line in the log. */
const quietMs = 2000;

/**
 * The dead letters of one source partition while it is assigned here: each comes once, whatever dies in between. Kafka stores beside
 * the letters which records they stand for (from where Kafka's commit stood), so that the next owner leaves those alone. A write
 * that did not end well is repeated only after a new session has told whether it happened.
 */
export class SourcePartitionLetters {
  readonly #source: Assignment;
  readonly #log: DeadLetterLog;
  readonly #clock: Clock;
  readonly #logger: Logger;
  /** Records below are not read again: Kafka's commit has passed them. */
  #from = 0n;
  readonly #noted = new Set<bigint>();
  /** Those of them whose rows Snowflake dropped. */
  readonly #dropped = new Set<bigint>();
  readonly #pending = new Map<bigint, Promise<void>>();
  #waiting: Waiting[] = [];
  #sending = false;
  #session: DeadLetterSession | null = null;
  #isClosed = false;
  #noteCharacters = 0;
  /** The furthest that our own notes began. */
  #furthestFrom = 0n;
  /** Another owner has settled what lies below. */
  #settledBelow = 0n;

  constructor(source: Assignment, log: DeadLetterLog, clock: Clock, logger: Logger) {
    this.#source = source;
    this.#log = log;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Fences the earlier owner. */
  async open(): Promise<void> {
    await this.#persistently(async () => {
      this.#session = await this.#log.open(this.#source);
    });
  }

  /** Learns what has its letter already. What lies below the start was settled before, or is to be read again on purpose. */
  begin(start: NextOffset): void {
    this.#from = start;
    this.#furthestFrom = start;
    this.#learn(this.#session?.note ?? null, false);
  }

  has(offset: bigint): boolean {
    return this.#noted.has(offset);
  }

  /** How many of the offsets in [from, to) have their letter. */
  countWithin(from: bigint, to: bigint): number {
    let count = 0;
    for (const offset of this.#noted) if (offset >= from && offset < to) count++;
    return count;
  }

  droppedRowsWithin(from: bigint, to: bigint): readonly bigint[] {
    return [...this.#dropped].filter((offset) => offset >= from && offset <= to);
  }

  /** Whether the note will hold whatever of so many further records turns out to be bad. */
  hasRoomFor(records: number): boolean {
    if (this.#noted.size + this.#pending.size === 0) return true;
    const pending = charactersFor(this.#pending.size * 8);
    return this.#noteCharacters + pending + charactersFor(records) <= this.#log.maxNoteCharacters;
  }

  committed(offset: NextOffset): void {
    if (offset <= this.#from) return;
    this.#from = offset;
    if (offset > this.#furthestFrom) this.#furthestFrom = offset;
    for (const noted of this.#noted) if (noted < offset) this.#noted.delete(noted);
    for (const dropped of this.#dropped) if (dropped < offset) this.#dropped.delete(dropped);
    this.#noteCharacters = this.#noted.size === 0 ? 0 : this.#encoded([]).length;
  }

  rewound(offset: NextOffset): void {
    if (offset < this.#from) this.#from = offset;
  }

  /** Resolves when the letter is durable, by whomever. */
  add(letter: Letter): Promise<void> {
    if (this.#noted.has(letter.offset)) return Promise.resolve();
    const pending = this.#pending.get(letter.offset);
    if (pending !== undefined) return pending;
    const durable = Promise.withResolvers<void>();
    this.#pending.set(letter.offset, durable.promise);
    this.#waiting.push({ ...letter, durable });
    if (!this.#sending) void this.#send();
    return durable.promise;
  }

  /** Not ours any more: the next owner decides about what has no letter yet. */
  close(): void {
    this.#isClosed = true;
  }

  /** Never rejects: each letter's own promise tells its fate. */
  async #send(): Promise<void> {
    this.#sending = true;
    await Promise.resolve(); // letters that the same turn of the loop still brings
    while (this.#waiting.length > 0) {
      const letters = this.#takeOneWrite();
      try {
        if (!this.#isClosed) await this.#persistently(() => this.#write(letters));
        for (const { durable } of letters) durable.resolve();
      } catch (error) {
        for (const { durable } of letters) durable.reject(error);
      } finally {
        for (const { offset } of letters) this.#pending.delete(offset);
      }
    }
    this.#sending = false;
  }

  #takeOneWrite(): readonly Waiting[] {
    let bytes = 0;
    let count = 0;
    for (const letter of this.#waiting) {
      bytes += letter.bytes;
      if (count > 0 && bytes > writeBytes) break;
      count++;
    }
    return this.#waiting.splice(0, count);
  }

  async #write(letters: readonly Letter[]): Promise<void> {
    if (this.#session === null) {
      this.#session = await this.#log.open(this.#source);
      await this.#checkTopic();
      // Another owner may have been here meanwhile: what its commits have passed is settled.
      this.#learn(this.#session.note, true);
    }
    const ours = await this.#withoutThoseOfAnotherOwner(letters);
    const missing = ours.filter(({ offset }) => offset >= this.#settledBelow && !this.#noted.has(offset));
    if (missing.length === 0) return;
    await this.#session.write(
      missing.map(({ record }) => record),
      this.#noteWith(missing),
    );
    for (const { offset, isDroppedRow } of missing) {
      this.#noted.add(offset);
      if (isDroppedRow) this.#dropped.add(offset);
    }
  }

  /** With a topic Kafka deletes its notes: without them nothing tells which letters there are. Asked after the note was read. */
  async #checkTopic(): Promise<void> {
    const { topic, topicId, topicIdNow } = this.#source;
    if (topicIdNow === undefined || (await topicIdNow()) === topicId) return;
    throw new ConnectError(
      `topic ${topic} was deleted and made again, or is gone, and with it the note of which records have their dead letters. Restart the task: it says then which choices there are`,
    );
  }

  /**
   * Another owner finds dropped rows by itself, and may have sent them once more: they are left to it. Asked only when the session is
   * open: who is given the partition after the answer opens its own later, which ends this one. Kafka refuses our commits by then.
   */
  async #withoutThoseOfAnotherOwner(letters: readonly Letter[]): Promise<readonly Letter[]> {
    const { isOursNow } = this.#source;
    if (isOursNow === undefined || !letters.some(({ isDroppedRow }) => isDroppedRow) || (await isOursNow()))
      return letters;
    return letters.filter(({ isDroppedRow }) => !isDroppedRow);
  }

  #learn(note: DeadLetterNote | null, isReopened: boolean): void {
    const known = decodeOffsetNote(note?.metadata ?? '');
    if (known === null || known.topicId !== this.#source.topicId) return;
    if (isReopened && known.from > this.#furthestFrom) this.#settledBelow = known.from;
    for (const offset of known.offsets) if (offset >= this.#from) this.#noted.add(offset);
    for (const offset of known.dropped) if (offset >= this.#from) this.#dropped.add(offset);
  }

  #noteWith(letters: readonly Letter[]): DeadLetterNote {
    const { maxNoteCharacters } = this.#log;
    let metadata = this.#encoded(letters);
    for (
      let keep = this.#noted.size + letters.length;
      metadata.length > maxNoteCharacters;
      keep = Math.floor(keep / 2)
    ) {
      this.#logger.warn(
        { topic: this.#source.topic, partition: this.#source.partition },
        'More bad records than a note can hold wait for rows to become durable: after a crash some of their dead letters may be written again',
      );
      metadata = this.#encoded(letters, keep);
    }
    this.#noteCharacters = metadata.length;
    const last = letters.reduce((furthest, { offset }) => (furthest > offset ? furthest : offset), this.#from);
    return { offset: asNextOffset(last + 1n), metadata };
  }

  /** The newest `keep` of all. */
  #encoded(further: readonly Letter[], keep = Number.POSITIVE_INFINITY): string {
    const all = [...this.#noted, ...further.map(({ offset }) => offset)].sort((a, b) => (a < b ? -1 : 1));
    const offsets = all.slice(Math.max(0, all.length - keep));
    const dropped = [...this.#dropped, ...further.flatMap((letter) => (letter.isDroppedRow ? [letter.offset] : []))];
    return encodeOffsetNote({ topicId: this.#source.topicId, from: this.#from, offsets, dropped });
  }

  #tellOfRetries(error: unknown): void {
    const { topic, partition } = this.#source;
    this.#logger.warn(
      { topic, partition },
      `Dead letters of ${topicPartitionKey(this.#source)} cannot be written yet; trying until delivery.timeout.ms (${this.#log.deliveryTimeoutMs}) is over: ${errorMessage(error)}`,
    );
  }

  /** Until it works, delivery.timeout.ms is over, Kafka refuses for good (ConnectError), or nobody wants it any more. */
  async #persistently(attempt: () => Promise<void>): Promise<void> {
    const { deliveryTimeoutMs, retryBackoffMs } = this.#log;
    const startedAtMs = this.#clock.now();
    const deadlineMs = startedAtMs + deliveryTimeoutMs;
    let isTold = false;
    for (let backoffMs = retryBackoffMs; ; backoffMs = Math.min(backoffMs * 2, longestBackoffMs)) {
      try {
        return await attempt();
      } catch (error) {
        this.#session = null;
        if (this.#isClosed) return;
        if (error instanceof ConnectError) throw error;
        if (this.#clock.now() + backoffMs >= deadlineMs) {
          throw new ConnectError(
            `dead letters of ${topicPartitionKey(this.#source)}: not written within delivery.timeout.ms (${deliveryTimeoutMs}): ${errorMessage(error)}`,
            { cause: error },
          );
        }
        const isLong = this.#clock.now() - startedAtMs >= quietMs;
        if (isLong && !isTold) this.#tellOfRetries(error);
        isTold ||= isLong;
        await this.#clock.sleep(backoffMs);
      }
    }
  }
}
