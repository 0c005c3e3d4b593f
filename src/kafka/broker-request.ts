import type { KafkaJsBroker, ProtocolRequest } from './hardening/kafkajs-types.ts';
import type { KafkaJsModules } from './hardening/override.ts';

/** Kafka's numbers of the requests that we make ourselves. */
export const apiKeys = {
  Produce: 0,
  Fetch: 1,
  Metadata: 3,
  OffsetCommit: 8,
  OffsetFetch: 9,
  InitProducerId: 22,
  AddPartitionsToTxn: 24,
  AddOffsetsToTxn: 25,
  EndTxn: 26,
  TxnOffsetCommit: 28,
  DeleteGroups: 42,
  OffsetDelete: 47,
} as const;

/** Sends a request of kafkajs's and returns the decoded answer before kafkajs turns its first error code into an exception. */
export const sendUnparsed = async <T>(broker: KafkaJsBroker, whole: ProtocolRequest): Promise<T> => {
  const { response } = whole;
  const answer = await send(broker, {
    ...whole,
    response: { decode: (payload) => response.decode(payload), parse: async (data) => data },
  });
  return answer as T;
};

/** Sends a request over kafkajs's connection to this broker; closes it, as kafkajs does, where the peer has. */
export const send = async (broker: KafkaJsBroker, request: ProtocolRequest): Promise<unknown> => {
  try {
    return await broker.connectionPool.send(request);
  } catch (error) {
    if (error instanceof Error && error.name === 'KafkaJSConnectionClosedError') await broker.disconnect();
    throw error;
  }
};

/** Whether the broker answers this version of a request. */
export const supports = (broker: KafkaJsBroker, apiKey: number, version: number): boolean => {
  const range = broker.versions?.[apiKey];
  return range !== undefined && range.minVersion <= version && version <= range.maxVersion;
};

/** kafkajs's encoder wants an object of its own class: raw bytes wrapped in one. */
export const encodedBytes = (modules: KafkaJsModules, bytes: Buffer): unknown => {
  const Encoder = modules.load<new (size?: number) => { writeBuffer(bytes: Buffer): unknown }>('protocol/encoder');
  return new Encoder(bytes.length).writeBuffer(bytes);
};
