import { setTimeout as sleep } from 'node:timers/promises';
import type { NetworkFault, StruckFault } from '../support/network-proxy.ts';
import { withAdmin } from '../support/topics.ts';
import { waitFor } from '../support/wait-for.ts';
import type { OrderedFault, Strikes } from './fault-kinds.ts';
import type { LoadTopic } from './load.ts';
import type { ScheduledFault } from './schedule.ts';
import { pickFrom } from './schedule.ts';
import type { Stage } from './stage.ts';
import type { WorkerSlot } from './worker-slot.ts';

export interface Round {
  readonly stage: Stage;
  readonly slots: readonly WorkerSlot[];
  /** Of the connector. */
  readonly group: string;
  readonly topics: readonly LoadTopic[];
  readonly strikes: Strikes;
  readonly say: (what: string) => void;
}

/** A deadline for what must come about: a machine that takes long to start a worker takes long for all. */
export const patienceMs = (slots: readonly WorkerSlot[]): number =>
  Math.max(60_000, ...slots.map(({ slowestStartMs }) => 8 * slowestStartMs));

const holdSlot = async <T>(round: Round, pick: number, use: (slot: WorkerSlot, index: number) => Promise<T>) => {
  const free = await waitFor(
    () => {
      const candidates = round.slots.filter((slot) => !slot.busy && slot.isRunning);
      return candidates.length > 0 && candidates;
    },
    { deadlineMs: patienceMs(round.slots), what: 'a worker that runs' },
  );
  const slot = pickFrom(pick, free);
  slot.busy = true;
  try {
    return await use(slot, round.slots.indexOf(slot));
  } finally {
    slot.busy = false;
  }
};

/** Lasts as long as ordered, and on until it has struck. */
const untilStruck = async (fault: StruckFault, lastMs: number, deadlineMs: number, what: string): Promise<void> => {
  try {
    await sleep(lastMs);
    await waitFor(() => fault.strikes() > 0, { deadlineMs, what });
  } finally {
    fault.heal();
  }
};

const network =
  (to: 'kafka' | 'snowflake', fault: NetworkFault) =>
  (round: Round, { kind, pick, lastMs }: ScheduledFault): Promise<void> =>
    holdSlot(round, pick, (slot, index) => {
      const { stage } = round;
      const struck = to === 'kafka' ? stage.strikeKafka(slot.name, fault) : stage.strikeSnowflake(index, fault);
      return untilStruck(struck, lastMs, patienceMs(round.slots), `${kind} to hit ${slot.name}`);
    });

const sequencerOf = async (stage: Stage, channel: string): Promise<number> =>
  (await stage.channels()).find((each) => each.channel.toLowerCase() === channel.toLowerCase())?.clientSequencer ?? -1;

/**
 * An append is on its way when its worker freezes; it arrives when another worker has the partition already, and the frozen one wakes up.
 * Neither that append nor any later one of the zombie may land: the emulator must refuse it.
 */
const zombie = (round: Round, { pick }: ScheduledFault): Promise<void> =>
  holdSlot(round, pick, async (slot, index) => {
    const { stage, strikes } = round;
    const deadlineMs = patienceMs(round.slots);
    const held = stage.strikeSnowflake(index, { type: 'hold', text: /^POST \S*\/channels\/[^/\s]+\/rows/ });
    try {
      await waitFor(() => held.strikes() > 0, { deadlineMs, what: `an append of ${slot.name}` });
      const channel = decodeURIComponent(held.held[0]?.match(/\/channels\/([^/\s]+)\/rows/)?.[1] ?? '');
      slot.signal('SIGSTOP');
      const before = await sequencerOf(stage, channel);
      await waitFor(async () => (await sequencerOf(stage, channel)) > before, {
        ...{ deadlineMs, what: `another worker to take over channel ${channel}`, everyMs: 100 },
      });
      held.heal();
      slot.signal('SIGCONT');
      strikes['zombie worker']++;
      await waitFor(() => held.answers.length > 0 || !slot.isRunning, {
        ...{ deadlineMs, what: `the answer to the late append of ${slot.name}` },
      });
      const [answer = ''] = held.answers;
      round.say(`late append of ${slot.name}: ${answer}`);
      if (/^HTTP\/1\.1 4\d\d/.test(answer)) strikes['refused zombie append']++;
      if (/^HTTP\/1\.1 200/.test(answer)) slot.findings.push(`${slot.name}: an append of the zombie was taken`);
    } finally {
      held.heal();
      slot.signal('SIGCONT');
    }
  });

