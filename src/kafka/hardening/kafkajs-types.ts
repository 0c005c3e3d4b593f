/**
 * The parts of kafkajs 2.2.4 that this folder leans on, as its source has them (its own declarations cover the public API
 * only). The self check refuses any other version, so these shapes do not move.
 */
import type { Socket } from 'node:net';
import type { FetchedPartition, PartitionAnswer } from '../fetched-partition.ts';

export interface ProtocolRequest {
  readonly request: {
    readonly apiKey: number;
    readonly apiVersion: number;
    readonly apiName: string;
    encode(): Promise<unknown>;
  };
  readonly response: { decode(payload: Buffer): Promise<unknown>; parse(data: unknown): Promise<unknown> };
  /** ms, where it is more than the client's. */
  readonly requestTimeout?: number;
}
export interface RequestDefinition {
  readonly versions: readonly (string | number)[];
}

export interface KafkaJsBroker {
  readonly nodeId: number | string | null;
  readonly versions: Readonly<Record<number, { readonly minVersion: number; readonly maxVersion: number }>> | null;
  readonly connectionPool: {
    readonly host: string;
    readonly port: number;
    readonly sasl?: object | null;
    /** The second one is for fetches. */
    readonly pool: readonly FetchConnection[];
    send(request: ProtocolRequest): Promise<unknown>;
  };
  lookupRequest(apiKey: number, definition: RequestDefinition): (payload: object) => ProtocolRequest;
  isConnected(): boolean;
  disconnect(): Promise<void>;
  leaveGroup(member: { groupId: string; memberId: string }): Promise<unknown>;
  heartbeat(member: { groupId: string; memberId: string; groupGenerationId: number }): Promise<unknown>;
  offsetFetch(request: object): Promise<{ readonly responses: readonly FetchedOffsets[] }>;
  listOffsets(request: object): Promise<{ readonly responses: readonly ListedOffsets[] }>;
  fetch(request: object): Promise<{ readonly responses: readonly FetchedTopic[] }>;
}
export interface FetchConnection {
  readonly socket: Socket;
  readonly requestQueue: { readonly throttledUntil: number };
  isConnected(): boolean;
  isAuthenticated(): boolean;
  rejectRequests(error: Error): void;
}
export interface FetchedTopic {
  readonly topicName: string;
  readonly partitions: readonly PartitionAnswer[];
}
export interface FetchedOffsets {
  readonly topic: string;
  readonly partitions: readonly {
    readonly partition: number;
    readonly offset: string;
    readonly metadata: string | null;
  }[];
}
export interface ListedOffsets {
  readonly topic: string;
  readonly partitions: readonly { readonly partition: number; readonly offset: string }[];
}

export interface KafkaJsCluster {
  readonly targetTopics: Set<string>;
  readonly brokerPool: { findConnectedBroker(): Promise<KafkaJsBroker> };
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  refreshMetadata(): Promise<void>;
  refreshMetadataIfNecessary(): Promise<void>;
  addMultipleTargetTopics(topics: readonly string[]): Promise<void>;
  findBroker(node: { nodeId: number | string }): Promise<KafkaJsBroker>;
  /** Coordinator type 1: `groupId` is a transactional id. */
  findGroupCoordinator(group: { groupId: string; coordinatorType?: 0 | 1 }): Promise<KafkaJsBroker>;
  findLeaderForPartitions(topic: string, partitions: readonly number[]): Readonly<Record<string, readonly number[]>>;
  findTopicPartitionMetadata(topic: string): readonly { readonly partitionId: number; readonly leader: number }[];
}

export interface TopicPartitions {
  readonly topic: string;
  readonly partitions: readonly number[];
}

