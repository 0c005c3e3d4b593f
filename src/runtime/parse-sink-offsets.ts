import { asNextOffset, BadRequestError, ConnectError, type NextOffset, type TopicPartition } from '../api/index.ts';

/** One entry of PATCH offsets as it came: scalars are their source text. */
export interface SinkOffsetEntry {
  readonly partition: Readonly<Record<string, unknown>> | null;
  readonly offset: Readonly<Record<string, unknown>> | null;
}

/** Null: back to where a new connector would start. */
export type SinkOffset = TopicPartition & { readonly offset: NextOffset | null };

const integer = (value: unknown, what: 'partition' | 'offset', bits: bigint): bigint => {
  const text = String(value);
  if (/^[+-]?\d+$/.test(text)) {
    const number = BigInt(text);
    if (number >= -(2n ** (bits - 1n)) && number < 2n ** (bits - 1n)) return number;
  }
  const name = what === 'partition' ? 'Partition' : 'Offset';
  throw new BadRequestError(
    `Failed to parse the following Kafka ${what} value in the provided offsets: '${text}'. ${name} values for sink connectors need to be integers.`,
  );
};

const partitionOf = (partition: SinkOffsetEntry['partition']): TopicPartition => {
  if (partition === null) {
    throw new BadRequestError('The partition for a sink connector offset cannot be null or missing');
  }
  if (!('kafka_topic' in partition && 'kafka_partition' in partition)) {
    throw new BadRequestError(
      "The partition for a sink connector offset must contain the keys 'kafka_topic' and 'kafka_partition'",
    );
  }
  const { kafka_topic: topic, kafka_partition: number } = partition;
  if (topic === null) throw new BadRequestError('Kafka topic names must be valid strings and may not be null');
  if (number === null) throw new BadRequestError('Kafka partitions must be valid numbers and may not be null');
  return { topic: String(topic), partition: Number(integer(number, 'partition', 32n)) };
};

const offsetOf = (offset: SinkOffsetEntry['offset']): NextOffset | null => {
  if (offset === null) return null;
  if (!('kafka_offset' in offset)) {
    throw new BadRequestError(
      "The offset for a sink connector should either be null or contain the key 'kafka_offset'",
    );
  }
  const next = integer(offset['kafka_offset'], 'offset', 64n);
  if (next < 0n) throw new ConnectError(`Invalid negative offset ${next}: Kafka's offsets begin at 0`);
  return asNextOffset(next);
};

/** org.apache.kafka.connect.util.SinkUtils.parseSinkConnectorOffsets: the last entry of a partition counts. */
export const parseSinkOffsets = (entries: readonly SinkOffsetEntry[]): readonly SinkOffset[] => {
  const offsets = new Map<string, SinkOffset>();
  for (const { partition, offset } of entries) {
    const where = partitionOf(partition);
    offsets.set(`${where.topic}-${where.partition}`, { ...where, offset: offsetOf(offset) });
  }
  return [...offsets.values()];
};
