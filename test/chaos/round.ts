import { setTimeout as sleep } from 'node:timers/promises';
import { quickWorker } from '../support/sink-scenario.ts';
import { emulatorLogin } from '../support/snowflake.ts';
import { createTopic, withAdmin } from '../support/topics.ts';
import { waitFor } from '../support/wait-for.ts';
import { sinkConfig } from '../support/worker-process.ts';
import type { Strikes } from './fault-kinds.ts';
import { isPossible, loadFaults, noStrikes, orderedFaults } from './fault-kinds.ts';
import type { Round } from './faults.ts';
import { patienceMs, strike } from './faults.ts';
import { countedFindings } from './ledger.ts';
import type { Load } from './load.ts';
import { startLoad } from './load.ts';
import type { Schedule, ScheduledKill } from './schedule.ts';
import { pickFrom } from './schedule.ts';
import type { Stage } from './stage.ts';
import { chaosDatabase, sessionTimeoutMs } from './stage.ts';
import type { ChaosVerdict, OracleSubject } from './verdict.ts';
import { askChaosOracle } from './verdict.ts';
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

/** Of all channels of the round. A look that costs next to nothing: what became of every record is asked over SQL, at the end. */
const rowsOf = async (stage: Stage, name: string): Promise<{ readonly inserted: number; readonly dropped: number }> => {
  const channels = (await stage.channels()).filter(({ pipe }) => pipe.pipe.startsWith(name.toUpperCase()));
  return {
    inserted: channels.reduce((sum, { rowsInserted }) => sum + rowsInserted, 0),
    dropped: channels.reduce((sum, { rowsErrorCount }) => sum + rowsErrorCount, 0),
  };
};

const killWorkers = async (
  round: Round,
  name: string,
  kills: readonly ScheduledKill[],
  isOver: () => boolean,
): Promise<void> => {
  let rows = 0;
  for (const { pick, gapMs, afterRows } of kills) {
    if (isOver()) return;
    await sleep(gapMs);
    const rowsCame = async (): Promise<boolean> => isOver() || (await rowsOf(round.stage, name)).inserted > rows;
    // a fault beside it may keep every row away for a while: then it is a kill in that state
    if (afterRows) await waitFor(rowsCame, { deadlineMs: 5000, what: 'rows', everyMs: 200 }).catch(() => {});
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
    rows = await rowsOf(round.stage, name).then(
      ({ inserted }) => inserted,
      () => rows,
    );
  }
};

/** Of all partitions together: what the group has committed. */
const committedBy = (group: string, { bootstrapServers, topics }: OracleSubject): Promise<number> =>
  withAdmin(bootstrapServers, async (admin) => {
    const found = await admin.fetchOffsets({ groupId: group, topics: topics.map(({ name }) => name) });
    return found.flatMap(({ partitions }) => partitions).reduce((sum, { offset }) => sum + Number(offset), 0);
  });

/** Waits until nothing is missing, as long as anything still moves; the last verdict in any case. */
const settle = async ({ group, slots }: Round, subject: OracleSubject): Promise<ChaosVerdict> => {
  let committed = -1;
  let accounted = -1;
  let movedAt = performance.now();
  let last: ChaosVerdict | undefined;
  let trouble: unknown;
  while (last?.missing.length !== 0 && performance.now() - movedAt < 3 * patienceMs(slots)) {
    await sleep(1000);
    const before = { committed, accounted };
    try {
      committed = await committedBy(group, subject);
      // while commits go on, the oracle need not read it all
      if (committed === before.committed) last = await askChaosOracle(subject);
      accounted = last === undefined ? -1 : last.stored + last.deadLettered;
    } catch (error) {
      trouble = error;
    }
    if (committed !== before.committed || accounted !== before.accounted) movedAt = performance.now();
  }
  if (last === undefined) throw new Error('the oracle could not look', { cause: trouble });
  return last;
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
      'consumer.heartbeat.interval.ms': '500',
      // what the network proxies know a worker by
      ...{ 'consumer.client.id': client, 'producer.client.id': client, 'admin.client.id': client },
    };
    return new WorkerSlot({ name: client, worker: { properties, connectors: [connector] }, logs: stage.logs });
  });
  await Promise.all(slots.map((slot) => slot.start()));
  return slots;
};

const drain = async (load: Load, round: Round, subject: OracleSubject): Promise<ChaosVerdict> => {
  await load.stop();
  for (const slot of round.slots) {
    slot.signal('SIGCONT');
    if (!slot.isRunning) await slot.start();
  }
  return settle(round, subject);
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
    await waitFor(async () => (await rowsOf(stage, name)).inserted > 0, {
      ...{ deadlineMs: patienceMs(slots), what: 'the first row', everyMs: 100 },
    });
    let faultsOver = false;
    const kills = killWorkers(round, name, schedule.kills, () => faultsOver && isOver());
    const watch = setInterval(() => {
      for (const slot of slots) void slot.checkTasks().catch(() => {});
    }, 1000);
    for (const fault of schedule.faults)
      await strike(round, fault).catch((error: unknown) => failures.push(`${fault.kind}: ${String(error)}`));
    faultsOver = true;
    await kills;
    say(`all faults are over, ${load.acknowledged()} records written, ${strikes['worker kill']} kills; settling …`);
    const verdict = await drain(load, round, subject);
    clearInterval(watch);
    Object.assign(strikes, load.strikes, {
      'compacted record': verdict.compactedAway,
      'row rejected late': (await rowsOf(stage, name)).dropped,
    });
    failures.push(...neverStruck(strikes, stage.brokers));
    const dropped = strikes['row rejected late'];
    if (verdict.lateLetters !== dropped)
      failures.push(`${dropped} rows were dropped late, and ${verdict.lateLetters} have a letter for it`);
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
