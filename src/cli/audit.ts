import { ConfigError, ConnectError, silentLogger } from '../api/index.ts';
import { createTableService, SnowflakeSession } from '../destinations/index.ts';
import { createKafkaAdmin, createPartitionReader } from '../kafka/index.ts';
import { createMetrics } from '../metrics/index.ts';
import { RecordPipeline } from '../runtime/index.ts';
import { systemClock } from '../util/system-clock.ts';
import { readArguments, UsageError } from './arguments.ts';
import { auditPartition, type PartitionVerdict } from './audit/audit-partition.ts';
import { Places, readTopic, type TopicSources } from './audit/audit-topic.ts';
import { type DeadLetters, deadLettersOf, letteredByOthers } from './audit/dead-letters.ts';
import { ExpectedRows } from './audit/expected-rows.ts';
import { PartitionLog } from './audit/partition-log.ts';
import { isExact, verdictText } from './audit/print-verdict.ts';
import { StoredRows } from './audit/stored-offsets.ts';
import type { Command, CommandLine } from './command.ts';
import { type ConnectorSetup, setUpOneConnector } from './connector-setup.ts';
import { LetterReader } from './dlq/letter.ts';
import { PlannedTables } from './plan/planned-tables.ts';
import { existingTopics } from './subscribed-topics.ts';

const usage = `Usage: snowsink audit [--to-end] [--contents N] [--order] [--json] [worker.properties] CONNECTOR-FILE

Compares what Kafka holds with what the tables hold, record by record, by topic, partition and offset: what is missing, what
is there twice, what is there though the log has no such record, and, of a sample, what holds something else than its record.
Knows of compaction, aborted transactions, dead letters, and records that transforms or behavior.on.null.values leave out or
send to another table. Reads only; needs SELECT on the tables, and RECORD_METADATA with topic, partition and offset.

  --to-end      Up to the end of the log; without it up to the offsets that the connector has committed.
  --contents N  Compares about N rows of each topic, drawn by chance, with their records column by column (default 1000; 0:
                none). Of dates, times and bytes only whether there is a value.
  --order       Also how often a row was pushed before the one of the offset before it (SnowflakeConnectorPushTime).
  --json        {"ok": …, "partitions": […]}

Exit codes: 0 each record exactly once; 1 something is missing, twice, unexpected, altered or out of order, or cannot be
read; 2 the command line is wrong.`;

const refuseUnauditable = ({ settings, path }: ConnectorSetup): void => {
  const { metadata } = settings;
  const refuse = (key: string, why: string): never => {
    throw new ConfigError([{ key, message: `${key}: ${why} (in ${path}).` }]);
  };
  if (!metadata.all) refuse('snowflake.metadata.all', 'is false, so rows do not say which record they are');
  if (!metadata.offsetAndPartition)
    refuse('snowflake.metadata.offset.and.partition', 'is false, so rows do not say which record they are');
};

const deadLetters = async ({ config, properties, name }: ConnectorSetup): Promise<DeadLetters> => {
  const queue = config['errors.deadletterqueue.topic.name']?.trim() ?? '';
  if (queue === '') return new Map();
  const reader = await LetterReader.open({ properties: properties.consumer, clock: systemClock, logger: silentLogger });
  try {
    return await deadLettersOf(reader.all(queue), name);
  } finally {
    await reader.close();
  }
};

interface Wishes {
  readonly toEnd: boolean;
  readonly order: boolean;
  readonly contents: number;
}

/** A statement over a large table takes its time. */
const limits = { connectTimeoutMs: 30_000, statementTimeoutMs: 1_800_000 };

/** Columns that `snowsink.columns` fills with the time of the push. */
const volatileColumns = (columns: string): ReadonlySet<string> =>
  new Set([...columns.matchAll(/([^,:=]+)=\s*\$now\s*(?=,|$)/g)].map(([, column = '']) => column.trim()));

interface Audit {
  readonly verdicts: readonly PartitionVerdict[];
  readonly letters: DeadLetters;
  /** Qualified names of tables that could not be seen. */
  readonly absentTables: ReadonlySet<string>;
}

