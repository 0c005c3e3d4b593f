import { expect, test } from 'vitest';
import type { ConsumerGroup } from '../../../src/kafka/hardening/kafkajs-types.ts';
import { gatherFacts } from '../../../src/kafka/partition-facts.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

test('what is asked after the join is asked again for as long as a broker may be away, and does not fail the task', async () => {
  const clock = new VirtualClock();
  let away = false;
  const reset = (): void => {
    if (away) throw Object.assign(new Error('Connection error: read ECONNRESET'), { name: 'KafkaJSConnectionError' });
  };
  const answer = (values: object) => [{ topic: 't', partitions: [{ partition: 0, ...values }] }];
  const broker = {
    listOffsets: async () => {
      reset();
      return { responses: answer({ offset: '7' }) };
    },
    offsetFetch: async () => {
      reset();
      return { responses: answer({ offset: '5', metadata: '' }) };
    },
  };
  const group = {
    groupId: 'g',
    assigned: () => [{ topic: 't', partitions: [0] }],
    offsetManager: { getCoordinator: async () => broker },
    cluster: {
      refreshMetadata: async () => reset(),
      findLeaderForPartitions: () => ({ 1: [0] }),
      findBroker: async () => broker,
    },
  } as unknown as ConsumerGroup;
  const lookAtTopics = async () => ({ ids: new Map([['t', 'id']]) }) as never;
  const isOursNow = async () => true;
  const sources = { group, isolation: 'read_committed', clock, epoch: 1, lookAtTopics, isOursNow } as const;
  const [assignment] = await gatherFacts(sources);
  away = true;
  const later = Promise.all([assignment?.endNow?.(), assignment?.committedNow?.()]);
  await clock.advance(20_000);
  away = false;
  await clock.advance(1_000);
  expect(await later).toEqual([7n, { offset: 5n, metadata: '' }]);
});
