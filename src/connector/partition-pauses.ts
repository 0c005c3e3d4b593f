import { type SinkTaskContext, type TopicPartition, topicPartitionKey } from '../api/index.ts';

/**
 * `backlog`: batches wait to be sent. `memory`: the process's budget is used up. `breaker`: Snowflake is not answering. `recovery`: the
 * channel is being reopened. `audit`: the table is asked which rows Snowflake dropped.
 */
export const pauseReasons = ['backlog', 'memory', 'breaker', 'recovery', 'audit'] as const;
export type PauseReason = (typeof pauseReasons)[number];

/** What a writer asks of them. */
export type WriterPauses = Pick<PartitionPauses, 'pause' | 'resume' | 'forget'>;

interface PausedPartition {
  readonly partition: TopicPartition;
  /** Who wants it paused, by reason. */
  readonly reasons: Map<PauseReason, Set<unknown>>;
}

/** Who wants which partition paused: it flows again only when nobody does. */
export class PartitionPauses {
  readonly #context: SinkTaskContext;
  readonly #reasons = new Map<string, PausedPartition>();

  constructor(context: SinkTaskContext) {
    this.#context = context;
  }

  /** A view for one of several writers of a partition: it resumes, and forgets, what it paused itself. */
  heldBy(holder: unknown): WriterPauses {
    return {
      pause: (partition, reason) => this.pause(partition, reason, holder),
      resume: (partition, reason) => this.resume(partition, reason, holder),
      forget: (partition) => {
        for (const reason of pauseReasons) this.resume(partition, reason, holder);
      },
    };
  }

  pause(partition: TopicPartition, reason: PauseReason, holder: unknown = null): void {
    const key = topicPartitionKey(partition);
    const { reasons } = this.#reasons.get(key) ?? { reasons: new Map<PauseReason, Set<unknown>>() };
    this.#reasons.set(key, { partition, reasons });
    const holders = reasons.get(reason);
    if (holders !== undefined) {
      holders.add(holder);
      return;
    }
    reasons.set(reason, new Set([holder]));
    if (reasons.size === 1) this.#context.pause([partition]);
    this.#count(reason);
  }

  resume(partition: TopicPartition, reason: PauseReason, holder: unknown = null): void {
    const reasons = this.#reasons.get(topicPartitionKey(partition))?.reasons;
    const holders = reasons?.get(reason);
    if (reasons === undefined || holders === undefined || !holders.delete(holder) || holders.size > 0) return;
    reasons.delete(reason);
    if (reasons.size === 0) this.#context.resume([partition]);
    this.#count(reason);
  }

  /** The partition is not ours any more: nothing to resume. */
  forget(partition: TopicPartition): void {
    this.#reasons.delete(topicPartitionKey(partition));
    for (const reason of pauseReasons) this.#count(reason);
  }

  #count(reason: PauseReason): void {
    const { connector, task } = this.#context.id;
    let paused = 0;
    for (const { reasons } of this.#reasons.values()) if (reasons.has(reason)) paused++;
    this.#context.metrics.set('snowsink_partitions_paused', { connector, task: String(task), reason }, paused);
  }
}
