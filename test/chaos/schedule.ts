import { seededRandom } from '../support/orders.ts';
import type { OrderedFault } from './fault-kinds.ts';
import { isPossible, orderedFaults } from './fault-kinds.ts';

export interface ScheduledFault {
  readonly kind: OrderedFault;
  /** 0 to 1: which of the workers or brokers. */
  readonly pick: number;
  /** How long a network fault or an outage goes on, milliseconds: below and above the session timeout. */
  readonly lastMs: number;
  readonly brutal: boolean;
}

export interface ScheduledKill {
  readonly pick: number;
  /** After the kill before. */
  readonly gapMs: number;
  /** Only when rows have come since the kill before: the worker is in the middle of its work. */
  readonly afterRows: boolean;
}

/** One round: both lanes run side by side, each in its order. */
export interface Schedule {
  readonly seed: number;
  readonly faults: readonly ScheduledFault[];
  readonly kills: readonly ScheduledKill[];
}

/** Every possible kind once, in an order that the seed draws, and SIGKILLs beside them. */
export const drawSchedule = (seed: number, brokers: number, kills: number): Schedule => {
  const random = seededRandom(seed);
  const kinds = orderedFaults.filter((kind) => isPossible(kind, brokers));
  const shuffled = kinds.map((kind) => ({ kind, at: random() })).sort((a, b) => a.at - b.at);
  return {
    seed,
    faults: shuffled.map(({ kind }) => ({
      kind,
      pick: random(),
      lastMs: Math.round(500 + random() ** 2 * 9500),
      brutal: random() < 0.5,
    })),
    kills: Array.from({ length: kills }, () => ({
      pick: random(),
      gapMs: Math.round(100 + random() ** 2 * 3000),
      afterRows: random() < 0.6,
    })),
  };
};

export const pickFrom = <T>(pick: number, from: readonly T[]): T => {
  const picked = from[Math.min(from.length - 1, Math.floor(pick * from.length))];
  if (picked === undefined) throw new RangeError('nothing to pick from');
  return picked;
};
