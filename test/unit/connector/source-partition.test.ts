import { expect, test } from 'vitest';
import {
  type Assignment,
  asLastOffset,
  asNextOffset,
  type Channel,
  type ChannelSpec,
  type Destination,
  type Logger,
  noMetrics,
  type SinkTaskContext,
  silentLogger,
} from '../../../src/api/index.ts';
import { forgetChannels } from '../../../src/connector/forget-channels.ts';
import { PartitionPauses } from '../../../src/connector/partition-pauses.ts';
import type { SinkSettings } from '../../../src/connector/sink-settings.ts';
import { SourcePartition } from '../../../src/connector/source-partition.ts';
import { TopicPartitionWriter } from '../../../src/connector/topic-partition-writer.ts';
import { encodeCommitMetadata } from '../../../src/offsets/index.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const asOthers = {
  generation: 'own',
  connectorName: 'c',
  account: { database: 'D', schema: 'S' },
  topicToTableMap: '',
  topicToTableRegexReplacement: false,
  sanitizeTableNames: true,
  channelNameIncludesConnector: false,
  offsetReset: 'earliest',
  onLoss: 'fail',
  severalTables: true,
  lanes: 1,
} as unknown as SinkSettings;
const record = (offset: bigint) => ({ offset, batchOffset: offset });
const noted = (topicId: string, tables: Readonly<Record<string, bigint>>): string =>
  encodeCommitMetadata({
    token: asLastOffset(9n),
    topicId,
    incarnation: '1',
    tables: new Map(Object.entries(tables).map(([table, token]) => [table, asLastOffset(token)])),
  });

/** A partition whose group committed 60, with channels that have these tokens, by table or name. */
const setUp = async (
  metadata: string,
  tokens: Readonly<Record<string, bigint>>,
  onAmbiguousOffset: SinkSettings['onAmbiguousOffset'] = 'earliest',
  others: Partial<SinkSettings> = {},
  rowsInsertedEver: number | null = null,
  committed = asNextOffset(60n),
) => {
  const settings = { ...asOthers, ...others, onAmbiguousOffset };
  const [rewinds, dropped, warnings]: [bigint[], string[], string[]] = [[], [], []];
  const clock = new VirtualClock();
  const left = new Map(Object.entries(tokens));
  const destination = {
    open: async (spec: ChannelSpec): Promise<Channel> => {
      const token = left.get(spec.channelName) ?? left.get(spec.table);
      const committed = token === undefined ? null : asLastOffset(token);
      const opened = {
        committed,
        rowsRejected: 0,
        rowsRejectedEver: 0,
        rowsInsertedEver,
        lastRejection: null,
        incarnation: '1',
      };
      return { spec, opened, append: async () => {}, status: () => opened, onStatus: () => {}, close: () => {} };
    },
    drop: async ({ table, channelName }: ChannelSpec) => {
      dropped.push(left.delete(channelName) ? channelName : table);
      left.delete(table);
    },
  } as unknown as Destination;
  const logger: Logger = { ...silentLogger, warn: (_fields: object, text: string) => void warnings.push(text) };
  const context = {
    id: { connector: 'c', task: 0 },
    clock,
    logger,
    metrics: noMetrics,
    offset: (_: unknown, offset: bigint) => void rewinds.push(offset),
    pause: () => {},
    resume: () => {},
    requestCommit: () => {},
  } as unknown as SinkTaskContext;
  const assignment: Assignment = {
    topic: 'home',
    partition: 0,
    epoch: 1,
    committed: { offset: committed, metadata },
    logStart: asNextOffset(0n),
    logEnd: asNextOffset(100n),
    topicId: 'T1',
  };
  const partition = await SourcePartition.open(assignment, 'HOME', {
    settings,
    context,
    destination,
    pauses: new PartitionPauses(context),
    tables: { offsets: async () => [] },
    stopping: new AbortController().signal,
    prepare: async () => {},
    newWriter: (source, channel, hooks) =>
      new TopicPartitionWriter(source, channel, {
        destination,
        settings,
        context,
        ...hooks,
        sends: { add: async () => {} },
        random: () => 0,
        newBuffer: () => ({ isEmpty: true, discard: () => {} }),
      } as never),
  });
  return { partition, settings, destination, rewinds, dropped, warnings, clock };
};

