import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ConsumerGroup } from '../../../src/kafka/hardening/kafkajs-types.ts';
import { createHardenedKafkaJs } from '../../../src/kafka/hardening/load-kafkajs.ts';
import { consumerGroupPrototype } from '../../../src/kafka/hardening/override.ts';

const ours = consumerGroupPrototype(createHardenedKafkaJs());
const stock = consumerGroupPrototype(createHardenedKafkaJs(['look-partitions-up-once']));

const topic = 'orders';
const metadata = fc.uniqueArray(
  fc.record({
    partitionId: fc.nat(30),
    leader: fc.oneof({ weight: 9, arbitrary: fc.nat(3) }, { weight: 1, arbitrary: fc.constant(null) }),
    offlineReplicas: fc.array(fc.nat(3), { maxLength: 2 }),
  }),
  { selector: ({ partitionId }) => partitionId },
);
const preferred = fc.option(
  fc.dictionary(
    fc.nat(30).map(String),
    fc.record({ nodeId: fc.nat(3), expireAt: fc.constantFrom(0, Number.MAX_SAFE_INTEGER) }),
  ),
  { nil: undefined },
);

const groupOf = (known: object): ConsumerGroup => {
  const logger = { debug: () => {} };
  return { groupId: 'g', memberId: 'm', logger, topicsSubscribed: [topic], ...known } as unknown as ConsumerGroup;
};
const outcome = <T>(call: () => T): T | string => {
  try {
    return call();
  } catch (error) {
    return String(error);
  }
};

test('each partition goes to the broker that stock kafkajs reads it from', () => {
  fc.assert(
    fc.property(metadata, preferred, fc.uniqueArray(fc.nat(30)), (partitions, replicas, asked) => {
      const answer = (prototype: typeof ours) => {
        const preferredReadReplicasPerTopicPartition = { [topic]: structuredClone(replicas) };
        const cluster = { findTopicPartitionMetadata: () => partitions };
        const group = groupOf({ preferredReadReplicasPerTopicPartition, cluster });
        return outcome(() => prototype.findReadReplicaForPartitions.call(group, topic, asked));
      };
      expect(answer(ours)).toEqual(answer(stock));
    }),
    { numRuns: 500 },
  );
});

test('partitions that came after the join are noticed, as stock kafkajs notices them', () => {
  fc.assert(
    fc.property(metadata, fc.option(fc.uniqueArray(fc.nat(30))), (partitions, before) => {
      const answer = (prototype: typeof ours) => {
        const cluster = { findTopicPartitionMetadata: () => partitions };
        const partitionsPerSubscribedTopic = before === null ? undefined : new Map([[topic, before]]);
        const generatePartitionsPerSubscribedTopic = () => new Map([[topic, partitions.map((it) => it.partitionId)]]);
        const group = groupOf({ cluster, partitionsPerSubscribedTopic, generatePartitionsPerSubscribedTopic });
        return outcome(() => prototype.checkForStaleAssignment.call(group));
      };
      expect(answer(ours)).toEqual(answer(stock));
    }),
    { numRuns: 500 },
  );
});
