/**
 * Bytes of buffered rows that the process may hold, shared by all tasks and threads. `reserve` never blocks and may pass the
 * limit by what is under way; `isExhausted` is what pauses partitions, `hasRoom` (below a lower mark) what resumes them.
 */
export interface MemoryBudget {
  readonly limitBytes: number;
  usedBytes(): number;
  reserve(bytes: number): void;
  release(bytes: number): void;
  isExhausted(): boolean;
  hasRoom(): boolean;
}
