import {
  type ConnectError,
  errorMessage,
  RecordValueError,
  type SinkRecord,
  Struct,
  silentLogger,
} from '../../api/index.ts';
import { createPartitionReader, type PartitionReader } from '../../kafka/index.ts';
import { RecordReader } from '../../kernel/index.ts';
import { createMetrics } from '../../metrics/index.ts';
import { type Judgement, type Plugins, RecordPipeline } from '../../runtime/index.ts';
import { systemClock } from '../../util/system-clock.ts';
import type { ConnectorSetup } from '../connector-setup.ts';
import type { Report } from './finding.ts';

/** Of the end of each partition. */
const tried = 5n;

/** The newest records of each topic go through converters and transforms, and nowhere else: what would become of them? */
export const checkRecords = async (
  setup: ConnectorSetup,
  plugins: Plugins,
  topics: readonly string[],
  report: Report,
): Promise<void> => {
  if (topics.length === 0) return;
  const { name, config, properties } = setup;
  const id = { connector: name, task: 0 };
  const clock = systemClock;
  const pipeline = new RecordPipeline({
    id,
    config,
    properties,
    plugins,
    clock,
    random: Math.random,
    metrics: createMetrics(),
  });
  const reader = await createPartitionReader({ properties: properties.consumer, clock, logger: silentLogger });
  const failing: string[] = [];
  try {
    for (const topic of topics) if (!(await checkTopic(pipeline, reader, topic, report))) failing.push(topic);
  } catch (error) {
    report('fail', 'records', errorMessage(error));
  } finally {
    await reader.close();
    pipeline.close();
  }
  if (failing.length === 0 || topics.length === 1) return;
  const fate = config['errors.tolerance'] === 'all' ? 'would be dropped or dead-lettered' : 'would stop the connector';
  report(
    'fail',
    'records',
    `${failing.length} of ${topics.length} topics ${fate} (${failing.join(', ')}): take out the transform, or give it a predicate that names the topics it is for`,
  );
};

/** Answers false where every record fails. */
const checkTopic = async (
  pipeline: RecordPipeline,
  reader: PartitionReader,
  topic: string,
  report: Report,
): Promise<boolean> => {
  const judgements = await judgeNewest(pipeline, reader, topic);
  const failures = judgements.filter((judgement) => judgement.kind === 'fails');
  const subject = `records of ${topic}`;
  if (judgements.length === 0) {
    report('note', subject, 'there is none yet, so converters and transforms were not tried');
    return true;
  }
  const [first] = failures;
  if (first === undefined) report('ok', subject, `the newest ${judgements.length} pass converters and transforms`);
  else
    report(
      failures.length === judgements.length ? 'fail' : 'warn',
      subject,
      `${failures.length} of the newest ${judgements.length} fail at ${first.stage} (${first.executingClass}): ${withoutValue(first.error)}`,
    );
  for (const field of timeLike(judgements))
    report(
      'note',
      subject,
      `field ${field} is a plain integer that looks like epoch milliseconds: it arrives as a number; TimestampConverter, or a logicalType beside "type" in the Avro schema, makes it a timestamp`,
    );
  return failures.length < judgements.length;
};

const judgeNewest = async (
  pipeline: RecordPipeline,
  reader: PartitionReader,
  topic: string,
): Promise<readonly Judgement[]> => {
  const records = new RecordReader({ checkCrcs: true });
  const judgements: Judgement[] = [];
  for (const [partition, { start, end }] of await reader.ends(topic)) {
    const from = end - start > tried ? end - tried : start;
    for await (const fetched of reader.read({ topic, partition }, from, end))
      for (const batch of fetched.batches)
        for (const view of records.read(batch, fetched.fetchOffset, fetched))
          judgements.push(await pipeline.judge(fetched, view));
  }
  return judgements;
};

/** Values stay out of what is printed. */
const withoutValue = (error: Error): string => {
  const messages: string[] = [];
  for (let at: unknown = error; at instanceof Error && messages.length < 4; at = (at as ConnectError).cause) {
    if (at instanceof RecordValueError) return [...messages, at.withoutValue].join(': ');
    messages.push(at.message.replace(/[.:]\s*$/, ''));
  }
  return messages.join(': ');
};

const earliest = 1_000_000_000_000n;
const latest = 2_500_000_000_000n;

const looksLikeMillis = (value: unknown): boolean => typeof value === 'bigint' && value > earliest && value < latest;

/** Top-level INT64 fields without a logical type, in all records with a value between 2001 and 2049. */
const timeLike = (judgements: readonly Judgement[]): readonly string[] => {
  const records = judgements.flatMap((judgement) => (judgement.kind === 'passes' ? [judgement.record] : []));
  const names = new Set(records.flatMap((record) => plainLongs(record)));
  return [...names].filter((name) => records.every((record) => looksLikeMillis(fieldOf(record, name))));
};

const plainLongs = ({ valueSchema }: SinkRecord): readonly string[] =>
  valueSchema?.type === 'STRUCT'
    ? (valueSchema.fields ?? [])
        .filter(({ schema }) => schema.type === 'INT64' && schema.name === undefined)
        .map(({ name }) => name)
    : [];

const fieldOf = ({ value }: SinkRecord, name: string): unknown => (value instanceof Struct ? value.get(name) : null);
