import { errorMessage, type SinkRecord, Struct } from '../../api/index.ts';
import type { Judgement, Plugins } from '../../runtime/index.ts';
import type { ConnectorSetup } from '../connector-setup.ts';
import { messageWithoutValue } from '../message-without-value.ts';
import { RecordSample } from '../record-sample.ts';
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
  const { config } = setup;
  const failing: string[] = [];
  const sample = await RecordSample.open(setup, plugins);
  try {
    for (const topic of topics) if (!(await checkTopic(sample, topic, report))) failing.push(topic);
  } catch (error) {
    report('fail', 'records', errorMessage(error));
  } finally {
    await sample.close();
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
const checkTopic = async (sample: RecordSample, topic: string, report: Report): Promise<boolean> => {
  const judgements = await Array.fromAsync(sample.newest(topic, tried));
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
      `${failures.length} of the newest ${judgements.length} fail at ${first.stage} (${first.executingClass}): ${messageWithoutValue(first.error)}`,
    );
  for (const field of timeLike(judgements))
    report(
      'note',
      subject,
      `field ${field} is a plain integer that looks like epoch milliseconds: it arrives as a number; TimestampConverter, or a logicalType beside "type" in the Avro schema, makes it a timestamp`,
    );
  return failures.length < judgements.length;
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
