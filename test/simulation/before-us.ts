import { asNextOffset, type TopicPartition, topicPartitionKey } from '../../src/api/index.ts';
import { Migration } from '../../src/cli/migrate/migration.ts';
import type { MigrationAccount, MigrationCluster, ShownChannel } from '../../src/cli/migrate/ports.ts';
import { parseSinkSettings } from '../../src/connector/snowflake-sink-config.ts';
import { type Kill, Killed } from '../support/migration-world.ts';
import { tableOf } from './connector-config.ts';
import type { LogRecord } from './kafka/partition-log.ts';
import type { LoadGenerator } from './load-generator.ts';
import type { Simulation } from './simulation.ts';
import { SeededRandom } from './world/seeded-random.ts';

/** A Snowflake connector that ran before ours, and a `snowsink migrate` that is killed once and run again. */
export interface Before {
  /** v3: classic channels `<topic>_<p>`; v4: the pipe's, `<CONNECTOR>_<topic>_<p>`, of our own name or another. */
  readonly connector: 'v3' | 'v4' | 'v4-same-name';
  readonly kill: Kill;
}

export const drawBefore = (seed: number): Before | undefined => {
  const random = new SeededRandom(seed, 4);
  if (!random.chance(0.2)) return undefined;
  return {
    connector: random.pick(['v3', 'v4', 'v4-same-name'] as const),
    kill: { at: random.between(1, 14), side: random.pick(['before', 'after'] as const) },
  };
};

const names = { v3: 'old', v4: 'old', 'v4-same-name': 'simulated' };
const group = 'connect-simulated';

/** Records that it has read, their rows and letters, its tokens, and a commit that lags. Then ours takes over. */
export const runBefore = async (simulation: Simulation, load: LoadGenerator, before: Before): Promise<void> => {
  const { kafka, snowflake, oracle, scenario } = simulation;
  const random = new SeededRandom(scenario.seed, 5);
  const classic = new Map<string, ShownChannel[]>();
  for (const where of kafka.partitions()) {
    load.produceNow(where, random.between(0, 12));
    const { history } = kafka.log(where);
    const read = history.slice(0, random.between(0, history.length));
    const rows = read.filter(({ fate }) => fate === 'row');
    const last = rows.at(-1);
    if (last === undefined) continue;
    // what it left out behind its last row, and reported, is read again: nothing tells of it
    for (const record of read)
      if (record.fate === 'dead-letter' && record.offset < last.offset) oracle.letter(letterOf(record));
    const table = tableOf(scenario, where.topic);
    const own = `${where.topic}_${where.partition}`;
    const name = before.connector === 'v3' ? own : `${names[before.connector].toUpperCase()}_${own}`;
    snowflake.storeBefore(
      table,
      name,
      rows.map(({ offset, id }) => ({ ...where, offset, id })),
    );
    if (before.connector === 'v3') {
      snowflake.service.drop(snowflake.pipeOf(table), name, false);
      classic.set(table, [...(classic.get(table) ?? []), { name, token: String(last.offset), isClassic: true }]);
    }
    const committed = last.offset + 1n - BigInt(random.between(0, Number(last.offset) + 1));
    kafka.coordinator.committed.set(topicPartitionKey(where), { offset: asNextOffset(committed), metadata: '' });
  }
  for (const kill of [before.kill, null]) {
    const migration = new Migration({
      source: { group, connector: names[before.connector] },
      group,
      config: simulation.config,
      settings: parseSinkSettings(simulation.config),
      ...portsOf(simulation, classic, kill),
    });
    try {
      const plan = await migration.plan();
      for (const one of plan.partitions) if (one.kind === 'stop') oracle.breach(`no take-over: ${one.because}`);
      await migration.takeOver(plan);
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
      simulation.note('migrate', 'is killed');
    }
  }
};

const letterOf = ({ id, offset }: LogRecord): Parameters<Simulation['oracle']['letter']>[0] => ({
  topic: 'dlq',
  key: Buffer.from(String(id)),
  value: null,
  headers: [['__connect.errors.offset', Buffer.from(String(offset))]],
});

const portsOf = (
  { kafka, snowflake }: Simulation,
  classic: ReadonlyMap<string, readonly ShownChannel[]>,
  kill: Kill | null,
): { readonly cluster: MigrationCluster; readonly account: MigrationAccount } => {
  let calls = 0;
  const call = async <T>(act: () => T): Promise<T> => {
    const isLast = ++calls === kill?.at;
    if (isLast && kill?.side === 'before') throw new Killed();
    const result = act();
    if (isLast) throw new Killed();
    return result;
  };
  const committed = (where: TopicPartition) => kafka.coordinator.committed.get(topicPartitionKey(where));
  const close = async (): Promise<void> => {};
  return {
    cluster: {
      close,
      listTopics: () => call(() => [...kafka.topics.keys()]),
      topicOffsets: (topic) =>
        call(
          () =>
            new Map(
              kafka
                .topic(topic)
                .logs.map((log, at) => [at, { start: asNextOffset(log.start), end: asNextOffset(log.end) }] as const),
            ),
        ),
      group: () => call(() => ({ state: 'Empty', members: kafka.coordinator.size })),
      committedOffsets: () =>
        call(() =>
          kafka.partitions().flatMap((where) => {
            const commit = committed(where);
            return commit === undefined ? [] : [{ ...where, ...commit }];
          }),
        ),
      alterCommittedOffsets: (_group, offsets) =>
        call(() => {
          for (const { offset, metadata, ...where } of offsets)
            kafka.coordinator.committed.set(topicPartitionKey(where), { offset, metadata });
        }),
    },
    account: {
      close,
      hasTable: () => call(() => true),
      channels: (table) =>
        call(() => [
          ...(classic.get(table) ?? []),
          ...[...snowflake.service.channels()]
            .filter(({ record }) => record.pipe.pipe === snowflake.pipeOf(table).pipe)
            .map(({ record }) => ({ name: record.channel, token: record.committedToken, isClassic: false })),
        ]),
      highestRows: (table, topic) =>
        call(() => ({ byPartition: snowflake.highestRows(table, topic ?? ''), isComplete: true })),
      pendingFiles: () => call(() => null),
      moveToken: close,
      dropChannel: close,
    },
  };
};
