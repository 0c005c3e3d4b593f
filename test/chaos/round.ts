import { setTimeout as sleep } from 'node:timers/promises';
import { countRows } from '../support/oracle.ts';
import { quickWorker } from '../support/sink-scenario.ts';
import { emulatorLogin } from '../support/snowflake.ts';
import { createTopic } from '../support/topics.ts';
import { waitFor } from '../support/wait-for.ts';
import { sinkConfig } from '../support/worker-process.ts';
import type { Strikes } from './fault-kinds.ts';
import { isPossible, loadFaults, noStrikes, orderedFaults } from './fault-kinds.ts';
import type { Round } from './faults.ts';
import { strike } from './faults.ts';
import { countedFindings } from './ledger.ts';
import type { Load } from './load.ts';
import { startLoad } from './load.ts';
import type { Schedule, ScheduledKill } from './schedule.ts';
import { pickFrom } from './schedule.ts';
import type { Stage } from './stage.ts';
import { chaosDatabase, sessionTimeoutMs } from './stage.ts';
import type { ChaosVerdict, OracleSubject } from './verdict.ts';
import { askChaosOracle, withSession } from './verdict.ts';
import { WorkerSlot } from './worker-slot.ts';

export interface RoundResult {
  readonly strikes: Strikes;
  readonly verdict: ChaosVerdict;
  /** Empty: all went well. */
  readonly failures: readonly string[];
}

export interface RoundOptions {
  readonly stage: Stage;
  readonly schedule: Schedule;
  /** True: the kills that are left need not come. */
  readonly isOver: () => boolean;
  readonly say: (what: string) => void;
}

/** Nothing new for so long, with all faults over: then nothing will come. */
const stillnessMs = 120_000;

const rowsIn = ({ login, topics }: OracleSubject): Promise<number> =>
  withSession(login, async (session) => {
    const counts = await Promise.all(topics.map(({ table }) => countRows(session, table)));
    return counts.reduce((sum, rows) => sum + rows, 0);
  });

const killWorkers = async (
  round: Round,
  subject: OracleSubject,
  kills: readonly ScheduledKill[],
  isOver: () => boolean,
): Promise<void> => {
  let rows = 0;
  for (const { pick, gapMs, afterRows } of kills) {
    if (isOver()) return;
    await sleep(gapMs);
    const rowsCame = async (): Promise<boolean> => isOver() || (await rowsIn(subject)) > rows;
    // a fault beside it may keep every row away for a while: then it is a kill in that state
    if (afterRows) await waitFor(rowsCame, { deadlineMs: 20_000, what: 'rows', everyMs: 200 }).catch(() => {});
    const free = round.slots.filter((slot) => !slot.busy && slot.isRunning);
    if (free.length > 0) {
      const slot = pickFrom(pick, free);
      slot.busy = true;
      if (await slot.kill()) round.strikes['worker kill']++;
      // the others are fair game while this one starts
      void slot
        .start()
        .catch((error: unknown) => slot.findings.push(`${slot.name} does not start: ${String(error)}`))
        .finally(() => {
          slot.busy = false;
        });
    }
    rows = await rowsIn(subject).catch(() => rows);
  }
};

/** Waits until nothing is missing, as long as anything still arrives; the last verdict in any case. */
const settle = async (subject: OracleSubject): Promise<ChaosVerdict> => {
  let seen = -1;
  let changedAt = performance.now();
  let last: ChaosVerdict | undefined;
  for (;;) {
    try {
      last = await askChaosOracle(subject);
      if (last.missing.length === 0) return last;
      const now = last.stored + last.deadLettered;
      if (now !== seen) changedAt = performance.now();
      seen = now;
    } catch (error) {
      if (performance.now() - changedAt > stillnessMs) throw error;
    }
    if (last !== undefined && performance.now() - changedAt > stillnessMs) return last;
    await sleep(1000);
  }
};

const neverStruck = (strikes: Strikes, brokers: number): string[] =>
  (['worker kill', ...orderedFaults, ...loadFaults] as const)
    .filter((kind) => isPossible(kind, brokers) && strikes[kind] === 0)
    .map((kind) => `"${kind}" never struck`);

