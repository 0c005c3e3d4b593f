import fc from 'fast-check';
import { expect, test } from 'vitest';
import { asLastOffset, asNextOffset } from '../../../src/api/index.ts';
import { Migration } from '../../../src/cli/migrate/migration.ts';
import { channelName, connectorObjectName } from '../../../src/connector/channel-name.ts';
import { parseSinkSettings } from '../../../src/connector/snowflake-sink-config.ts';
import { encodeCommitMetadata, resumeAt } from '../../../src/offsets/index.ts';
import { createKeyPair } from '../../support/key-pair.ts';
import { type Kill, Killed, MigrationWorld } from '../../support/migration-world.ts';

/** A connector of before: its class, and how it names channels. `files`: v3 by Snowpipe files, which has none. */
interface Old {
  readonly kind: 'v3' | 'v4' | 'files';
  readonly includesName: boolean;
  readonly connector: string;
}

interface Course {
  readonly old: Old;
  readonly ours: 'v3' | 'v4' | 'own';
  readonly name: string;
  readonly sameGroup: boolean;
  /** Of each partition: records, how many the old one has read, how far its commit lags, how far ours comes. */
  readonly partitions: readonly {
    readonly end: number;
    readonly read: number;
    readonly lag: number;
    readonly more: number;
  }[];
  readonly kills: readonly [Kill, Kill];
}

const topic = 'orders';
const table = 'ORDERS';
const classes = {
  v3: 'com.snowflake.kafka.connector.SnowflakeSinkConnector',
  v4: 'com.snowflake.kafka.connector.SnowflakeStreamingSinkConnector',
  own: 'io.snowsink.SnowsinkConnector',
};
const { privateKey } = createKeyPair();
const hasRow = (offset: bigint): boolean => offset % 3n !== 2n;

const settingsOf = ({ ours, name }: Course) => {
  const config = {
    name,
    'connector.class': classes[ours],
    topics: topic,
    'snowflake.url.name': 'https://org-acct.snowflakecomputing.com',
    'snowflake.user.name': 'u',
    'snowflake.private.key': privateKey,
    'snowflake.database.name': 'DB',
    'snowflake.schema.name': 'PUBLIC',
    'snowflake.role.name': 'R',
    'snowflake.enable.schematization': 'false',
    'snowflake.topic2table.map': `${topic}:${table}`,
  };
  return { config, settings: parseSinkSettings(config) };
};

const oldChannel = ({ kind, includesName, connector }: Old, partition: number): string =>
  kind === 'v4' || includesName
    ? `${connectorObjectName({ connectorName: connector, generation: kind === 'v4' ? 'v4' : 'v3' })}_${topic}_${partition}`
    : `${topic}_${partition}`;

/** Reads from one offset to another as the old connector does: rows by its channel, then a commit that lags. */
const runOld = (world: MigrationWorld, old: Old, group: string, partition: number, to: bigint, lag: bigint): void => {
  const isClassic = old.kind === 'v3';
  const name = oldChannel(old, partition);
  const token = old.kind === 'files' ? null : world.token(name, isClassic);
  const committed = world.committed(group, partition)?.offset ?? 0n;
  const from = token === null ? committed : token + 1n;
  for (let offset = from; offset < to; offset++)
    if (hasRow(offset)) {
      if (old.kind === 'files') world.rows[partition]?.set(offset, (world.rows[partition]?.get(offset) ?? 0) + 1);
      else world.write(partition, offset, name, isClassic);
    }
  const durable = old.kind === 'files' ? null : world.token(name, isClassic);
  const done = old.kind === 'files' ? to : durable === null ? null : durable + 1n - lag;
  if (done !== null && done > committed) world.commit(group, partition, done, '');
};

