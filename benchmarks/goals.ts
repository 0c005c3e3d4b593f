import { startDiscard } from './bench-worker.ts';
import { chaosThroughput } from './goals/chaos-throughput.ts';
import type { Finding, Goal } from './goals/goal.ts';
import { hotPartition } from './goals/hot-partition.ts';
import { idlePartitions } from './goals/idle-partitions.ts';
import { largeRecords } from './goals/large-records.ts';
import { latency } from './goals/latency.ts';
import { lostChannel } from './goals/lost-channel.ts';
import { residentMemory } from './goals/resident-memory.ts';
import { startTime } from './goals/start-time.ts';

const goals: readonly Goal[] = [
  startTime,
  latency(1389),
  latency(50_000),
  lostChannel,
  hotPartition,
  chaosThroughput,
  idlePartitions,
  residentMemory(12, 150, 1_000_000),
  residentMemory(300, 180, 1_000_000),
  residentMemory(1000, 220, 1_000_000),
  largeRecords('bytes', 100),
  largeRecords('objects', 30),
  // The broker needs as much room on its disk.
  { ...largeRecords('bytes', 1000), name: 'large-backlog', isOnDemand: true },
];

export interface GoalsOptions {
  readonly bootstrapServers: string;
  /** Of the goals; unless given all but those on demand. */
  readonly only?: readonly string[] | undefined;
  readonly program?: string | undefined;
}

export interface GoalResult {
  readonly goal: string;
  readonly does: string;
  readonly findings: readonly Finding[];
}

const line = ({ what, value, unit, goal, atLeast = false }: Finding): string => {
  const shown = `${value.toFixed(Math.abs(value) < 10 ? 1 : 0)} ${unit}`.padStart(18);
  if (goal === null) return `${shown}  ${what}`;
  const isMet = atLeast ? value >= goal : value <= goal;
  return `${shown}  ${what} (goal ${atLeast ? '≥' : '≤'} ${goal}${isMet ? '' : ': MISSED'})`;
};

/** Each with an emulator of its own; printed as they come. */
export const measureGoals = async ({
  bootstrapServers,
  only,
  program,
}: GoalsOptions): Promise<readonly GoalResult[]> => {
  const results: GoalResult[] = [];
  const isWanted = ({ name, isOnDemand = false }: Goal): boolean => only?.includes(name) ?? !isOnDemand;
  for (const goal of goals.filter(isWanted)) {
    const emulator = await startDiscard();
    try {
      const findings = await goal.measure({ bootstrapServers, program, emulator });
      results.push({ goal: goal.name, does: goal.does, findings });
      console.log(`\n${goal.name}: ${goal.does}`);
      for (const finding of findings) console.log(line(finding));
    } finally {
      await emulator.stop();
    }
  }
  return results;
};
