import { apiKeys, encodedBytes, send, sendUnparsed, supports } from './broker-request.ts';
import type { KafkaJsBroker, KafkaJsCluster, ProtocolRequest, RequestDefinition } from './hardening/kafkajs-types.ts';
import type { KafkaJsModules } from './hardening/override.ts';
import { compactString, unsignedVarint, WireReader } from './wire-buffer.ts';

/** First Metadata version with topic ids (KIP-516, Kafka 2.8); kafkajs stops at 6. */
const version = 10;
const noTaggedFields = Buffer.from([0]);
const zeroUuid = Buffer.alloc(16);
const flag = (value: boolean): Buffer => Buffer.from([value ? 1 : 0]);

export interface TopicMetadata {
  readonly name: string;
  /** Kafka's error code: 0 none, 3 unknown topic, 29 not authorised. */
  readonly errorCode: number;
  /** KIP-516 topic id as Kafka prints it; null where the broker is older than 2.8. */
  readonly topicId: string | null;
  readonly isInternal: boolean;
  readonly partitionCount: number;
}

/** Topics by name, or all that we may see (null). Unlike kafkajs's own request it answers per topic, errors included. */
export const fetchTopicMetadata = async (
  modules: KafkaJsModules,
  cluster: KafkaJsCluster,
  names: readonly string[] | null,
): Promise<readonly TopicMetadata[]> => {
  if (names?.length === 0) return [];
  const broker = await cluster.brokerPool.findConnectedBroker();
  if (!supports(broker, apiKeys.Metadata, version)) return withoutTopicIds(modules, broker, names);
  const answer = await send(broker, metadataRequest(modules, names));
  return answer as readonly TopicMetadata[];
};

const metadataRequest = (modules: KafkaJsModules, names: readonly string[] | null): ProtocolRequest => ({
  request: {
    apiKey: apiKeys.Metadata,
    apiVersion: version,
    apiName: 'Metadata',
    encode: async () => encodedBytes(modules, encodeRequest(names)),
  },
  response: { decode: async (payload) => decodeResponse(payload), parse: async (topics) => topics },
});

/** The first byte ends the flexible request header (KIP-482), which kafkajs's own header knows nothing of. */
export const encodeRequest = (names: readonly string[] | null): Buffer =>
  Buffer.concat([
    noTaggedFields,
    unsignedVarint(names === null ? 0 : names.length + 1),
    ...(names ?? []).map((name) => Buffer.concat([zeroUuid, compactString(name), noTaggedFields])),
    flag(false), // allow_auto_topic_creation
    flag(false), // include_cluster_authorized_operations
    flag(false), // include_topic_authorized_operations
    noTaggedFields,
  ]);

/** Metadata response version 10, from behind the correlation id. */
export const decodeResponse = (payload: Buffer): readonly TopicMetadata[] => {
  const reader = new WireReader(payload);
  reader.taggedFields();
  reader.int32(); // throttle_time_ms
  reader.compactArray(() => {
    reader.int32(); // node_id
    reader.compactString(); // host
    reader.int32(); // port
    reader.compactString(); // rack
    reader.taggedFields();
  });
  reader.compactString(); // cluster_id
  reader.int32(); // controller_id
  return reader.compactArray(() => decodeTopic(reader));
};

const decodeTopic = (reader: WireReader): TopicMetadata => {
  const errorCode = reader.int16();
  const name = reader.compactString() ?? '';
  const topicId = reader.uuid();
  const isInternal = reader.int8() !== 0;
  const partitionCount = reader.compactArray(() => skipPartition(reader)).length;
  reader.int32(); // topic_authorized_operations
  reader.taggedFields();
  return { name, errorCode, topicId, isInternal, partitionCount };
};

const skipPartition = (reader: WireReader): void => {
  reader.int16(); // error_code
  reader.int32(); // partition_index
  reader.int32(); // leader_id
  reader.int32(); // leader_epoch
  for (let list = 0; list < 3; list++) reader.compactArray(() => reader.int32()); // replicas, isr, offline
  reader.taggedFields();
};

interface OldMetadata {
  readonly topicMetadata: readonly {
    readonly topic: string;
    readonly topicErrorCode: number;
    readonly isInternal?: boolean;
    readonly partitionMetadata: readonly unknown[];
  }[];
}

const withoutTopicIds = async (
  modules: KafkaJsModules,
  broker: KafkaJsBroker,
  names: readonly string[] | null,
): Promise<readonly TopicMetadata[]> => {
  const { requests } = modules.load<{ requests: { Metadata: RequestDefinition } }>('protocol/requests');
  const request = broker.lookupRequest(apiKeys.Metadata, requests.Metadata);
  const payload = { topics: names ?? [], allowAutoTopicCreation: false };
  const { topicMetadata } = await sendUnparsed<OldMetadata>(broker, request(payload));
  return topicMetadata.map(({ topic, topicErrorCode, isInternal, partitionMetadata }) => ({
    name: topic,
    errorCode: topicErrorCode,
    topicId: null,
    isInternal: isInternal === true,
    partitionCount: partitionMetadata.length,
  }));
};
