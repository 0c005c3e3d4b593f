import {
  asNextOffset,
  ConnectError,
  type DeadLetterLog,
  type DeadLetterSession,
  type ProducerRecord,
  type RawHeader,
  type TopicPartition,
} from '../../api/index.ts';
import { explainKafkaError } from '../../kafka/index.ts';
import { systemClock } from '../../util/system-clock.ts';
import { belongsToConnector, type Letter, type LetterReader, originOf } from './letter.ts';
import type { LetterTransform } from './letter-transform.ts';

export interface ReplayOptions {
  readonly queue: string;
  readonly connector: string;
  readonly reader: LetterReader;
  /** Notes what was replayed, in one transaction with the records. */
  readonly log: DeadLetterLog;
  readonly transform: LetterTransform | null;
  /** Instead of the topic that a letter names. */
  readonly to: string | null;
  readonly dryRun: boolean;
}

export interface ReplayCounts {
  replayed: number;
  /** Left out by the transform. */
  leftOut: number;
  /** Of another connector that shares the queue. */
  foreign: number;
  /** Their record was replayed already: a queue written at least once may hold a letter twice. */
  repeated: number;
  readonly byTopic: Map<string, number>;
}

/** Records of one transaction. */
const chunk = 500;
const encoder = new TextEncoder();
const bytesOf = (value: Uint8Array | string | null): Uint8Array | null =>
  typeof value === 'string' ? encoder.encode(value) : value;

/** The coordinates travel along, so that a record that fails again, or a row, tells where it first came from. */
const originHeader = 'snowsink.replayed.from';

const recordOf = async (letter: Letter, { transform, to, queue }: ReplayOptions): Promise<ProducerRecord | null> => {
  const topic = to ?? letter.context.get('topic');
  const at = `${queue}-${letter.partition}@${letter.offset}`;
  if (topic === undefined)
    throw new ConnectError(
      `The letter at ${at} does not say which topic it came from (errors.deadletterqueue.context.headers.enable was not true): name one with --to TOPIC`,
    );
  const { key, value, headers, context, timestamp } = letter;
  const made = transform === null ? { key, value } : await transform({ topic, key, value, headers, context }, at);
  if (made === null) return null;
  const own = (made.headers ?? headers).filter(([name]) => name !== originHeader);
  const first = headers.find(([name]) => name === originHeader);
  const origin = originOf(letter);
  const from: readonly RawHeader[] = first ? [first] : origin === null ? [] : [[originHeader, encoder.encode(origin)]];
  return {
    topic: made.topic ?? topic,
    key: bytesOf(made.key),
    value: bytesOf(made.value),
    headers: [...own, ...from],
    ...(timestamp < 0n ? {} : { timestamp }),
  };
};

/** Asks again for delivery.timeout.ms: a cluster that has seen no transaction yet takes a moment to make its topic for them. */
const openSession = async (log: DeadLetterLog, source: TopicPartition): Promise<DeadLetterSession> => {
  const deadlineMs = systemClock.now() + log.deliveryTimeoutMs;
  for (;;) {
    try {
      return await log.open(source);
    } catch (error) {
      if (error instanceof ConnectError || systemClock.now() >= deadlineMs) throw error;
      await systemClock.sleep(log.retryBackoffMs);
    }
  }
};

const written = async (session: DeadLetterSession, records: readonly ProducerRecord[], next: bigint): Promise<void> => {
  try {
    await session.write(records, { offset: asNextOffset(next), metadata: '' });
  } catch (error) {
    const topics = [...new Set(records.map(({ topic }) => topic))].join(', ');
    throw explainKafkaError(error, `writing to ${topics} (nothing of that transaction is there)`);
  }
};

/**
 * Writes letters back to the topics that they came from, each once: what was replayed is an offset of the queue in a consumer group
 * of its own, committed in the same Kafka transaction as the records. A second replay, or one after a crash, begins behind it.
 */
export const replayLetters = async (options: ReplayOptions): Promise<ReplayCounts> => {
  const { queue, connector, reader, log, dryRun } = options;
  const counts: ReplayCounts = { replayed: 0, leftOut: 0, foreign: 0, repeated: 0, byTopic: new Map() };
  const seen = new Set<string>();
  for (const [partition, { start, end }] of await reader.ends(queue)) {
    const session = await openSession(log, { topic: queue, partition });
    const noted = session.note?.offset ?? 0n;
    const done = noted > start ? noted : start;
    for await (const letter of reader.read({ topic: queue, partition }, start, done)) {
      const origin = originOf(letter);
      if (origin !== null) seen.add(origin);
    }
    let records: ProducerRecord[] = [];
    const flush = async (next: bigint): Promise<void> => {
      if (!dryRun) await written(session, records, next);
      counts.replayed += records.length;
      for (const { topic } of records) counts.byTopic.set(topic, (counts.byTopic.get(topic) ?? 0) + 1);
      records = [];
    };
    for await (const letter of reader.read({ topic: queue, partition }, done, end)) {
      if (!belongsToConnector(letter, connector)) {
        counts.foreign++;
        continue;
      }
      const origin = originOf(letter);
      if (origin !== null && seen.has(origin)) {
        counts.repeated++;
        continue;
      }
      if (origin !== null) seen.add(origin);
      const record = await recordOf(letter, options);
      if (record === null) counts.leftOut++;
      else records.push(record);
      if (records.length === chunk) await flush(letter.offset + 1n);
    }
    if (end > done) await flush(end);
  }
  return counts;
};
