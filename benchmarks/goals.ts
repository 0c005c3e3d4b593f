/**
 * npm run bench -- goals [--only NAME,…] [--json FILE] [--program FILE]
 *
 * What is promised besides throughput, measured on the real worker with a real broker and the emulator: idle partitions, latency,
 * a lost channel, the start, memory. KAFKA_BOOTSTRAP_SERVERS names a broker to use instead of one of its own.
 */

import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { startBroker } from '../test/support/kafka.ts';
import { startDiscard } from './bench-worker.ts';
import type { Finding, Goal } from './goals/goal.ts';
import { idlePartitions } from './goals/idle-partitions.ts';
import { largeRecords } from './goals/large-records.ts';
import { latency } from './goals/latency.ts';
import { lostChannel } from './goals/lost-channel.ts';
import { residentMemory } from './goals/resident-memory.ts';
import { startTime } from './goals/start-time.ts';
import { build, machine } from './machine.ts';

const goals: readonly Goal[] = [
  startTime,
  latency(1389),
  latency(50_000),
  lostChannel,
  idlePartitions,
  residentMemory(12, 150, 1_000_000),
  residentMemory(300, 180, 1_000_000),
  residentMemory(1000, 220, 1_000_000),
  largeRecords,
];

const { values: options } = parseArgs({
  args: process.argv.slice(3),
  options: { only: { type: 'string' }, json: { type: 'string' }, program: { type: 'string' } },
});
const only = options.only?.split(',');

const line = ({ what, value, unit, goal, atLeast = false }: Finding): string => {
  const shown = `${value.toFixed(Math.abs(value) < 10 ? 1 : 0)} ${unit}`.padStart(18);
  if (goal === null) return `${shown}  ${what}`;
  const isMet = atLeast ? value >= goal : value <= goal;
  return `${shown}  ${what} (goal ${atLeast ? '≥' : '≤'} ${goal}${isMet ? '' : ': MISSED'})`;
};

if (options.program === undefined) build();
const given = process.env['KAFKA_BOOTSTRAP_SERVERS'];
const broker = given === undefined || given === '' ? await startBroker() : null;
const bootstrapServers = broker?.bootstrapServers ?? given ?? '';
const results: { readonly goal: string; readonly does: string; readonly findings: readonly Finding[] }[] = [];
try {
  for (const goal of goals) {
    if (only !== undefined && !only.includes(goal.name)) continue;
    const emulator = await startDiscard();
    try {
      const findings = await goal.measure({ bootstrapServers, program: options.program, emulator });
      results.push({ goal: goal.name, does: goal.does, findings });
      console.log(`\n${goal.name}: ${goal.does}`);
      for (const finding of findings) console.log(line(finding));
    } finally {
      await emulator.stop();
    }
  }
  if (options.json !== undefined) {
    const text = JSON.stringify({ at: new Date().toISOString(), machine: machine(), results }, null, 2);
    writeFileSync(options.json, `${text}\n`);
  }
} finally {
  await broker?.stop();
}
