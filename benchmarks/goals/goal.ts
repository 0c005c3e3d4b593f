import type { EmulatorProcess } from '../../test/support/emulator-process.ts';

export interface GoalContext {
  readonly bootstrapServers: string;
  /** Of the worker. */
  readonly program: string | undefined;
  readonly emulator: EmulatorProcess;
}

/** One figure beside what it should be. */
export interface Finding {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  /** The most (or, with `atLeast`, the least) that the project set itself; null: shown for its own sake. */
  readonly goal: number | null;
  readonly atLeast?: boolean;
}

/** What is measured besides throughput. Each has a topic, a table and a worker of its own. */
export interface Goal {
  readonly name: string;
  readonly does: string;
  /** Measured only where it is named. */
  readonly isOnDemand?: boolean;
  measure(context: GoalContext): Promise<readonly Finding[]>;
}

/** The value below which this share of the numbers lies. */
export const percentile = (numbers: readonly number[], share: number): number => {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
};
