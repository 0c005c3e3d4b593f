import { type SinkTaskContext, type TopicPartition, topicPartitionKey } from '../api/index.ts';

/** `backlog`: batches wait to be sent. `memory`: the process's budget is used up. `breaker`: Snowflake is not answering. */
export const pauseReasons = ['backlog', 'memory', 'breaker', 'recovery'] as const;
export type PauseReason = (typeof pauseReasons)[number];

/** Who wants which partition paused: it flows again only when nobody does. */
export class PartitionPauses {
  readonly #context: SinkTaskContext;
  readonly #reasons = new Map<string, { readonly partition: TopicPartition; readonly reasons: Set<PauseReason> }>();

  constructor(context: SinkTaskContext) {
    this.#context = context;
  }

  pause(partition: TopicPartition, reason: PauseReason): void {
    const key = topicPartitionKey(partition);
    const entry = this.#reasons.get(key) ?? { partition, reasons: new Set<PauseReason>() };
    this.#reasons.set(key, entry);
    if (entry.reasons.has(reason)) return;
    entry.reasons.add(reason);
    if (entry.reasons.size === 1) this.#context.pause([partition]);
    this.#count(reason);
  }

  resume(partition: TopicPartition, reason: PauseReason): void {
    const entry = this.#reasons.get(topicPartitionKey(partition));
    if (!entry?.reasons.delete(reason)) return;
    if (entry.reasons.size === 0) this.#context.resume([partition]);
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
