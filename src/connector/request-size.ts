import type { RowBatch } from '../api/index.ts';

/** A batch that was refused as too large is halved down to here; below, each piece of rows goes by itself. */
const smallestHalvedBytes = 512 * 1024;
const onePieceBytes = 1;

/**
 * Batches are cut below Snowflake's limit, so when one is refused as too large, somebody on the way allows less. The same rows are
 * read again and cut smaller, down to a piece each.
 */
export class RequestSize {
  #maxWireBytes: number | null = null;

  /** What the next buffer must keep to; undefined: nothing was refused yet. */
  get limits(): { readonly maxWireBytes: number } | undefined {
    return this.#maxWireBytes === null ? undefined : { maxWireBytes: this.#maxWireBytes };
  }

  /** False if it cannot get any smaller. */
  shrinkAfter({ rowCount, wireBytes }: RowBatch): boolean {
    if (rowCount === 1 || this.#maxWireBytes === onePieceBytes) return false;
    const half = Math.floor(wireBytes / 2);
    this.#maxWireBytes = half < smallestHalvedBytes ? onePieceBytes : half;
    return true;
  }
}
