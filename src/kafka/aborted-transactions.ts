import { isAbortMarker, type RecordBatchHeader } from './record-batch-header.ts';

/** An entry of a Fetch response's aborted transactions, as kafkajs decodes it. */
export interface AbortedTransaction {
  readonly producerId: string;
  readonly firstOffset: string;
}

/**
 * Which batches of a read_committed fetch belong to aborted transactions: the rule of the Java client (Fetcher, KIP-98). Brokers do
 * not promise an order of the list, so it is sorted by first offset; a marker is known by its control bit alone, never by a key.
 */
export class AbortedTransactions {
  readonly #waiting: readonly { readonly producerId: bigint; readonly firstOffset: bigint }[];
  readonly #open = new Set<bigint>();
  #next = 0;

  constructor(list: readonly AbortedTransaction[]) {
    this.#waiting = list
      .map(({ producerId, firstOffset }) => ({ producerId: BigInt(producerId), firstOffset: BigInt(firstOffset) }))
      .sort((a, b) => (a.firstOffset < b.firstOffset ? -1 : 1));
  }

  /** To be asked once per batch, in offset order. */
  hides(batch: RecordBatchHeader): boolean {
    this.#openUpTo(batch.lastOffset);
    if (batch.isControl) {
      if (isAbortMarker(batch)) this.#open.delete(batch.producerId);
      return true;
    }
    return batch.isTransactional && this.#open.has(batch.producerId);
  }

  #openUpTo(offset: bigint): void {
    for (let at = this.#waiting[this.#next]; at && at.firstOffset <= offset; at = this.#waiting[++this.#next]) {
      this.#open.add(at.producerId);
    }
  }
}