/** Ours: where resume.ts says, then rows and commits with their notes. */
const runOurs = (world: MigrationWorld, course: Course, group: string, partition: number, to: bigint): void => {
  const { settings } = settingsOf(course);
  const name = channelName(settings, topic, partition);
  const token = world.token(name, false);
  const logEnd = asNextOffset(world.logEnds[partition] ?? 0n);
  const resume = resumeAt(
    {
      committed: world.committed(group, partition),
      token: token === null ? null : asLastOffset(token),
      logStart: asNextOffset(0n),
      logEnd,
      topicId: 'id',
    },
    { offsetReset: 'earliest', onAmbiguousOffset: 'fail', onLoss: 'fail' },
  );
  if (resume.kind === 'stop') throw new Error(resume.explanation);
  let at: bigint = resume.at;
  for (; at < to; at++) if (hasRow(at)) world.write(partition, at, name, false);
  const last = world.token(name, false);
  const metadata = encodeCommitMetadata({
    token: last === null ? null : asLastOffset(last),
    topicId: 'id',
    incarnation: '1',
  });
  world.commit(group, partition, at, metadata);
};

/** Carries it out as the command does, over a process that is killed; then again, to its end. */
const untilDone = async (world: MigrationWorld, kill: Kill, act: () => Promise<void>): Promise<boolean> => {
  world.calls = 0;
  world.kill = kill;
  let wasKilled = false;
  try {
    await act();
  } catch (error) {
    if (!(error instanceof Killed)) throw error;
    wasKilled = true;
  }
  world.kill = null;
  if (wasKilled) await act();
  return wasKilled;
};

const play = async (course: Course): Promise<number> => {
  const { old, name, sameGroup, partitions, kills } = course;
  const world = new MigrationWorld(
    topic,
    table,
    partitions.map(({ end }) => BigInt(end)),
  );
  const group = `connect-${name}`;
  const source = { group: sameGroup ? group : 'connect-lcc-1x2y3z', connector: old.connector };
  for (const [at, { read, lag }] of partitions.entries())
    runOld(world, old, source.group, at, BigInt(read), BigInt(lag));

  const migration = new Migration({
    source,
    group,
    ...settingsOf(course),
    cluster: world.cluster,
    account: world.account,
  });
  let killed = 0;
  const forth = await untilDone(world, kills[0], async () => {
    const plan = await migration.plan();
    expect(plan.partitions.filter(({ kind }) => kind === 'stop')).toEqual([]);
    await migration.takeOver(plan);
  });
  for (const [at, { read, more, end }] of partitions.entries())
    runOurs(world, course, group, at, BigInt(Math.min(end, read + more)));
  const back = await untilDone(world, kills[1], async () => {
    const plan = await migration.planBack();
    expect(plan.partitions.filter(({ kind }) => kind === 'stop')).toEqual([]);
    await migration.handBack(plan);
  });
  killed += Number(forth) + Number(back);
  for (const [at, { end }] of partitions.entries()) runOld(world, old, source.group, at, BigInt(end), 0n);

  for (const [at, { end }] of partitions.entries()) {
    const wanted = Array.from({ length: end }, (_, offset) => BigInt(offset)).filter(hasRow);
    expect([...(world.rows[at] ?? [])].sort(([a], [b]) => Number(a - b))).toEqual(wanted.map((offset) => [offset, 1]));
  }
  return killed;
};

const kill = fc.record({
  at: fc.integer({ min: 1, max: 12 }),
  side: fc.constantFrom('before' as const, 'after' as const),
});
const course = fc
  .record({
    old: fc.record({
      kind: fc.constantFrom('v3' as const, 'v4' as const, 'files' as const),
      includesName: fc.boolean(),
      connector: fc.constantFrom('orders-sink', 'lcc-1x2y3z', 'Sink'),
    }),
    ours: fc.constantFrom('v3' as const, 'v4' as const, 'own' as const),
    name: fc.constantFrom('orders-sink', 'Sink', 'mine'),
    sameGroup: fc.boolean(),
    partitions: fc.array(
      fc
        .record({ end: fc.nat(14), read: fc.nat(14), lag: fc.nat(3), more: fc.nat(8) })
        .map(({ end, read, ...rest }) => ({ end, read: Math.min(read, end), ...rest })),
      { minLength: 1, maxLength: 3 },
    ),
    kills: fc.tuple(kill, kill),
  })
  .map((drawn): Course => drawn);

test('migrate and migrate --back, killed at any of their calls and run again: each record has one row in the end', async () => {
  let killed = 0;
  await fc.assert(
    fc.asyncProperty(course, async (drawn) => {
      killed += await play(drawn);
    }),
    { numRuns: 400 },
  );
  expect(killed).toBeGreaterThan(200);
});
