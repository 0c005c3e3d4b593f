import { type SourceConsumer, type TopicPartition, topicPartitionKey } from '../api/index.ts';

type Consumer = Pick<SourceConsumer, 'pause' | 'resume' | 'assignment'>;

/**
 * Who holds which partitions back: the connector (all, while it is paused), a redelivery (all, until the task has taken the
 * records), or the task itself (single ones: memory, breaker). A partition flows when nobody holds it.
 */
export class PartitionPauses {
  readonly #consumer: Consumer;
  readonly #byTask = new Map<string, TopicPartition>();
  #connector = false;
  #redelivery = false;

  constructor(consumer: Consumer) {
    this.#consumer = consumer;
  }

  pauseByTask(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.#byTask.set(topicPartitionKey(partition), partition);
    this.#consumer.pause(partitions);
  }

  resumeByTask(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.#byTask.delete(topicPartitionKey(partition));
    if (!this.#holdsAll) this.#consumer.resume(partitions);
  }

  setConnectorPaused(paused: boolean): void {
    if (this.#connector === paused) return;
    this.#connector = paused;
    this.#apply();
  }

  setRedelivering(redelivering: boolean): void {
    if (this.#redelivery === redelivering) return;
    this.#redelivery = redelivering;
    this.#apply();
  }

  /** A consumer may keep a pause of partitions that come straight back, but whoever wished for it ended with `unassigned`. */
  assigned(partitions: readonly TopicPartition[]): void {
    if (this.#holdsAll) this.#consumer.pause(partitions);
    else this.#consumer.resume(partitions);
  }

  /** The task's wishes end with the assignment. */
  unassigned(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.#byTask.delete(topicPartitionKey(partition));
  }

  get #holdsAll(): boolean {
    return this.#connector || this.#redelivery;
  }

  #apply(): void {
    const assignment = this.#consumer.assignment();
    if (this.#holdsAll) this.#consumer.pause(assignment);
    else this.#consumer.resume(assignment.filter((partition) => !this.#byTask.has(topicPartitionKey(partition))));
  }
}
