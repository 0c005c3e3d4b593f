import { expect, test } from 'vitest';
import { createHardenedKafkaJs } from '../../../src/kafka/hardening/load-kafkajs.ts';

const { prototype } = createHardenedKafkaJs().load<{
  prototype: {
    findGroupCoordinatorMetadata(this: object, request: { groupId: string; coordinatorType?: 0 | 1 }): Promise<object>;
  };
}>('cluster/index');

/** kafkajs's broker pool of one broker: swallows what a call rejects with. */
const clusterThat = (findGroupCoordinator: () => Promise<object>) => ({
  brokerPool: {
    withBroker: (call: (given: { broker: object }) => Promise<object>) =>
      call({ broker: { findGroupCoordinator } }).catch(() => null),
  },
});
const find = (answer: () => Promise<object>, coordinatorType?: 0 | 1) =>
  prototype.findGroupCoordinatorMetadata.call(clusterThat(answer), {
    groupId: 'orders',
    ...(coordinatorType !== undefined && { coordinatorType }),
  });
const failing = (name: string, retriable: boolean) => async () => {
  throw Object.assign(new Error(name), { name, retriable });
};

test('a connection that breaks while the coordinator is looked for makes kafkajs look again', async () => {
  const again = { name: 'KafkaJSBrokerNotFound' };
  await expect(find(failing('KafkaJSConnectionClosedError', true))).rejects.toMatchObject(again);
  await expect(find(failing('KafkaJSProtocolError', true))).rejects.toMatchObject(again);
});

test('a refusal of the broker keeps its name', async () => {
  await expect(find(failing('KafkaJSProtocolError', false))).rejects.toThrow('KafkaJSProtocolError');
});

test('an answer is passed on', async () => {
  expect(await find(async () => ({ coordinator: 1 }))).toEqual({ coordinator: 1 });
});

test('a coordinator of transactions is looked for as kafkajs does', async () => {
  const final = { name: 'KafkaJSGroupCoordinatorNotFound' };
  await expect(find(failing('KafkaJSConnectionClosedError', true), 1)).rejects.toMatchObject(final);
});