export interface ConsumerGroup {
  readonly cluster: KafkaJsCluster;
  readonly groupId: string;
  readonly retrier: unknown;
  coordinator: KafkaJsBroker | null;
  memberId: string | null;
  generationId: number | null;
  topicsSubscribed: readonly string[];
  readonly topicConfigurations: Record<string, { fromBeginning: boolean }>;
  maxWaitTime: number;
  readonly offsetManager: {
    coordinator: KafkaJsBroker;
    getCoordinator(): Promise<KafkaJsBroker>;
  };
  /** By topic, when the group was joined. */
  readonly partitionsPerSubscribedTopic?: ReadonlyMap<string, readonly number[]>;
  /** By topic and partition (KIP-392). */
  readonly preferredReadReplicasPerTopicPartition: Record<string, Record<number, object>>;
  readonly metadataMaxAge: number;
  readonly isolationLevel: number;
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly maxBytesPerPartition: number;
  assigned(): readonly TopicPartitions[];
  recoverFromFetch(error: Error): Promise<void>;
  checkForStaleAssignment(): void;
  findReadReplicaForPartitions(topic: string, partitions: readonly number[]): Record<string, readonly number[]>;
}

/** What the overrides replace on ConsumerGroup.prototype. */
export interface ConsumerGroupPrototype {
  joinAndSync(this: ConsumerGroup): Promise<void>;
  fetch(this: ConsumerGroup, nodeId: string): Promise<readonly FetchedPartition[]>;
  heartbeat(this: ConsumerGroup, options: { interval: number }): Promise<void>;
  recoverFromFetch(this: ConsumerGroup, error: KafkaJsError): Promise<void>;
  recoverFromOffsetOutOfRange(this: ConsumerGroup, error: KafkaJsError & TopicPartitionOfError): Promise<void>;
  /** Partitions by the broker to read them from. */
  findReadReplicaForPartitions(
    this: ConsumerGroup,
    topic: string,
    partitions: readonly number[],
  ): Record<number, readonly number[]>;
  /** Throws where a topic has partitions that it had not when the group was joined. */
  checkForStaleAssignment(this: ConsumerGroup): void;
}
export interface TopicPartitionOfError {
  readonly topic: string;
  readonly partition: number;
}

export interface KafkaJsError extends Error {
  /** Kafka's name of the error code; on protocol errors only. */
  readonly type?: string;
  /** Kafka's number, or Node's code on connection errors. */
  readonly code?: string | number;
  readonly retriable?: boolean;
  readonly broker?: string;
  readonly originalError?: Error;
}

export interface EachBatchPayload {
  readonly batch: FetchedPartition;
}

export interface KafkaJsConsumer {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  subscribe(subscription: { topics: readonly string[]; fromBeginning: boolean }): Promise<void>;
  run(options: {
    autoCommit: boolean;
    eachBatchAutoResolve: boolean;
    partitionsConsumedConcurrently: number;
    eachBatch(payload: EachBatchPayload): Promise<void>;
  }): Promise<void>;
  on(event: string, listener: (event: { readonly payload: CrashPayload }) => void): () => void;
}
export interface CrashPayload {
  readonly error: KafkaJsError;
  readonly restart: boolean;
}

export interface KafkaJsAdmin {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  describeCluster(): Promise<{ readonly clusterId: string; readonly brokers: readonly unknown[] }>;
  listTopics(): Promise<readonly string[]>;
  createTopics(request: object): Promise<boolean>;
  fetchTopicOffsets(
    topic: string,
  ): Promise<readonly { readonly partition: number; readonly low: string; readonly high: string }[]>;
  fetchOffsets(request: { groupId: string }): Promise<readonly FetchedOffsets[]>;
  describeConfigs(request: {
    resources: readonly { type: number; name: string }[];
    includeSynonyms: boolean;
  }): Promise<{
    readonly resources: readonly {
      readonly configEntries: readonly { readonly configName: string; readonly configValue: string | null }[];
    }[];
  }>;
  describeGroups(groupIds: readonly string[]): Promise<{
    readonly groups: readonly { readonly state: string; readonly members: readonly unknown[] }[];
  }>;
}

/** Log entry as kafkajs hands it to a logCreator. */
export interface KafkaJsLogEntry {
  readonly namespace: string;
  readonly level: number;
  readonly log: Readonly<Record<string, unknown>> & { readonly message: string };
}
export type LogCreator = (level: number) => (entry: KafkaJsLogEntry) => void;

export interface RetryOptions {
  readonly retries: number;
  readonly initialRetryTime: number;
  readonly maxRetryTime: number;
  readonly factor: number;
  readonly multiplier: number;
}
