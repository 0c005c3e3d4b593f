import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  asNextOffset,
  ConfigError,
  ConnectError,
  type DeadLetterLog,
  type DeadLetterSession,
  errorMessage,
  type ProducerRecord,
  type RawHeader,
  type TopicPartition,
} from '../../api/index.ts';
import { systemClock } from '../../util/system-clock.ts';
import { belongsToConnector, type Letter, type LetterReader, originOf } from './letter.ts';

/** What a user's module makes of a letter: the record to write, or null to leave it out for good. */
export type LetterTransform = (letter: {
  readonly topic: string;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly RawHeader[];
  /** Connect's context of the failure: topic, partition, offset, stage, exception.message … */
  readonly context: ReadonlyMap<string, string>;
}) => ReplayedRecord | null | Promise<ReplayedRecord | null>;

interface ReplayedRecord {
  readonly topic?: string;
  readonly key: Uint8Array | string | null;
  readonly value: Uint8Array | string | null;
  readonly headers?: readonly RawHeader[];
}

/** @throws ConfigError */
export const loadLetterTransform = async (path: string): Promise<LetterTransform> => {
  const file = resolve(path);
  const fail = (why: string): never => {
    throw new ConfigError([{ key: '--transform', message: `--transform ${path}: ${why}` }]);
  };
  if (!existsSync(file)) fail('there is no such file.');
  const loaded = await import(pathToFileURL(file).href).catch((error: unknown) => fail(errorMessage(error)));
  const { default: transform } = loaded as { readonly default?: unknown };
  return typeof transform === 'function'
    ? (transform as LetterTransform)
    : fail('it must export a function as default: (letter) => record, or null to leave it out.');
};

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
  if (topic === undefined)
    throw new ConnectError(
      `The letter at ${queue}-${letter.partition}@${letter.offset} does not say which topic it came from (errors.deadletterqueue.context.headers.enable was not true): name one with --to TOPIC`,
    );
  const { key, value, headers, context, timestamp } = letter;
  const made = transform === null ? { key, value } : await transform({ topic, key, value, headers, context });
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
      if (!dryRun) await session.write(records, { offset: asNextOffset(next), metadata: '' });
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
