import { ConfigError, ConnectError, silentLogger } from '../api/index.ts';
import { listedTopics } from '../connector/topic-collisions.ts';
import { TopicToTable } from '../connector/topic-to-table.ts';
import { SnowflakeSession } from '../destinations/index.ts';
import { type ClusterInspector, createKafkaAdmin, createPartitionReader } from '../kafka/index.ts';
import { createMetrics } from '../metrics/index.ts';
import { RecordPipeline } from '../runtime/index.ts';
import { systemClock } from '../util/system-clock.ts';
import { readArguments, UsageError, wantsHelp } from './arguments.ts';
import { auditPartition, type PartitionVerdict } from './audit/audit-partition.ts';
import { countOf, type OffsetRun, type OffsetRuns, runsOf, runsText } from './audit/offset-runs.ts';
import { readOrderBreaks, readStoredOffsets } from './audit/stored-offsets.ts';
import type { Command, CommandLine } from './command.ts';
import { type ConnectorSetup, readGivenFiles, setUpConnector } from './connector-setup.ts';
import { LetterReader } from './dlq/letter.ts';

const usage = `Usage: snowsink audit [--to-end] [--order] [--json] [worker.properties] CONNECTOR-FILE

Compares what Kafka holds with what the tables hold, record by record, by topic, partition and offset: what is missing, what
is there twice, what is there though the log has no such record. Knows of compaction, aborted transactions, records that
transforms or behavior.on.null.values leave out, and dead letters. Reads only; needs SELECT on the tables, and RECORD_METADATA
with topic, partition and offset.

  --to-end   Up to the end of the log; without it up to the offsets that the connector has committed.
  --order    Also how often a row was pushed before the one of the offset before it (SnowflakeConnectorPushTime).
  --json     {"ok": …, "partitions": […]}

Exit codes: 0 each record exactly once; 1 something is missing, twice, unexpected or out of order, or cannot be read;
2 the command line is wrong.`;

const refuseUnauditable = ({ settings, path }: ConnectorSetup): void => {
  const { metadata, severalTables, tableFrom } = settings;
  const refuse = (key: string, why: string): never => {
    throw new ConfigError([{ key, message: `${key}: ${why} (in ${path}).` }]);
  };
  if (!metadata.all) refuse('snowflake.metadata.all', 'is false, so rows do not say which record they are');
  if (!metadata.offsetAndPartition)
    refuse('snowflake.metadata.offset.and.partition', 'is false, so rows do not say which record they are');
  if (severalTables || tableFrom !== '')
    refuse(
      tableFrom === '' ? 'transforms' : 'snowsink.table.from',
      'routes records of a topic to several tables, which an audit cannot follow',
    );
};

const topicsOf = async (admin: ClusterInspector, { config }: ConnectorSetup): Promise<readonly string[]> => {
  const pattern = config['topics.regex'];
  if (pattern === undefined) return listedTopics(config);
  const whole = new RegExp(`^(?:${pattern})$`);
  return (await admin.listTopics()).filter((topic) => whole.test(topic));
};

/** Which records have a dead letter, by `topic-partition`. */
const deadLetters = async ({ config, properties, name }: ConnectorSetup): Promise<ReadonlyMap<string, OffsetRuns>> => {
  const queue = config['errors.deadletterqueue.topic.name']?.trim() ?? '';
  const runs = new Map<string, OffsetRun[]>();
  if (queue === '') return new Map();
  const reader = await LetterReader.open({ properties: properties.consumer, clock: systemClock, logger: silentLogger });
  try {
    for await (const { context } of reader.all(queue)) {
      if ((context.get('connector.name') ?? name) !== name) continue;
      const where = `${context.get('topic')}-${context.get('partition')}`;
      const offset = Number(context.get('offset') ?? Number.NaN);
      if (Number.isNaN(offset)) continue;
      const list = runs.get(where) ?? [];
      list.push({ first: offset, last: offset });
      runs.set(where, list);
    }
  } finally {
    await reader.close();
  }
  return new Map([...runs].map(([where, list]) => [where, runsOf(list)]));
};

interface Wishes {
  readonly toEnd: boolean;
  readonly order: boolean;
}

const none = { offsets: [], twice: [] };
/** A statement over a large table takes its time. */
const limits = { connectTimeoutMs: 30_000, statementTimeoutMs: 1_800_000 };