const startSlots = async (stage: Stage, name: string, topics: string, deadLetterTopic: string) => {
  const slots = stage.snowflakeUrls.map((url, index) => {
    const client = `chaos-worker-${index + 1}`;
    const connector = sinkConfig({ name, topics, login: emulatorLogin(url, chaosDatabase), deadLetterTopic });
    const properties = {
      ...quickWorker,
      'bootstrap.servers': stage.bootstrapServers,
      'consumer.session.timeout.ms': String(sessionTimeoutMs),
      // what the network proxies know a worker by
      ...{ 'consumer.client.id': client, 'producer.client.id': client, 'admin.client.id': client },
    };
    return new WorkerSlot({ name: client, worker: { properties, connectors: [connector] }, logs: stage.logs });
  });
  // one after the other: the first makes the tables
  for (const slot of slots) await slot.start();
  return slots;
};

const drain = async (load: Load, slots: readonly WorkerSlot[], subject: OracleSubject): Promise<ChaosVerdict> => {
  await load.stop();
  for (const slot of slots) {
    slot.signal('SIGCONT');
    if (!slot.isRunning) await slot.start();
  }
  return settle(subject);
};

/** Topics, tables and workers of its own; load, faults, then quiet; and what became of every record. */
export const playRound = async ({ stage, schedule, isOver, say }: RoundOptions): Promise<RoundResult> => {
  const { seed } = schedule;
  const { bootstrapServers } = stage;
  const name = `chaos_${seed}_${Date.now().toString(36)}`;
  const replicationFactor = Math.min(2, stage.brokers);
  const deadLetterTopic = await createTopic(bootstrapServers, { exactName: `${name}_dlq`, replicationFactor });
  const load = await startLoad({ bootstrapServers, name, seed, replicationFactor });
  const strikes = noStrikes();
  const subject: OracleSubject = {
    ...{ bootstrapServers, deadLetterTopic, topics: load.topics },
    login: emulatorLogin(stage.emulatorUrl, chaosDatabase),
  };
  const failures: string[] = [];
  const topicNames = load.topics.map((topic) => topic.name).join(',');
  const slots = await startSlots(stage, name, topicNames, deadLetterTopic);
  try {
    const round: Round = { stage, slots, group: `connect-${name}`, topics: load.topics, strikes, say };
    await waitFor(async () => (await rowsIn(subject)) > 0, { deadlineMs: 180_000, what: 'the first row' });
    let faultsOver = false;
    const kills = killWorkers(round, subject, schedule.kills, () => faultsOver && isOver());
    const watch = setInterval(() => {
      for (const slot of slots) void slot.checkTasks().catch(() => {});
    }, 1000);
    for (const fault of schedule.faults)
      await strike(round, fault).catch((error: unknown) => failures.push(`${fault.kind}: ${String(error)}`));
    faultsOver = true;
    await kills;
    say(`all faults are over, ${load.acknowledged()} records written, ${strikes['worker kill']} kills; settling …`);
    const verdict = await drain(load, slots, subject);
    clearInterval(watch);
    const rejected = (await stage.channels())
      .filter(({ pipe }) => pipe.pipe.startsWith(name.toUpperCase()))
      .reduce((sum, { rowsErrorCount }) => sum + rowsErrorCount, 0);
    Object.assign(strikes, load.strikes, {
      'compacted record': verdict.compactedAway,
      'row rejected late': rejected,
    });
    failures.push(...neverStruck(strikes, stage.brokers));
    for (const finding of countedFindings)
      if (verdict[finding].length > 0)
        failures.push(`${finding}: ${verdict[finding].length} (${verdict[finding].slice(0, 5).join(', ')})`);
    await Promise.all(slots.map((slot) => slot.terminate()));
    failures.push(...slots.flatMap(({ findings }) => findings));
    return { strikes, verdict, failures };
  } finally {
    await load.stop();
    await Promise.all(slots.map((slot) => slot.kill()));
  }
};
