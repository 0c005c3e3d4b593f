import type { DeadLetterNote, TopicPartition } from '../api/index.ts';
import { apiKeys, sendUnparsed } from './broker-request.ts';
import type { KafkaJsBroker, RequestDefinition } from './hardening/kafkajs-types.ts';
import type { KafkaJsModules } from './hardening/override.ts';

/** Whose transaction: the epoch is what a later InitProducerId makes stale. */
export interface TransactionOwner {
  readonly transactionalId: string;
  readonly producerId: string;
  readonly producerEpoch: number;
}

type RequestName = 'InitProducerId' | 'AddPartitionsToTxn' | 'AddOffsetsToTxn' | 'TxnOffsetCommit' | 'EndTxn';

/** kafkajs's own encoding of the requests of a transaction (KIP-98), answered with the error code instead of an exception. */
const ask = async <T>(modules: KafkaJsModules, broker: KafkaJsBroker, name: RequestName, payload: object) => {
  const { requests } = modules.load<{ requests: Record<RequestName, RequestDefinition> }>('protocol/requests');
  return sendUnparsed<T>(broker, broker.lookupRequest(apiKeys[name], requests[name])(payload));
};

interface Code {
  readonly errorCode: number;
}

/** Fences every earlier holder of the id and ends what it left open. */
export const initProducerId = (
  modules: KafkaJsModules,
  coordinator: KafkaJsBroker,
  transactionalId: string,
  transactionTimeout: number,
): Promise<Code & { readonly producerId: string; readonly producerEpoch: number }> =>
  ask(modules, coordinator, 'InitProducerId', { transactionalId, transactionTimeout });

export const addPartitions = async (
  modules: KafkaJsModules,
  coordinator: KafkaJsBroker,
  owner: TransactionOwner,
  topic: string,
  partitions: readonly number[],
): Promise<number> => {
  interface Answer {
    readonly errors: readonly { readonly partitionErrors: readonly Code[] }[];
  }
  const payload = { ...owner, topics: [{ topic, partitions }] };
  const { errors } = await ask<Answer>(modules, coordinator, 'AddPartitionsToTxn', payload);
  return firstCode(errors.flatMap(({ partitionErrors }) => partitionErrors));
};

export const addOffsets = async (
  modules: KafkaJsModules,
  coordinator: KafkaJsBroker,
  owner: TransactionOwner,
  groupId: string,
): Promise<number> => (await ask<Code>(modules, coordinator, 'AddOffsetsToTxn', { ...owner, groupId })).errorCode;

export const commitOffset = async (
  modules: KafkaJsModules,
  groupCoordinator: KafkaJsBroker,
  owner: TransactionOwner,
  groupId: string,
  { topic, partition }: TopicPartition,
  { offset, metadata }: DeadLetterNote,
): Promise<number> => {
  interface Answer {
    readonly topics: readonly { readonly partitions: readonly Code[] }[];
  }
  const topics = [{ topic, partitions: [{ partition, offset: String(offset), metadata }] }];
  const answer = await ask<Answer>(modules, groupCoordinator, 'TxnOffsetCommit', { ...owner, groupId, topics });
  return firstCode(answer.topics.flatMap(({ partitions }) => partitions));
};

export const endTransaction = async (
  modules: KafkaJsModules,
  coordinator: KafkaJsBroker,
  owner: TransactionOwner,
): Promise<number> =>
  (await ask<Code>(modules, coordinator, 'EndTxn', { ...owner, transactionResult: true })).errorCode;

const firstCode = (codes: readonly Code[]): number => codes.find(({ errorCode }) => errorCode !== 0)?.errorCode ?? 0;
