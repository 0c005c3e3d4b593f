import { type Clock, errorMessage, type Logger } from '../../api/index.ts';
import { readBulkStatusReply, type WireStatus } from './channel-reply.ts';
import { type PipeName, statusCall } from './request-builder.ts';
import type { Session } from './session.ts';

/** A channel as its poller sees it. */
export interface PolledChannel {
  readonly statusName: string;
  readonly awaitsCommit: boolean;
  /** Somebody waits for it. */
  readonly isHurried: boolean;
  statusRead(status: WireStatus | null): void;
  invalidate(code: string, message: string): void;
}

export interface StatusPollerOptions {
  readonly pipe: PipeName;
  readonly session: Pick<Session, 'send'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly intervalMs: number;
  readonly closing: AbortSignal;
}

/** Refused so often in a row, the pipe is taken for gone: what the official SDK does. */
const failuresUntilGone = 5;
/** Between two questions while somebody waits for the answer. */
const hurriedMs = 250;

/**
 * Asks for the status of a pipe's channels: one bulk request for all, only while some channel waits for a commit. 429 and 5xx
 * back off in the session, a refusal is asked again at the next tick.
 */
export class StatusPoller {
  readonly #options: StatusPollerOptions;
  readonly #channels = new Set<PolledChannel>();
  #isPolling = false;
  #failures = 0;
  /** Ends a long pause between two questions. */
  #pause: AbortController | null = null;

  constructor(options: StatusPollerOptions) {
    this.#options = options;
  }

  watch(channel: PolledChannel): void {
    this.#channels.add(channel);
  }

  unwatch(channel: PolledChannel): void {
    this.#channels.delete(channel);
  }

  /** A channel may be waiting now. */
  wake(): void {
    if (this.#isPolling || this.#waiting().length === 0) return;
    this.#isPolling = true;
    this.#poll().catch((error: unknown) => {
      this.#isPolling = false;
      if (!this.#options.closing.aborted) throw error;
    });
  }

  /** A channel's commit is waited for now. */
  hurry(): void {
    this.#pause?.abort();
  }

  #waiting(): PolledChannel[] {
    return [...this.#channels].filter((channel) => channel.awaitsCommit);
  }

  async #poll(): Promise<void> {
    while (this.#waiting().length > 0) {
      await this.#rest();
      const asked = this.#waiting();
      if (asked.length > 0) await this.#ask(asked);
    }
    // In the same turn as the last look: a channel that begins to wait after it is not overlooked.
    this.#isPolling = false;
  }

  async #rest(): Promise<void> {
    const { clock, intervalMs, closing } = this.#options;
    if (this.#waiting().some((channel) => channel.isHurried))
      return clock.sleep(Math.min(hurriedMs, intervalMs), closing);
    this.#pause = new AbortController();
    await clock.sleep(intervalMs, AbortSignal.any([closing, this.#pause.signal])).catch(() => closing.throwIfAborted());
    this.#pause = null;
  }

  async #ask(asked: readonly PolledChannel[]): Promise<void> {
    const { pipe, session, closing, logger } = this.#options;
    try {
      const names = asked.map(({ statusName }) => statusName);
      const { text } = await session.send(statusCall(pipe, names), closing);
      const statuses = readBulkStatusReply(text);
      if (statuses === null) throw new SyntaxError('the answer is no bulk status');
      this.#failures = 0;
      // A channel that was closed or reopened meanwhile is not told what was asked for the one before.
      for (const channel of asked)
        if (this.#channels.has(channel)) channel.statusRead(statuses.get(channel.statusName) ?? null);
    } catch (error) {
      closing.throwIfAborted();
      this.#failures += 1;
      logger.warn(
        { table: pipe.table, failures: this.#failures },
        `Could not read the status of channels: ${errorMessage(error)}`,
      );
      if (this.#failures < failuresUntilGone) return;
      this.#failures = 0;
      for (const channel of asked)
        channel.invalidate('STATUS_REFUSED', `its status cannot be read: ${errorMessage(error)}`);
    }
  }
}
