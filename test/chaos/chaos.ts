/**
 * `npm run chaos -- --kills 1000`: a real Kafka cluster, the emulator and workers as processes, seeded faults on all of them, and an oracle that
 * accounts for every record. Resumable: the ledger file keeps what earlier runs have counted.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { scriptOptions } from '../support/script-options.ts';
import type { PlayedRound } from './ledger.ts';
import { describeLedger, enter, readLedger } from './ledger.ts';
import { playRound } from './round.ts';
import type { Schedule } from './schedule.ts';
import { drawSchedule } from './schedule.ts';
import type { Stage } from './stage.ts';
import { setStage } from './stage.ts';

const usage = `npm run chaos -- [options]: rounds of seeded faults on real processes; one round where neither --kills nor --minutes is given

  --kills N             until the ledger counts so many SIGKILLs of workers
  --minutes N           until so long has passed and every kind of fault has struck
  --seed N              this seed and those after it, instead of the ledger's next
  --fresh               seeds that no run had before
  --brokers N           default 3
  --workers N           default 3
  --kills-per-round N   default 60
  --folder DIR          ledger and logs, default .cache/chaos
  --report              only prints the counts so far`;
const flags = scriptOptions(usage, {
  kills: { type: 'string' },
  minutes: { type: 'string' },
  seed: { type: 'string' },
  /** Seconds since 2020. */
  fresh: { type: 'boolean', default: false },
  brokers: { type: 'string', default: '3' },
  workers: { type: 'string', default: '3' },
  'kills-per-round': { type: 'string', default: '60' },
  folder: { type: 'string', default: '.cache/chaos' },
  report: { type: 'boolean', default: false },
});
const ledgerFile = join(flags.folder, 'ledger.json');
let ledger = readLedger(ledgerFile);
const brokers = Number(flags.brokers);
const start = performance.now();
const say = (what: string): void =>
  console.log(`${((performance.now() - start) / 1000).toFixed(1).padStart(7)} s  ${what}`);

const until = flags.minutes === undefined ? Infinity : start + Number(flags.minutes) * 60_000;
const killsWanted = flags.kills === undefined ? Infinity : Number(flags.kills);
const once = flags.kills === undefined && flags.minutes === undefined;
/** What a round takes at the least. */
const roundMs = 120_000;
const kills = (): number => ledger.counts.struck['worker kill'];
const timeIsUp = (): boolean => performance.now() >= until;

const describeSchedule = ({ faults, kills }: Schedule): string =>
  [
    ...faults.map(
      ({ kind, pick, lastMs, brutal }) =>
        `  ${kind} (pick ${pick.toFixed(3)}, ${lastMs} ms${brutal ? ', brutal' : ''})`,
    ),
    ...kills.map(
      ({ pick, gapMs, afterRows }, index) =>
        `  kill ${index + 1} (pick ${pick.toFixed(3)}, after ${gapMs} ms${afterRows ? ' and rows' : ''})`,
    ),
  ].join('\n');

const reportFailure = ({ logs }: Stage, schedule: Schedule, failures: readonly string[]): void => {
  console.log(
    [
      `\nFAILED with seed ${schedule.seed}:`,
      ...failures.map((failure) => `  ${failure}`),
      'schedule:',
      describeSchedule(schedule),
      `output of every process: ${logs}`,
      `again: npm run chaos -- --seed ${schedule.seed} --brokers ${flags.brokers} --workers ${flags.workers} --kills-per-round ${schedule.kills.length}`,
    ].join('\n'),
  );
};

/** True: the round went well. */
const play = async (stage: Stage, seed: number): Promise<boolean> => {
  const wanted = Math.min(Number(flags['kills-per-round']), killsWanted - kills());
  const schedule = drawSchedule(seed, brokers, Math.max(1, wanted));
  say(`round with seed ${seed}: ${schedule.faults.length} faults, ${schedule.kills.length} kills`);
  const began = performance.now();
  let judged: PlayedRound['judged'] = null;
  let failures: readonly string[];
  try {
    const result = await playRound({ stage, schedule, isOver: timeIsUp, say });
    judged = result;
    ({ failures } = result);
  } catch (error) {
    failures = [error instanceof Error ? (error.stack ?? error.message) : String(error)];
  }
  const seconds = (performance.now() - began) / 1000;
  ledger = enter(ledgerFile, ledger, { seed, seconds, judged, failures });
  if (failures.length > 0) reportFailure(stage, schedule, failures);
  return failures.length === 0;
};

const firstSeed = (): number => {
  if (flags.fresh) return Math.floor(Date.now() / 1000 - 1_577_836_800);
  return flags.seed === undefined ? ledger.nextSeed : Number(flags.seed);
};

const run = async (): Promise<boolean> => {
  const logs = join(flags.folder, `logs-${new Date().toISOString().replaceAll(':', '-')}`);
  mkdirSync(logs, { recursive: true });
  const stage = await setStage(brokers, Number(flags.workers), logs);
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      say('stopping: all processes are ended; this round is not counted');
      void stage.close().finally(() => process.exit(130));
    });
  try {
    let seed = firstSeed();
    do {
      if (!(await play(stage, seed++))) return false;
    } while (!once && performance.now() + roundMs < until && kills() < killsWanted);
    return true;
  } finally {
    writeFileSync(join(logs, 'ledger.json'), JSON.stringify(ledger, null, 2));
    await stage.close();
  }
};

if (flags.report || kills() >= killsWanted) console.log(describeLedger(ledger));
else {
  const passed = await run();
  console.log(`\n${describeLedger(ledger)}\n`);
  process.exit(passed ? 0 : 1);
}
