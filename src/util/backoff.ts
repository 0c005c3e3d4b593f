import type { Random } from '../api/index.ts';

export interface BackoffPolicy {
  readonly initialMs: number;
  readonly maxMs: number;
  /** Share of the delay that is random on top: 0.5 = ×1.0–1.5. */
  readonly jitter: number;
}

/** Delay before retry `attempt` (1-based): initial × 2^(attempt−1), capped, with jitter on top. */
export const backoffMs = ({ initialMs, maxMs, jitter }: BackoffPolicy, attempt: number, random: Random): number =>
  Math.min(maxMs, initialMs * 2 ** (attempt - 1)) * (1 + jitter * random());