/** All but one leave in their order and come back, one after the other, faster than the group comes to rest. */
const storm = async (round: Round, { pick }: ScheduledFault): Promise<void> => {
  const stays = pickFrom(pick, round.slots);
  for (const slot of round.slots) {
    if (slot === stays) continue;
    const isFree = () => !slot.busy && slot.isRunning;
    await waitFor(isFree, { deadlineMs: patienceMs(round.slots), what: `${slot.name} to run` });
    slot.busy = true;
    try {
      if (await slot.terminate()) round.strikes['rebalance storm']++;
      await slot.start();
    } finally {
      slot.busy = false;
    }
  }
};

const restartBroker = async ({ stage, strikes }: Round, { pick, brutal, lastMs }: ScheduledFault): Promise<void> => {
  const id = 1 + Math.floor(pick * stage.brokers);
  if (brutal) {
    await stage.broker.kill(id);
    await sleep(lastMs);
  }
  await stage.broker.restart(id);
  strikes['broker restart']++;
};

/** Every partition of one topic goes to brokers that do not lead it now. */
const moveLeaders = async ({ stage, slots, topics, strikes }: Round, { pick }: ScheduledFault): Promise<void> => {
  const deadlineMs = patienceMs(slots);
  const topic = pickFrom(pick, topics).name;
  const leaders = (): Promise<Map<number, number>> =>
    withAdmin(stage.bootstrapServers, async (admin) => {
      const { topics: found } = await admin.fetchTopicMetadata({ topics: [topic] });
      return new Map(found[0]?.partitions.map(({ partitionId, leader }) => [partitionId, leader]));
    });
  const before = await waitFor(
    async () => {
      const now = await leaders();
      return [...now.values()].every((leader) => leader > 0) && now;
    },
    { deadlineMs, what: `leaders of ${topic}`, everyMs: 250 },
  );
  const others = (leader: number) =>
    Array.from({ length: stage.brokers }, (_, id) => id + 1).filter((id) => id !== leader);
  await withAdmin(stage.bootstrapServers, (admin) =>
    admin.alterPartitionReassignments({
      topics: [
        {
          topic,
          partitionAssignment: [...before].map(([partition, leader]) => ({ partition, replicas: others(leader) })),
        },
      ],
    }),
  );
  const moved = async () => {
    const now = await leaders();
    return [...before].every(([partition, leader]) => now.get(partition) !== leader);
  };
  await waitFor(moved, { deadlineMs, what: `the leaders of ${topic} to move`, everyMs: 250 });
  strikes['leader move'] += before.size;
};

const restartEmulator = async ({ stage, strikes }: Round, { lastMs }: ScheduledFault): Promise<void> => {
  await stage.killEmulator();
  await sleep(lastMs / 2);
  await stage.startEmulator();
  strikes['emulator restart']++;
};

const acts: Readonly<Record<OrderedFault, (round: Round, fault: ScheduledFault) => Promise<void>>> = {
  'zombie worker': zombie,
  'rebalance storm': storm,
  'broker restart': restartBroker,
  'leader move': moveLeaders,
  'emulator restart': restartEmulator,
  'kafka cut': network('kafka', { type: 'cut' }),
  'kafka half-open': network('kafka', { type: 'half-open' }),
  'kafka delay': network('kafka', { type: 'delay', ms: 400 }),
  'snowflake cut': network('snowflake', { type: 'cut' }),
  'snowflake half-open': network('snowflake', { type: 'half-open' }),
  'snowflake delay': network('snowflake', { type: 'delay', ms: 400 }),
};

/** Resolves when it has struck and is over; rejects if that does not come about. */
export const strike = async (round: Round, fault: ScheduledFault): Promise<void> => {
  round.say(`${fault.kind} …`);
  await acts[fault.kind](round, fault);
  if (/^(kafka|snowflake) /.test(fault.kind)) round.strikes[fault.kind]++;
};
