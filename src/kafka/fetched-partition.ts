import { ConnectError, errorMessage, type RecordBatch } from '../api/index.ts';
import { type AbortedTransaction, AbortedTransactions } from './aborted-transactions.ts';
import { recordBatchOf, wholeRecordBatches } from './record-batch-header.ts';

/** One partition of a Fetch response, as kafkajs decodes it with our `decodeMessages`. */
export interface PartitionAnswer {
  readonly partition: number;
  readonly highWatermark: string;
  /** -1 for read_uncommitted. */
  readonly lastStableOffset?: string;
  readonly abortedTransactions?: readonly AbortedTransaction[] | null;
  /** From version 11 on; -1: none. */
  readonly preferredReadReplica?: number;
  readonly messages: Buffer;
}

/**
 * One partition of one fetch, undecoded: what stands in for kafkajs's `Batch`. The lower-case methods are what its runner asks;
 * they are answered so that every fetch which moves the position reaches the handler, also one of control batches only.
 */
export class FetchedPartition {
  readonly topic: string;
  readonly partition: number;
  /** Decimal, as kafkajs asked for it. */
  readonly fetchedOffset: string;
  readonly highWatermark: string;
  /** Behind what may be read now, open transactions being left out. */
  readonly end: bigint;
  readonly fetchOffset: bigint;
  /** Behind the last whole batch, left-out ones included; `fetchOffset` if there is none. */
  readonly nextOffset: bigint;
  readonly recordBatches: readonly RecordBatch[];
  readonly recordCount: number;
  readonly byteSize: number;
  /** kafkajs's events count it; nothing may stand in it, or `resolveOffset` would be bent. */
  readonly messages: { readonly length: number };

  constructor(topic: string, fetchedOffset: string, answer: PartitionAnswer) {
    this.topic = topic;
    this.partition = answer.partition;
    this.fetchedOffset = fetchedOffset;
    this.highWatermark = answer.highWatermark;
    const { lastStableOffset = '-1' } = answer;
    this.end = BigInt(lastStableOffset === '-1' ? answer.highWatermark : lastStableOffset);
    this.fetchOffset = BigInt(fetchedOffset);
    const { recordBatches, nextOffset } = this.#select(answer);
    this.recordBatches = recordBatches;
    this.nextOffset = nextOffset;
    this.recordCount = recordBatches.reduce((count, batch) => count + batch.recordCount, 0);
    this.byteSize = recordBatches.reduce((bytes, batch) => bytes + batch.bytes.length, 0);
    this.messages = { length: this.recordCount };
  }

  #select({ messages, abortedTransactions }: PartitionAnswer): { recordBatches: RecordBatch[]; nextOffset: bigint } {
    const aborted = new AbortedTransactions(abortedTransactions ?? []);
    const recordBatches: RecordBatch[] = [];
    let nextOffset = this.fetchOffset;
    let seen = 0;
    try {
      for (const batch of wholeRecordBatches(messages)) {
        seen++;
        if (batch.lastOffset < this.fetchOffset) continue;
        nextOffset = batch.lastOffset + 1n;
        if (aborted.hides(batch) || batch.recordCount === 0) continue;
        recordBatches.push(recordBatchOf(batch));
      }
    } catch (error) {
      throw new ConnectError(`${this.topic}-${this.partition} at offset ${nextOffset}: ${errorMessage(error)}`);
    }
    if (seen === 0 && messages.length > 0) {
      throw new ConnectError(
        `${this.topic}-${this.partition} at offset ${nextOffset}: the broker sent ${messages.length} bytes without one whole record batch`,
      );
    }
    return { recordBatches, nextOffset };
  }

  isEmpty(): boolean {
    return this.nextOffset === this.fetchOffset;
  }
  isEmptyDueToFiltering(): boolean {
    return false;
  }
  firstOffset(): string | null {
    return this.isEmpty() ? null : this.fetchedOffset;
  }
  lastOffset(): string {
    return String(this.nextOffset - 1n);
  }
  offsetLag(): string {
    return String(BigInt(this.highWatermark) - this.nextOffset);
  }
  offsetLagLow(): string {
    return String(BigInt(this.highWatermark) - this.fetchOffset);
  }
}
