import type { Random } from '../api/index.ts';

export interface Doubling {
  readonly initialMs: number;
  readonly maxMs: number;
}

export interface BackoffPolicy extends Doubling {
  /** Share of the delay that is random on top: 0.5 = ×1.0–1.5. */
  readonly jitter: number;
}

/** initial × 2^(attempt−1), capped; `attempt` is 1-based. */
export const doubledMs = ({ initialMs, maxMs }: Doubling, attempt: number): number =>
  Math.min(maxMs, initialMs * 2 ** (attempt - 1));

/** Delay before retry `attempt`: doubled, with jitter on top. */
export const backoffMs = (policy: BackoffPolicy, attempt: number, random: Random): number =>
  doubledMs(policy, attempt) * (1 + policy.jitter * random());
