/** Whose turn an event is: a process that may be stopped or dead, or the world itself, which is neither. */
export interface Owner {
  readonly name: string;
  readonly state: 'running' | 'paused' | 'dead';
  /** A paused owner's events wait here, in order. */
  defer(callback: () => void): void;
}

interface Event {
  readonly atMs: number;
  readonly order: number;
  readonly owner: Owner;
  callback: (() => void) | null;
}

const nextTurn = setImmediate;

export const world: Owner = { name: 'world', state: 'running', defer: () => {} };

/**
 * All that happens, one event after the other: the earliest first, of equal ones the oldest. Between two events every promise that
 * can settle does so, because Node runs all microtasks before the next turn of its own loop; nothing in a simulation waits for
 * anything but these events.
 */
export class Scheduler {
  nowMs: number;
  events = 0;
  /** Whose event is being handled. */
  current: Owner = world;
  /** Runs after each event, when all promises have settled. */
  afterEach: () => void = () => {};
  #order = 0;
  readonly #heap: Event[] = [];

  constructor(startMs: number) {
    this.nowMs = startMs;
  }

  after(ms: number, owner: Owner, callback: () => void): { cancel(): void } {
    const delayMs = Math.max(0, Math.ceil(ms));
    const event: Event = { atMs: this.nowMs + delayMs, order: this.#order++, owner, callback };
    this.#push(event);
    return {
      cancel: () => {
        event.callback = null;
      },
    };
  }

  /** Handles events until `done` says so, none is left, or `untilMs` is reached. */
  async run(untilMs: number, done: () => boolean): Promise<void> {
    while (!done()) {
      const event = this.#heap[0];
      if (event === undefined || event.atMs > untilMs) break;
      this.#pop();
      const { owner, callback } = event;
      if (callback === null || owner.state === 'dead') continue;
      this.nowMs = event.atMs;
      event.callback = null;
      if (owner.state === 'paused') {
        owner.defer(callback);
        continue;
      }
      this.events++;
      this.current = owner;
      callback();
      await new Promise((resolve) => nextTurn(resolve));
      this.afterEach();
    }
    this.current = world;
  }

  #isBefore(a: Event, b: Event): boolean {
    return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
  }

  #push(event: Event): void {
    const heap = this.#heap;
    let at = heap.push(event) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || !this.#isBefore(event, above)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = event;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      const [one, other] = [heap[left], heap[left + 1]];
      if (one === undefined) break;
      const isRight = other !== undefined && this.#isBefore(other, one);
      const child = isRight ? other : one;
      if (!this.#isBefore(child, last)) break;
      heap[at] = child;
      at = isRight ? left + 1 : left;
    }
    heap[at] = last;
  }
}
