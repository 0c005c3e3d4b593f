/** The emulator's time: the machine's, moved or held still by the control API. Tokens, commits and CURRENT_TIMESTAMP follow it. */
export class EmulatorClock {
  readonly #source: () => number;
  #offsetMs = 0;
  #heldAtMs: number | null = null;

  constructor(source: () => number) {
    this.#source = source;
  }

  readonly nowMs = (): number => this.#heldAtMs ?? this.#source() + this.#offsetMs;

  get isHeld(): boolean {
    return this.#heldAtMs !== null;
  }

  /** Jumps; a clock that is held stays held, later. */
  advance(ms: number): void {
    if (this.#heldAtMs === null) this.#offsetMs += ms;
    else this.#heldAtMs += ms;
  }

  /** From now on the clock stands still, or goes on from where it stands. */
  hold(held: boolean): void {
    const now = this.nowMs();
    if (!held && this.#heldAtMs !== null) this.#offsetMs = now - this.#source();
    this.#heldAtMs = held ? now : null;
  }

  /** The machine's time again. */
  reset(): void {
    this.#offsetMs = 0;
    this.#heldAtMs = null;
  }
}