const auditConnector = async (
  setup: ConnectorSetup,
  pipeline: RecordPipeline,
  { toEnd, order, contents }: Wishes,
): Promise<Audit> => {
  const { settings, properties, config } = setup;
  const { account } = settings;
  const client = { properties: properties.consumer, clock: systemClock, logger: silentLogger };
  const admin = await createKafkaAdmin(client);
  const reader = await createPartitionReader(client);
  const session = new SnowflakeSession({ account, logger: silentLogger, ...limits });
  const tables = new PlannedTables(
    (planned) => createTableService({ account, logger: silentLogger, planned, ...limits }),
    true,
  );
  const stored = new StoredRows(session, account);
  const sources: TopicSources = {
    log: new PartitionLog(reader),
    stored,
    expectedRows: new ExpectedRows(settings, pipeline, tables),
    describe: (table) => tables.describe(table),
    sampleSize: contents,
    isRouted: settings.severalTables || settings.tableFrom !== '',
    volatile: volatileColumns(settings.columns),
    order,
  };
  const hasQueue = (config['errors.deadletterqueue.topic.name']?.trim() ?? '') !== '';
  const skipsBad = settings.errorsTolerance === 'all' && !hasQueue;
  const verdicts: PartitionVerdict[] = [];
  const places = new Places();
  try {
    const letters = await deadLetters(setup);
    const group = properties.consumer['group.id'] ?? '';
    const committed = await admin.committedOffsets(group);
    const topics = existingTopics(setup, await admin.listTopics());
    if (!toEnd && !committed.some(({ topic }) => topics.includes(topic)))
      throw new ConnectError(
        `Group ${group} has committed no offset of ${topics.join(', ')}, so there is nothing to compare: is ${setup.name} (in ${setup.path}) the name of the connector that ran, and this its cluster? With --to-end the whole log is compared.`,
      );
    for (const topic of topics) {
      const log = await reader.ends(topic);
      const isCompacted = ((await admin.topicConfigs(topic)).get('cleanup.policy') ?? '').includes('compact');
      const ranges = [...log]
        .sort(([a], [b]) => a - b)
        .map(([partition, { start, end }]) => {
          const commit = committed.find((each) => each.topic === topic && each.partition === partition);
          const to = toEnd ? end : (commit?.offset ?? start);
          return { topic, partition, from: Number(start), to: Number(to < end ? to : end) };
        });
      const facts = await readTopic(sources, ranges, topic, places);
      for (const range of ranges) {
        const found = facts.get(range.partition);
        if (found === undefined) continue;
        const deadLettered = letters.get(setup.name)?.get(`${topic}-${range.partition}`) ?? [];
        const audited = { ...range, ...found, isCompacted, deadLetters: deadLettered };
        verdicts.push(await auditPartition(sources.log, audited, sources.expectedRows, skipsBad));
      }
    }
    return { verdicts, letters, absentTables: stored.absentTables };
  } finally {
    await Promise.all([admin.close(), reader.close(), session.close(), tables.close()]);
  }
};

const run = async (args: readonly string[], io: CommandLine): Promise<number> => {
  const { values, positionals } = readArguments('audit', args, {
    'to-end': { type: 'boolean', default: false },
    order: { type: 'boolean', default: false },
    contents: { type: 'string', default: '1000' },
    json: { type: 'boolean', default: false },
  });
  if (!/^\d{1,6}$/.test(values.contents))
    throw new UsageError(`--contents ${values.contents} is no number up to 999999.`);
  const { given, setup } = await setUpOneConnector('audit', positionals, io);
  refuseUnauditable(setup);
  const { name, config, properties } = setup;
  const parts = { clock: systemClock, random: Math.random, metrics: createMetrics(), plugins: given.plugins };
  const pipeline = new RecordPipeline({ id: { connector: name, task: 0 }, config, properties, ...parts });
  try {
    const {
      verdicts: partitions,
      letters,
      absentTables,
    } = await auditConnector(setup, pipeline, {
      toEnd: values['to-end'],
      order: values.order,
      contents: Number(values.contents),
    });
    const ok = partitions.every(isExact);
    if (values.json) io.out(JSON.stringify({ ok, partitions }, null, 2));
    else
      io.out(
        [...partitions.filter((each) => !isExact(each)), ...partitions.filter(isExact)].map(verdictText).join('\n'),
      );
    for (const note of letteredByOthers(partitions, letters, name)) io.err(note);
    if (!ok)
      for (const table of absentTables)
        io.err(
          `Table ${table} does not exist, or role ${setup.settings.account.role} may not see it: its rows count as missing.`,
        );
    return ok ? 0 : 1;
  } finally {
    pipeline.close();
  }
};

/** Kafka against the tables. */
export const audit: Command = {
  name: 'audit',
  summary: 'compare Kafka with the tables, record by record: missing, twice, unexpected, altered, out of order',
  usage,
  run,
};
