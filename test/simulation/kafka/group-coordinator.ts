import type { CommitOutcome, CommittedOffset, OffsetCommit, TopicPartition } from '../../../src/api/index.ts';
import { topicPartitionKey } from '../../../src/api/index.ts';
import { type Scheduler, world } from '../world/scheduler.ts';
import type { SeededRandom } from '../world/seeded-random.ts';

export interface Joined {
  readonly memberId: string;
  readonly generation: number;
  readonly partitions: readonly TopicPartition[];
}

export type Standing = 'ok' | 'rebalancing' | 'fenced' | 'away';

interface Member {
  readonly id: string;
  lastSeenMs: number;
  /** Set while it waits for the new generation. */
  joining: ((joined: Joined) => void) | null;
}

export interface CoordinatorOptions {
  readonly scheduler: Scheduler;
  readonly random: SeededRandom;
  readonly sessionTimeoutMs: number;
  partitions(): readonly TopicPartition[];
  onCommitted(commit: TopicPartition & CommittedOffset): void;
}

/** The broker's side of one consumer group: members, generations, sessions, committed offsets (KIP-62; eager rebalances). */
export class GroupCoordinator {
  readonly #options: CoordinatorOptions;
  readonly #members = new Map<string, Member>();
  readonly committed = new Map<string, CommittedOffset>();
  generation = 0;
  isRebalancing = false;
  /** Its broker does not answer until then. */
  awayUntilMs = 0;
  #nextMember = 1;

  constructor(options: CoordinatorOptions) {
    this.#options = options;
  }

  get isAway(): boolean {
    return this.#options.scheduler.nowMs < this.awayUntilMs;
  }

  get size(): number {
    return this.#members.size;
  }

  join(memberId: string | null): Promise<Joined> {
    const { promise, resolve } = Promise.withResolvers<Joined>();
    const known = memberId === null ? undefined : this.#members.get(memberId);
    const member = known ?? { id: `member-${this.#nextMember++}`, lastSeenMs: 0, joining: null };
    if (known === undefined) {
      this.#members.set(member.id, member);
      this.#watch(member);
    }
    this.#seen(member);
    member.joining = resolve;
    this.rebalance();
    return promise;
  }

  heartbeat(memberId: string, generation: number): Standing {
    if (this.isAway) return 'away';
    const member = this.#members.get(memberId);
    if (member === undefined || generation !== this.generation) return 'fenced';
    this.#seen(member);
    return this.isRebalancing ? 'rebalancing' : 'ok';
  }

  leave(memberId: string): void {
    if (this.#members.delete(memberId)) this.rebalance();
  }

  commit(memberId: string, generation: number, offsets: readonly OffsetCommit[]): CommitOutcome {
    if (this.isAway || !this.#members.has(memberId) || generation !== this.generation) return 'rejected';
    for (const { topic, partition, offset, metadata } of offsets) {
      this.committed.set(topicPartitionKey({ topic, partition }), { offset, metadata });
      this.#options.onCommitted({ topic, partition, offset, metadata });
    }
    return 'committed';
  }

  /** Everybody must join again. */
  rebalance(): void {
    this.isRebalancing = true;
    this.#completeWhenAllJoined();
  }

  /** All members are gone, and an operator may move the group's offsets. */
  dissolve(): void {
    this.#members.clear();
    this.isRebalancing = false;
  }

  #seen(member: Member): void {
    member.lastSeenMs = this.#options.scheduler.nowMs;
  }

  #watch(member: Member): void {
    const { scheduler, sessionTimeoutMs } = this.#options;
    const leftMs = member.lastSeenMs + sessionTimeoutMs - scheduler.nowMs;
    scheduler.after(leftMs > 0 ? leftMs : sessionTimeoutMs, world, () => {
      if (this.#members.get(member.id) !== member) return;
      // A coordinator that was away gives everybody a session's time from when it is back.
      const sinceMs = scheduler.nowMs - Math.max(member.lastSeenMs, this.awayUntilMs);
      if (sinceMs >= sessionTimeoutMs && member.joining === null) {
        this.#members.delete(member.id);
        this.rebalance();
      } else this.#watch(member);
    });
  }

  /** A member that waits for the new generation and whose process died is found out when it does not beat after it. */
  #completeWhenAllJoined(): void {
    const members = [...this.#members.values()];
    if (members.some(({ joining }) => joining === null)) return;
    const { scheduler, random } = this.#options;
    scheduler.after(random.between(1, 50), world, () => {
      const now = [...this.#members.values()];
      if (!this.isRebalancing || now.some(({ joining }) => joining === null)) return;
      this.isRebalancing = false;
      this.generation++;
      this.#assign(now);
    });
  }

  #assign(members: readonly Member[]): void {
    const { random } = this.#options;
    const shares = new Map<Member, TopicPartition[]>(members.map((member) => [member, []]));
    const turn = members.length === 0 ? 0 : random.between(0, members.length - 1);
    for (const [index, partition] of this.#options.partitions().entries()) {
      const member = members[(index + turn) % members.length];
      if (member !== undefined) shares.get(member)?.push(partition);
    }
    for (const member of members) {
      this.#seen(member);
      const { joining } = member;
      member.joining = null;
      joining?.({ memberId: member.id, generation: this.generation, partitions: shares.get(member) ?? [] });
    }
  }
}
