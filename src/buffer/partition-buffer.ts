import type { Clock, EncodedRows, MemoryBudget, RowBatch } from '../api/index.ts';
import type { EncoderPool } from './encoder-pool.ts';
import { type FlushPolicy, type FlushReason, flushReason } from './flush-policy.ts';
import { RowBody } from './row-body.ts';

export interface PartitionBufferOptions {
  readonly encoders: EncoderPool;
  readonly policy: FlushPolicy;
  readonly budget: MemoryBudget;
  readonly clock: Clock;
  /** Others need this buffer's compressor: it should be cut. */
  readonly giveWay?: (() => void) | undefined;
}

/** Rows come in pieces of at most a slot: `flushReason` says 'wire' while one more of them is sure to fit. */
const pieceBytes = 256 * 1024;

/** Rows of one topic partition on their way into one body. It decides when they are due; cutting is its owner's business. */
export class PartitionBuffer {
  readonly #options: PartitionBufferOptions;
  #body: RowBody | null = null;

  constructor(options: PartitionBufferOptions) {
    this.#options = options;
  }

  get isEmpty(): boolean {
    return this.#body === null;
  }

  get rowCount(): number {
    return this.#body?.rowCount ?? 0;
  }

  /** Rows until `maxRecords`; at least 1. */
  get rowRoom(): number {
    return Math.max(1, this.#options.policy.maxRecords - this.rowCount);
  }

  /** Before compression. */
  get rawBytes(): number {
    return this.#body?.rawBytes ?? 0;
  }

  get firstOffset(): bigint | null {
    return this.#body?.firstOffset ?? null;
  }

  get firstBufferedAtMs(): number | null {
    return this.#body?.firstBufferedAtMs ?? null;
  }

  /**
   * Counts at once; resolves when the compressor has read the bytes (they are released then), rejects with a ConnectError if it
   * could not, and so does the `cut` that they belong to. Order is that of the calls, whether or not one waits.
   */
  add(rows: EncodedRows): Promise<void> {
    const { encoders, budget, clock, giveWay } = this.#options;
    this.#body ??= new RowBody(encoders, budget, rows.firstOffset, clock.now(), giveWay);
    const taken = this.#body.add(rows);
    taken.catch(() => {}); // `cut` tells it too: whoever does not wait here must not end the process
    return taken;
  }

  /** False: these rows might make the body too large for the wire; cut first. An empty buffer takes any. */
  hasRoomFor(rawBytes: number): boolean {
    return this.#body === null || this.#body.worstWireBytes(rawBytes) <= this.#options.policy.maxWireBytes;
  }

  /** Why the rows must go now; null: they may wait, or there are none. */
  flushReason(nowMs: number): FlushReason | null {
    if (this.#body === null) return null;
    const { rowCount, rawBytes, firstBufferedAtMs } = this.#body;
    const worstWireBytes = this.#body.worstWireBytes(pieceBytes);
    return flushReason(this.#options.policy, { rowCount, rawBytes, worstWireBytes, firstBufferedAtMs }, nowMs);
  }

  /** Clock's time at which the rows become due by age; null while there are none. */
  dueAtMs(): number | null {
    return this.#body === null ? null : this.#body.firstBufferedAtMs + this.#options.policy.maxAgeMs;
  }

  /** Ends the body; the buffer is empty and usable at once. Rejects with a RangeError if it was empty already. */
  cut(): Promise<RowBatch> {
    const body = this.#body;
    if (body === null) return Promise.reject(new RangeError('an empty buffer has nothing to cut'));
    this.#body = null;
    const batch = body.finish();
    batch.catch(() => {}); // it may wait behind other batches before anyone looks
    return batch;
  }

  /** Forgets the rows. Their memory comes back when the compressor is through with them. */
  discard(): void {
    if (this.#body === null) return;
    this.cut().then(
      (batch) => batch.release(),
      () => {}, // nobody wants them any more
    );
  }
}
