import {
  type AlteredOffset,
  ConnectError,
  GroupInUseError,
  RetriableError,
  type TopicPartition,
} from '../api/index.ts';
import { apiKeys, encodedBytes, send } from './broker-request.ts';
import type { KafkaJsBroker } from './hardening/kafkajs-types.ts';
import type { KafkaJsModules } from './hardening/override.ts';
import { int32, int64, string, WireReader } from './wire-buffer.ts';

/** Kafka's error codes that these requests may bring (protocol guide). */
const errorNames: Readonly<Record<number, string>> = {
  3: 'UNKNOWN_TOPIC_OR_PARTITION: the topic or this partition of it does not exist',
  12: 'OFFSET_METADATA_TOO_LARGE',
  14: 'COORDINATOR_LOAD_IN_PROGRESS',
  15: 'COORDINATOR_NOT_AVAILABLE',
  16: 'NOT_COORDINATOR',
  29: 'TOPIC_AUTHORIZATION_FAILED: grant this principal READ on the topic',
  30: 'GROUP_AUTHORIZATION_FAILED: grant this principal READ and DELETE on the consumer group',
  69: 'GROUP_ID_NOT_FOUND: the group has never committed',
};
const groupIdNotFound = 69;
/** The group has no coordinator yet, or another one: asked again in a moment. */
const notReady = new Set([14, 15, 16]);
/** What a broker says of a group with members: UNKNOWN_MEMBER_ID, REBALANCE_IN_PROGRESS, NON_EMPTY_GROUP, GROUP_SUBSCRIBED_TO_TOPIC. */
const inUse = new Set([22, 25, 27, 68, 86]);

const check = (doing: string, code: number): void => {
  if (code === 0) return;
  if (inUse.has(code)) throw new GroupInUseError(`${doing}: the group has members`);
  const Failure = notReady.has(code) ? RetriableError : ConnectError;
  throw new Failure(`${doing}: ${errorNames[code] ?? `error code ${code}`}`);
};

interface RawRequest {
  readonly apiKey: number;
  readonly apiName: string;
  readonly version: number;
  readonly body: readonly Buffer[];
}

/** Sends a request of an old, inflexible version and reads its answer. */
const ask = async (
  modules: KafkaJsModules,
  coordinator: KafkaJsBroker,
  { apiKey, apiName, version, body }: RawRequest,
  read: (answer: WireReader) => void,
): Promise<void> => {
  // kafkajs looks for a throttle time in what `decode` answers
  const decode = async (payload: Buffer): Promise<object> => ({ reader: new WireReader(payload) });
  const answer = await send(coordinator, {
    request: { apiKey, apiName, apiVersion: version, encode: async () => encodedBytes(modules, Buffer.concat(body)) },
    response: { decode, parse: async (data) => data },
  });
  read((answer as { readonly reader: WireReader }).reader);
};

const array = <T>(items: readonly T[], encode: (item: T) => Buffer): Buffer =>
  Buffer.concat([int32(items.length), ...items.map(encode)]);

const topicsOf = <T extends TopicPartition>(items: readonly T[], encode: (item: T) => Buffer): Buffer =>
  array([...Map.groupBy(items, ({ topic }) => topic)], ([topic, list]) =>
    Buffer.concat([string(topic), array(list, encode)]),
  );

/** OffsetCommit as an admin client sends it: no member, no generation. Brokers take it for groups without members only. */
export const alterOffsets = async (
  modules: KafkaJsModules,
  coordinator: KafkaJsBroker,
  groupId: string,
  offsets: readonly AlteredOffset[],
): Promise<void> => {
  const partition = ({ partition: number, offset, metadata }: AlteredOffset): Buffer =>
    Buffer.concat([int32(number), int64(offset), string(metadata)]);
  const request = {
    apiKey: apiKeys.OffsetCommit,
    apiName: 'OffsetCommit',
    version: 2,
    // generation, member and retention time: none, none, the broker's
    body: [string(groupId), int32(-1), string(''), int64(-1n), topicsOf(offsets, partition)],
  };
  await ask(modules, coordinator, request, (answer) => checkOffsets(answer, groupId));
};

/** An error code for each partition of each topic. */
const checkOffsets = (answer: WireReader, groupId: string): void => {
  answer.array(() => {
    const topic = answer.string();
    answer.array(() => {
      const number = answer.int32();
      check(`offset of ${topic}-${number} in group ${groupId}`, answer.int16());
    });
  });
};

/** OffsetDelete (KIP-496). */
export const deleteOffsets = async (
  modules: KafkaJsModules,
  coordinator: KafkaJsBroker,
  groupId: string,
  partitions: readonly TopicPartition[],
): Promise<void> => {
  const body = [string(groupId), topicsOf(partitions, ({ partition }) => int32(partition))];
  const request = { apiKey: apiKeys.OffsetDelete, apiName: 'OffsetDelete', version: 0, body };
  await ask(modules, coordinator, request, (answer) => {
    check(`offsets of group ${groupId}`, answer.int16());
    answer.int32(); // throttle_time_ms
    checkOffsets(answer, groupId);
  });
};

/** DeleteGroups. */
export const deleteGroup = async (
  modules: KafkaJsModules,
  coordinator: KafkaJsBroker,
  groupId: string,
): Promise<void> => {
  const body = [array([groupId], string)];
  const request = { apiKey: apiKeys.DeleteGroups, apiName: 'DeleteGroups', version: 0, body };
  await ask(modules, coordinator, request, (answer) => {
    answer.int32(); // throttle_time_ms
    answer.array(() => {
      answer.string();
      const code = answer.int16();
      if (code !== groupIdNotFound) check(`group ${groupId}`, code);
    });
  });
};