const auditConnector = async (
  setup: ConnectorSetup,
  pipeline: RecordPipeline,
  { toEnd, order }: Wishes,
): Promise<readonly PartitionVerdict[]> => {
  const { settings, properties } = setup;
  const { account } = settings;
  const client = { properties: properties.consumer, clock: systemClock, logger: silentLogger };
  const admin = await createKafkaAdmin(client);
  const reader = await createPartitionReader(client);
  const session = new SnowflakeSession({ account, logger: silentLogger, ...limits });
  const verdicts: PartitionVerdict[] = [];
  try {
    const letters = await deadLetters(setup);
    const committed = await admin.committedOffsets(properties.consumer['group.id'] ?? '');
    const tables = new TopicToTable(settings);
    const rules = { pipeline, ignoresNull: settings.onNullValue === 'ignore' };
    for (const topic of await topicsOf(admin, setup)) {
      const table = tables.tableFor(topic);
      const named = settings.metadata.topic ? topic : null;
      const log = await reader.ends(topic);
      const isCompacted = ((await admin.topicConfigs(topic)).get('cleanup.policy') ?? '').includes('compact');
      const stored = await readStoredOffsets(session, account, table, named);
      const breaks = order ? await readOrderBreaks(session, account, table, named) : new Map<number, number>();
      for (const [partition, { start, end }] of [...log].sort(([a], [b]) => a - b)) {
        const commit = committed.find((each) => each.topic === topic && each.partition === partition);
        const to = toEnd ? end : (commit?.offset ?? start);
        const audited = {
          ...{ topic, partition, isCompacted, from: Number(start), to: Number(to < end ? to : end) },
          stored: stored.get(partition) ?? none,
          deadLetters: letters.get(`${topic}-${partition}`) ?? [],
          outOfOrder: breaks.get(partition) ?? 0,
        };
        verdicts.push(await auditPartition(reader, audited, rules));
      }
    }
    return verdicts;
  } finally {
    await Promise.all([admin.close(), reader.close(), session.close()]);
  }
};

const isExact = ({ missing, twice, unexpected, outOfOrder }: PartitionVerdict): boolean =>
  missing.length === 0 && twice.length === 0 && unexpected.length === 0 && outOfOrder === 0;

const verdictText = (verdict: PartitionVerdict): string => {
  const { topic, partition, from, to, records, stored, deadLettered, filtered, compacted } = verdict;
  const counts = [
    `${records} records`,
    `${stored} stored`,
    ...(deadLettered > 0 ? [`${deadLettered} dead-lettered`] : []),
    ...(filtered > 0 ? [`${filtered} left out by transforms or null values`] : []),
    ...(compacted > 0 ? [`${compacted} stored and since compacted away`] : []),
  ].join(', ');
  const wrong = (['missing', 'twice', 'unexpected'] as const)
    .filter((kind) => verdict[kind].length > 0)
    .map((kind) => `${countOf(verdict[kind])} ${kind}: ${runsText(verdict[kind])}`);
  if (verdict.outOfOrder > 0) wrong.push(`${verdict.outOfOrder} out of order`);
  const sum = wrong.length === 0 ? 'each exactly once' : wrong.join('; ');
  return `${isExact(verdict) ? 'ok  ' : 'fail'}  ${topic}-${partition}, offsets ${from} to ${to - 1}: ${from >= to ? 'nothing to compare' : `${counts}; ${sum}`}`;
};

const run = async (args: readonly string[], io: CommandLine): Promise<number> => {
  if (wantsHelp(args)) {
    io.out(usage);
    return 0;
  }
  const { values, positionals } = readArguments('audit', args, {
    'to-end': { type: 'boolean', default: false },
    order: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  });
  const given = readGivenFiles(positionals, io);
  const [file] = given.connectors;
  if (file === undefined || given.connectors.length > 1)
    throw new UsageError('Name one connector file. snowsink audit --help says more.');
  const setup = await setUpConnector(given, file);
  refuseUnauditable(setup);
  const { name, config, properties } = setup;
  const parts = { clock: systemClock, random: Math.random, metrics: createMetrics(), plugins: given.plugins };
  const pipeline = new RecordPipeline({ id: { connector: name, task: 0 }, config, properties, ...parts });
  try {
    const partitions = await auditConnector(setup, pipeline, { toEnd: values['to-end'], order: values.order });
    if (partitions.length === 0) throw new ConnectError('There is no topic to audit: check topics or topics.regex.');
    const ok = partitions.every(isExact);
    if (values.json) io.out(JSON.stringify({ ok, partitions }, null, 2));
    else
      io.out(
        [...partitions.filter((each) => !isExact(each)), ...partitions.filter(isExact)].map(verdictText).join('\n'),
      );
    return ok ? 0 : 1;
  } finally {
    pipeline.close();
  }
};

/** Kafka against the tables. */
export const audit: Command = {
  name: 'audit',
  summary: 'compare Kafka with the tables, record by record: missing, twice, unexpected, out of order',
  usage,
  run,
};
