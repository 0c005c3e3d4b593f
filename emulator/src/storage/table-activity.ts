/** Who waits for, or holds, the write lock of a table. */
export interface LockHolder {
  readonly id: string;
  readonly sessionId: number;
  /** Null: none is open. */
  readonly startedOnMs: number | null;
  /** Rises with each statement; null: one is at work. */
  readonly idleSince: number | null;
  /** Rolls back what it has open. */
  abort(): Promise<void>;
}

interface Waiter {
  readonly holder: LockHolder;
  readonly grant: () => void;
  readonly refuse: (reason: LockRefusal) => void;
}

export type LockRefusal = 'timeout' | 'deadlock' | 'too many waiters' | 'canceled';

export class LockError extends Error {
  readonly reason: LockRefusal;

  constructor(reason: LockRefusal) {
    super(`lock: ${reason}`);
    this.reason = reason;
  }
}

/** A transaction that blocks others and has been idle for five minutes is rolled back. [documented] */
const idleLimit = 300_000;

/** At most 20 statements wait for one table, the next one fails. [inferred] */
const maxWaiters = 20;

/**
 * Which tables changed when, and who may change them: UPDATE, DELETE and MERGE lock a table until their transaction ends,
 * INSERT and COPY lock nothing [documented]; of two transactions that wait for each other the later statement fails
 * [documented].
 */
export class TableActivity {
  readonly #changes = new Map<string, number>();
  readonly #owners = new Map<string, LockHolder>();
  readonly #queues = new Map<string, Waiter[]>();
  readonly #open = new Set<LockHolder>();
  readonly #idleLimitMs: number;
  #clock = 0;

  constructor(idleLimitMs: number = idleLimit) {
    this.#idleLimitMs = idleLimitMs;
  }

  opened(holder: LockHolder): void {
    this.#open.add(holder);
  }

  ended(holder: LockHolder): void {
    this.#open.delete(holder);
  }

  /** Transactions that are open. */
  transactions(): readonly LockHolder[] {
    return [...this.#open];
  }

  /** Rises with each committed change of any table. */
  get now(): number {
    return this.#clock;
  }

  changed(tableIds: Iterable<string>): void {
    this.#clock += 1;
    for (const id of tableIds) this.#changes.set(id, this.#clock);
  }

  changedSince(tableIds: Iterable<string>, moment: number): boolean {
    for (const id of tableIds) if ((this.#changes.get(id) ?? 0) > moment) return true;
    return false;
  }

  /** Waits for its turn; a holder that has the lock already keeps it. Rejects with a LockError. */
  async lock(tableId: string, holder: LockHolder, timeoutMs: number): Promise<void> {
    const owner = this.#owners.get(tableId);
    if (owner === undefined || owner === holder) {
      this.#owners.set(tableId, holder);
      return;
    }
    const queue = this.#queues.get(tableId) ?? [];
    this.#queues.set(tableId, queue);
    if (queue.length >= maxWaiters) throw new LockError('too many waiters');
    if (this.#waitsFor(owner, holder)) throw new LockError('deadlock');
    if (timeoutMs <= 0) throw new LockError('timeout');
    await new Promise<void>((resolve, reject) => {
      const watch = this.#abortIdle(tableId);
      const end = (): void => {
        clearTimeout(timer);
        clearInterval(watch);
        const at = queue.indexOf(waiter);
        if (at >= 0) queue.splice(at, 1);
      };
      const waiter: Waiter = {
        holder,
        grant: () => {
          end();
          resolve();
        },
        refuse: (reason) => {
          end();
          reject(new LockError(reason));
        },
      };
      const timer = setTimeout(() => waiter.refuse('timeout'), Math.min(timeoutMs, 2_147_483_647));
      queue.push(waiter);
    });
  }

  /** Looks after the table's owner while somebody waits for it. */
  #abortIdle(tableId: string): NodeJS.Timeout {
    const idle = (): readonly [LockHolder | undefined, number | null] => {
      const owner = this.#owners.get(tableId);
      return [owner, owner?.idleSince ?? null];
    };
    let [lastOwner, lastSince] = idle();
    return setInterval(() => {
      const [owner, since] = idle();
      if (owner !== undefined && owner === lastOwner && since !== null && since === lastSince) void owner.abort();
      [lastOwner, lastSince] = [owner, since];
    }, this.#idleLimitMs);
  }

  /** Ends a wait; locks that are held stay. */
  cancel(holder: LockHolder): void {
    for (const queue of this.#queues.values())
      for (const waiter of [...queue]) if (waiter.holder === holder) waiter.refuse('canceled');
  }

  /** The next in line gets each lock. */
  release(holder: LockHolder): void {
    for (const [tableId, owner] of this.#owners) {
      if (owner !== holder) continue;
      this.#owners.delete(tableId);
      const next = this.#queues.get(tableId)?.[0];
      if (next === undefined) continue;
      this.#owners.set(tableId, next.holder);
      next.grant();
    }
  }

  /** Tables locked, and by whom: for SHOW LOCKS. */
  locks(): readonly { readonly tableId: string; readonly holder: LockHolder; readonly isHeld: boolean }[] {
    return [...this.#owners].flatMap(([tableId, holder]) => [
      { tableId, holder, isHeld: true },
      ...(this.#queues.get(tableId) ?? []).map((waiter) => ({ tableId, holder: waiter.holder, isHeld: false })),
    ]);
  }

  /** Does `holder` wait, directly or through others, for `target`? */
  #waitsFor(holder: LockHolder, target: LockHolder): boolean {
    for (const [tableId, queue] of this.#queues) {
      if (!queue.some((waiter) => waiter.holder === holder)) continue;
      const owner = this.#owners.get(tableId);
      if (owner !== undefined && (owner === target || this.#waitsFor(owner, target))) return true;
    }
    return false;
  }
}