test('a further channel whose token went back is filled up again', async () => {
  const { partition, rewinds, warnings } = await setUp(noted('T1', { OTHER: 50n }), { HOME: 9n, OTHER: 30n });
  await partition.writerFor('OTHER', record(70n));
  expect(rewinds).toEqual([60n, 31n]);
  expect(warnings.join()).toContain('is back at offset 30, and was at 50');
});

test('rows that are sent again to fill a channel up may be dropped again, and are looked for from there on', async () => {
  const { partition } = await setUp(noted('T1', { OTHER: 50n }), { HOME: 9n, OTHER: 30n });
  const other = await partition.writerFor('OTHER', record(70n));
  expect(other.audit.verified.last).toBe(30n);

  const token = { token: null, topicId: 'T1', incarnation: '1', lanes: 2 };
  const metadata = encodeCommitMetadata({ ...token, tables: new Map([['HOME 2/2', asLastOffset(50n)]]) });
  const lost = await setUp(metadata, {}, 'earliest', { lanes: 2, severalTables: false });
  expect(lost.rewinds).toEqual([60n, 0n]);
  const { home } = lost.partition;
  const lane = [0n, 500n, 1000n].map((offset) => lost.partition.writerFor(null, record(offset)));
  const writers = new Set([home, ...(await Promise.all(lane))]);
  expect([...writers].map(({ audit }) => audit.verified.last)).toEqual([-1n, -1n]);
});

test('a rewind leads no further back than need be, where the one before was done and no record of it made a row', async () => {
  const { partition, rewinds } = await setUp(noted('T1', { OTHER: 75n }), { HOME: 9n, OTHER: 70n });
  partition.committable(asNextOffset(80n));
  await partition.writerFor('OTHER', record(90n));
  expect(rewinds).toEqual([60n, 71n]);
});

test('a further channel without its token goes on, and says so', async () => {
  const { partition, rewinds, warnings } = await setUp(noted('T1', { OTHER: 50n }), { HOME: 9n });
  await partition.writerFor('OTHER', record(70n));
  expect(rewinds).toEqual([60n]);
  expect(warnings.join()).toContain('no token any more');
});

test('notes are carried on, and an idle channel is given back', async () => {
  const { partition, clock } = await setUp(noted('T1', { OTHER: 50n, THIRD: 40n }), { HOME: 9n, OTHER: 55n });
  const writer = await partition.writerFor('OTHER', record(70n));
  await clock.advance(11 * 60_000);
  const { metadata } = partition.committable(asNextOffset(80n));
  expect(JSON.parse(metadata)).toMatchObject({ tables: { OTHER: '55', THIRD: '40' } });
  expect(await partition.writerFor('OTHER', record(90n))).not.toBe(writer);
});

test('a topic that was made anew takes no token of the old one, in any table', async () => {
  const { partition, dropped } = await setUp(noted('T0', { OTHER: 50n }), { HOME: 9n, OTHER: 50n, THIRD: 99n });
  expect(dropped).toEqual(['OTHER', 'HOME']);
  await partition.writerFor('THIRD', record(1n));
  expect(dropped).toEqual(['OTHER', 'HOME', 'THIRD']);
});

test('an operator’s reset forgets the channels that the last commit notes', async () => {
  const { settings, destination, dropped } = await setUp(noted('T1', {}), { HOME: 9n });
  const partitions = [{ topic: 'home', partition: 0, metadata: noted('T1', { OTHER: 50n }) }];
  await forgetChannels(settings, destination, partitions, new AbortController().signal);
  expect(dropped).toEqual(['HOME', 'OTHER']);
});

test('where an operator chose the end of a truncated log for a further channel, the next owner leaves out the same', async () => {
  const { partition, dropped } = await setUp(noted('T1', {}), { HOME: 9n, OTHER: 150n }, 'latest');
  const writer = await partition.writerFor('OTHER', record(70n));
  expect(dropped).toEqual(['OTHER']);
  expect(writer.lease().taken).toBe(99n);
  const { metadata } = partition.committable(asNextOffset(80n));
  const next = await setUp(metadata, { HOME: 9n }, 'fail');
  expect((await next.partition.writerFor('OTHER', record(80n))).lease().taken).toBe(99n);
  const later = await setUp(metadata, { HOME: 9n, OTHER: 99n }, 'fail');
  await later.partition.writerFor('OTHER', record(80n));
  expect(later.partition.committable(asNextOffset(80n)).metadata).not.toContain('leftOut');
});

