import type { Clock, Logger } from '../../api/index.ts';
import { type Properties, PropertyReader } from '../../config/index.ts';
import type { IsolationLevel } from '../partition-offsets.ts';
import { type ClientOptions, readClientOptions, reportUnread } from './client-properties.ts';

export interface ConsumerOptions {
  readonly client: ClientOptions;
  readonly groupId: string;
  readonly isolation: IsolationLevel;
  readonly offsetReset: 'earliest' | 'latest' | 'none';
  readonly sessionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  /** Also the group's rebalance timeout, as in Java. */
  readonly maxPollIntervalMs: number;
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly maxWaitMs: number;
  readonly maxBytesPerPartition: number;
}

/** Our own defaults, where they differ from Java's: read_committed (exactly-once) and a fetch of 4 MiB (memory). */
const defaults = { isolation: 'read_committed', maxBytes: 4 << 20 } as const;

/** Consumer properties by their Java names (Kafka documentation, "Consumer Configs"). Throws a ConfigError. */
export const readConsumerOptions = (properties: Properties, clock: Clock, logger: Logger): ConsumerOptions => {
  const reader = new PropertyReader(properties);
  const options: ConsumerOptions = {
    client: readClientOptions(reader, clock),
    groupId: reader.text('group.id') ?? '',
    isolation: reader.oneOf('isolation.level', ['read_committed', 'read_uncommitted'], defaults.isolation),
    offsetReset: reader.oneOf('auto.offset.reset', ['earliest', 'latest', 'none'], 'earliest'),
    sessionTimeoutMs: reader.int('session.timeout.ms', 45_000, { min: 1 }),
    heartbeatIntervalMs: reader.int('heartbeat.interval.ms', 3000, { min: 1 }),
    maxPollIntervalMs: reader.int('max.poll.interval.ms', 300_000, { min: 1 }),
    minBytes: reader.int('fetch.min.bytes', 1),
    maxBytes: reader.int('fetch.max.bytes', defaults.maxBytes, { min: 1 }),
    maxWaitMs: reader.int('fetch.max.wait.ms', 500),
    maxBytesPerPartition: reader.int('max.partition.fetch.bytes', 1 << 20, { min: 1 }),
  };
  if (options.groupId === '') reader.problem('group.id', 'is missing: give the consumer group that keeps the offsets');
  if (options.heartbeatIntervalMs >= options.sessionTimeoutMs) {
    reader.problem('heartbeat.interval.ms', 'must be less than session.timeout.ms: a third of it is usual');
  }
  if (reader.text('group.instance.id') !== undefined) {
    logger.warn({ key: 'group.instance.id' }, 'Static membership is not supported: group.instance.id has no effect');
  }
  reader.ignore(
    'key.deserializer',
    'value.deserializer',
    'enable.auto.commit',
    'max.poll.records',
    'check.crcs',
    'partition.assignment.strategy',
  );
  reader.finish();
  reportUnread(reader, logger);
  return options;
};
