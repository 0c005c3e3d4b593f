import type { Clock, Timer } from '../api/index.ts';
import type { ConsumerGroup, KafkaJsError } from './hardening/kafkajs-types.ts';

/** `fenced`: the group goes on without this member. `unknown`: no answer that tells. */
export type Standing = 'member' | 'rebalancing' | 'fenced' | 'unknown';

const fencedTypes = new Set(['UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION', 'FENCED_INSTANCE_ID']);

export interface HeartbeatOptions {
  readonly clock: Clock;
  readonly intervalMs: number;
  /** False lets the session run out: the task no longer polls (max.poll.interval.ms). */
  mayBeat(): boolean;
  onStanding(group: ConsumerGroup, standing: Standing): void;
}

/**
 * The member's own heartbeat: a timer that goes on while batches are worked on and while rebalance callbacks run. Finds the
 * coordinator again where it moved, without a rebalance.
 */
export class GroupHeartbeat {
  readonly #options: HeartbeatOptions;
  #timer: Timer | null = null;
  #group: ConsumerGroup | null = null;
  lastAtMs = 0;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
  }

  /** Beats for this group object from now on (kafkajs makes a new one at each restart). */
  watch(group: ConsumerGroup): void {
    this.#group = group;
    if (this.#timer === null) this.#arm();
  }
  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#group = null;
  }

  /** One heartbeat now. */
  async beat(group: ConsumerGroup): Promise<Standing> {
    const { coordinator, memberId, generationId, groupId } = group;
    if (coordinator === null || !memberId || generationId === null) return 'fenced';
    try {
      await coordinator.heartbeat({ groupId, memberId, groupGenerationId: generationId });
      this.lastAtMs = this.#options.clock.now();
      return 'member';
    } catch (error) {
      const { type = '' } = error as KafkaJsError;
      if (group.memberId !== memberId || group.generationId !== generationId) return 'unknown'; // of a generation gone by
      if (type === 'REBALANCE_IN_PROGRESS') return 'rebalancing';
      if (fencedTypes.has(type)) return 'fenced';
      await this.#findCoordinator(group);
      return 'unknown';
    }
  }

  #arm(): void {
    this.#timer = this.#options.clock.setTimer(this.#options.intervalMs, () => {
      void this.#tick().finally(() => {
        if (this.#timer !== null) this.#arm();
      });
    });
  }

  async #tick(): Promise<void> {
    const group = this.#group;
    if (group === null || !group.memberId || !this.#options.mayBeat()) return;
    const standing = await this.beat(group);
    if (group === this.#group) this.#options.onStanding(group, standing);
  }

  async #findCoordinator(group: ConsumerGroup): Promise<void> {
    try {
      const coordinator = await group.cluster.findGroupCoordinator({ groupId: group.groupId });
      group.coordinator = coordinator;
      if (group.offsetManager) group.offsetManager.coordinator = coordinator;
    } catch {
      // still away: the next beat looks again
    }
  }
}
