import { asNextOffset, type DeadLetterNote, type TopicPartition } from '../api/index.ts';
import { apiKeys, encodedBytes, send, supports } from './broker-request.ts';
import type { KafkaJsBroker } from './hardening/kafkajs-types.ts';
import type { KafkaJsModules } from './hardening/override.ts';
import { compactString, int32, unsignedVarint, WireReader } from './wire-buffer.ts';

/** First OffsetFetch version with require_stable (KIP-447, Kafka 2.5); kafkajs stops at 4. */
const version = 7;
const noTaggedFields = Buffer.from([0]);
const requireStable = Buffer.from([1]);

export interface StableOffset {
  /** Kafka's error code; 88 (UNSTABLE_OFFSET_COMMIT): a transaction over it is not settled yet. */
  readonly errorCode: number;
  readonly committed: DeadLetterNote | null;
}

export const canFetchStable = (coordinator: KafkaJsBroker): boolean =>
  supports(coordinator, apiKeys.OffsetFetch, version);

/** A group's committed offset, once no transaction over it is open. */
export const fetchStableOffset = async (
  modules: KafkaJsModules,
  coordinator: KafkaJsBroker,
  groupId: string,
  { topic, partition }: TopicPartition,
): Promise<StableOffset> => {
  const answer = await send(coordinator, {
    request: {
      apiKey: apiKeys.OffsetFetch,
      apiVersion: version,
      apiName: 'OffsetFetch',
      encode: async () =>
        encodedBytes(
          modules,
          Buffer.concat([
            noTaggedFields, // ends the flexible request header (KIP-482)
            compactString(groupId),
            unsignedVarint(2), // one topic
            compactString(topic),
            unsignedVarint(2), // one partition
            int32(partition),
            noTaggedFields,
            requireStable,
            noTaggedFields,
          ]),
        ),
    },
    response: { decode: async (payload) => decode(payload), parse: async (stable) => stable },
  });
  return answer as StableOffset;
};

/** OffsetFetch response version 7, from behind the correlation id. */
const decode = (payload: Buffer): StableOffset => {
  const reader = new WireReader(payload);
  reader.taggedFields();
  reader.int32(); // throttle_time_ms
  const topics = reader.compactArray(() => {
    reader.compactString(); // name
    const partitions = reader.compactArray(() => decodePartition(reader));
    reader.taggedFields();
    return partitions;
  });
  const groupErrorCode = reader.int16();
  const partition = topics[0]?.[0] ?? { errorCode: -1, committed: null };
  return groupErrorCode === 0 ? partition : { errorCode: groupErrorCode, committed: null };
};

const decodePartition = (reader: WireReader): StableOffset => {
  reader.int32(); // partition_index
  const offset = reader.int64();
  reader.int32(); // committed_leader_epoch
  const metadata = reader.compactString() ?? '';
  const errorCode = reader.int16();
  reader.taggedFields();
  return { errorCode, committed: offset < 0n ? null : { offset: asNextOffset(offset), metadata } };
};