test('the end of a truncated log, chosen for one of several lanes: what Snowflake may have dropped of its rows goes with its channel, and is named', async () => {
  const metadata = encodeCommitMetadata({
    token: asLastOffset(70n),
    topicId: 'T1',
    incarnation: '1',
    lanes: 2,
    tables: new Map([['HOME 2/2', asLastOffset(150n)]]),
  });
  const lanes = { lanes: 2, severalTables: false };
  const { warnings } = await setUp(metadata, { home_0_1of2: 70n, home_0_2of2: 150n }, 'latest', lanes);
  expect(warnings.join()).toContain('ambiguous, offsets 60 to 99; reading on at 100');
});

test('the end of the log, chosen where the token is lost, holds for all tables: none of the others leads reading back before it', async () => {
  const { partition, rewinds, warnings } = await setUp(
    noted('T1', { OTHER: 50n, THIRD: 50n }),
    { OTHER: 55n, THIRD: 30n },
    'latest',
  );
  await partition.writerFor('OTHER', record(100n));
  await partition.writerFor('THIRD', record(101n));
  expect(rewinds).toEqual([100n]);
  expect(warnings).toEqual([expect.stringContaining('ambiguous, offsets 0 to 99; reading on at 100')]);
});

test('a token that somebody has set goes, and those of other tables stay: their rows do not come again', async () => {
  const ofAnotherChannel = noted('T1', { OTHER: 70n }).replace(
    '"incarnation":"1"',
    '"incarnation":"0","rejected":0,"accountedBelow":"10","rows":0',
  );
  const { partition, dropped, rewinds } = await setUp(
    ofAnotherChannel.replace('"token":"9"', '"token":null'),
    { HOME: 80n, OTHER: 70n },
    'kafka',
    {},
    0,
  );
  expect(dropped).toEqual(['HOME']);
  expect(rewinds).toEqual([60n]);
  expect((await partition.writerFor('OTHER', record(65n))).lease().taken).toBe(70n);
});

test('a token that is lost leads no rows back that an operator left out, where the token of another table went back', async () => {
  const metadata = noted('T1', { OTHER: 50n });
  const { partition, rewinds } = await setUp(metadata, { OTHER: 30n }, 'kafka');
  await partition.writerFor('OTHER', record(70n));
  expect(rewinds).toEqual([60n, 31n]);
  expect(partition.home.lease().taken).toBe(59n);
  expect(partition.home.audit.verified.last).toBe(59n);

  const led = partition.committable(asNextOffset(40n));
  const next = await setUp(led.metadata, { OTHER: 30n }, 'fail', {}, null, led.offset);
  expect(next.rewinds).toEqual([40n]);
  expect(next.partition.home.lease().taken).toBe(59n);
  const later = await setUp(led.metadata, { HOME: 61n, OTHER: 30n }, 'fail', {}, null, led.offset);
  expect(later.partition.committable(asNextOffset(62n)).metadata).not.toContain('leftOut');
});

test('a further channel that has lost its token is not brought the rows again that another table’s token leads back to', async () => {
  const tables = { OTHER: 50n, THIRD: 55n };
  const { partition, rewinds } = await setUp(noted('T1', tables), { HOME: 9n, THIRD: 20n }, 'fail');
  const other = await partition.writerFor('OTHER', record(70n));
  await partition.writerFor('THIRD', record(71n));
  expect(rewinds).toEqual([60n, 21n]);
  expect(other.lease().taken).toBe(59n);
});

test('tokens that another ingestion method has left behind lead nobody back', async () => {
  const staged = { token: asLastOffset(9n), topicId: 'T1', incarnation: 'staged-copy:1' };
  const metadata = encodeCommitMetadata({ ...staged, tables: new Map([['OTHER', asLastOffset(50n)]]) });
  const { partition, rewinds } = await setUp(metadata, { HOME: 5n, OTHER: 30n }, 'kafka');
  await partition.writerFor('OTHER', record(70n));
  expect(rewinds).toEqual([60n]);
});
