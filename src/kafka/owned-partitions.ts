import {
  type Assignment,
  asNextOffset,
  type NextOffset,
  type TopicPartition,
  topicPartitionKey,
} from '../api/index.ts';
import type { FetchFrom } from './fetch-session.ts';

interface Owned {
  readonly assignment: Assignment;
  position: NextOffset;
  /** False until somebody said where to start. */
  placed: boolean;
  /** The log's end as last heard: a fetch session tells of it only when it moves, so it begins with what the assignment knows. */
  highWatermark: bigint;
  /** Null: not yet. */
  fetchedAtMs: number | null;
}

/** What this member owns and how far it has read: the position is ours, kafkajs's own follows it. */
export class OwnedPartitions {
  #owned = new Map<string, Owned>();
  #paused = new Map<string, TopicPartition>();
  /** Positions from before a rebalance in which nobody else can have owned the partition. */
  #retained = new Map<string, NextOffset>();

  /** The partitions are gone. `retain`: their positions and pauses hold if they come straight back. */
  giveUp(retain: boolean): void {
    this.#retained = new Map(
      retain ? [...this.#owned].filter(([, { placed }]) => placed).map(([key, { position }]) => [key, position]) : [],
    );
    if (!retain) this.#paused.clear();
    this.#owned.clear();
  }

  /** A new assignment; partitions that come straight back keep position and pause. */
  take(assignments: readonly Assignment[]): void {
    for (const assignment of assignments) {
      const key = topicPartitionKey(assignment);
      const retained = this.#retained.get(key);
      const position = retained ?? asNextOffset(0n);
      this.#owned.set(key, {
        assignment,
        position,
        placed: retained !== undefined,
        highWatermark: assignment.logEnd,
        fetchedAtMs: null,
      });
    }
    for (const key of this.#paused.keys())
      if (!this.#retained.has(key) || !this.#owned.has(key)) this.#paused.delete(key);
    this.#retained = new Map();
  }

  get(partition: TopicPartition): Assignment | null {
    return this.#owned.get(topicPartitionKey(partition))?.assignment ?? null;
  }
  /** Null if it is not ours, or nobody has said yet where to start. */
  position(partition: TopicPartition): NextOffset | null {
    const owned = this.#owned.get(topicPartitionKey(partition));
    return owned?.placed ? owned.position : null;
  }
  /** False if it is not ours. */
  place(partition: TopicPartition, position: NextOffset): boolean {
    const owned = this.#owned.get(topicPartitionKey(partition));
    if (owned === undefined) return false;
    owned.position = position;
    owned.placed = true;
    return true;
  }
  /** Back to an offset, never forward. */
  rewind(partition: TopicPartition, offset: bigint): void {
    const owned = this.#owned.get(topicPartitionKey(partition));
    if (owned !== undefined && offset < owned.position) owned.position = asNextOffset(offset);
  }
  unplaced(): readonly Assignment[] {
    return [...this.#owned.values()].filter(({ placed }) => !placed).map(({ assignment }) => assignment);
  }
  pause(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.#paused.set(topicPartitionKey(partition), partition);
  }
  resume(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.#paused.delete(topicPartitionKey(partition));
  }
  isPaused(partition: TopicPartition): boolean {
    return this.#paused.has(topicPartitionKey(partition));
  }
  paused(): readonly TopicPartition[] {
    return [...this.#paused.values()];
  }
  get arePaused(): boolean {
    return this.#paused.size > 0;
  }
  highWatermark(partition: TopicPartition): bigint | null {
    return this.#owned.get(topicPartitionKey(partition))?.highWatermark ?? null;
  }
  /** Where to read on, by partition: of those that are not paused. */
  wanted(): ReadonlyMap<string, FetchFrom> {
    const wanted = new Map<string, FetchFrom>();
    for (const [key, { assignment, position, placed }] of this.#owned) {
      if (!placed || this.#paused.has(key)) continue;
      wanted.set(key, { topic: assignment.topic, partition: assignment.partition, offset: position });
    }
    return wanted;
  }
  /** Kafka was asked for these partitions. Answers whether one of them had not been asked for since `sinceMs`, though once before. */
  asked(keys: Iterable<string>, sinceMs: number, nowMs: number): boolean {
    let isLate = false;
    for (const key of keys) {
      const owned = this.#owned.get(key);
      if (owned === undefined) continue;
      if ((owned.fetchedAtMs ?? nowMs) < sinceMs) isLate = true;
      owned.fetchedAtMs = nowMs;
    }
    return isLate;
  }
  endsAt(partition: TopicPartition, highWatermark: bigint): void {
    const owned = this.#owned.get(topicPartitionKey(partition));
    if (owned !== undefined) owned.highWatermark = highWatermark;
  }
  assignments(): readonly Assignment[] {
    return [...this.#owned.values()].map(({ assignment }) => assignment);
  }
  get size(): number {
    return this.#owned.size;
  }
}
