import { topicPartitionKey } from '../../api/index.ts';
import { apiKeys, sendUnparsed } from '../broker-request.ts';
import { type FetchFrom, FetchSession } from '../fetch-session.ts';
import { FetchedPartition } from '../fetched-partition.ts';
import { byTopic } from '../partition-offsets.ts';
import { membershipOf } from './group-membership.ts';
import type { ConsumerGroup, FetchedTopic, RequestDefinition } from './kafkajs-types.ts';
import { consumerGroupPrototype, type KafkaJsModules, type Override, rejoinError } from './override.ts';

/** Lacks the session below version 7. */
interface FetchAnswer {
  readonly errorCode?: number;
  readonly sessionId?: number;
  readonly responses: readonly FetchedTopic[];
}
type Wanted = ReadonlyMap<string, FetchFrom>;
interface Fetched {
  /** From this broker. */
  readonly wanted: Wanted;
  /** Null: nothing was to be asked for. */
  readonly fetched: readonly FetchedPartition[] | null;
}

const fetchDefinition = (modules: KafkaJsModules): RequestDefinition =>
  modules.load<{ requests: { Fetch: RequestDefinition } }>('protocol/requests').requests.Fetch;
const errorOf = (modules: KafkaJsModules, code: number): Error =>
  modules.load<{ createErrorFromCode(code: number): Error }>('protocol/error').createErrorFromCode(code);
const shuffled = <T>(modules: KafkaJsModules, list: readonly T[]): readonly T[] =>
  modules.load<(list: readonly T[]) => readonly T[]>('utils/shuffle')(list);

const keysOf = (answers: readonly FetchedTopic[]): readonly string[] =>
  answers.flatMap(({ topicName: topic, partitions }) =>
    partitions.map(({ partition }) => topicPartitionKey({ topic, partition })),
  );

/** By broker; a consumer that starts over is a new group, and begins new sessions. */
const sessions = new WeakMap<ConsumerGroup, Map<string, FetchSession>>();

const sessionWith = (group: ConsumerGroup, nodeId: string): FetchSession => {
  const known = sessions.get(group) ?? new Map<string, FetchSession>();
  sessions.set(group, known);
  const session = known.get(nodeId) ?? new FetchSession();
  known.set(nodeId, session);
  return session;
};

/** Those whose leader, or nearer replica, is this broker. */
const readFrom = (group: ConsumerGroup, nodeId: string, all: Wanted): Wanted => {
  const wanted = new Map<string, FetchFrom>();
  for (const { topic, partitions } of byTopic([...all.values()])) {
    const here = group.findReadReplicaForPartitions(topic, partitions)[nodeId] ?? [];
    for (const partition of here) {
      const key = topicPartitionKey({ topic, partition });
      const from = all.get(key);
      if (from !== undefined) wanted.set(key, from);
    }
  }
  return wanted;
};

const topicsOf = (partitions: readonly FetchFrom[], maxBytes: number): readonly object[] =>
  [...Map.groupBy(partitions, ({ topic }) => topic)].map(([topic, asked]) => ({
    topic,
    partitions: asked.map(({ partition, offset }) => ({ partition, fetchOffset: String(offset), maxBytes })),
  }));

/** A broker may name a replica to read from instead (KIP-392), and answers with no records then. */
const notePreferred = (group: ConsumerGroup, { topicName, partitions }: FetchedTopic): void => {
  for (const { partition, preferredReadReplica = null } of partitions) {
    if (preferredReadReplica === null || preferredReadReplica < 0) continue;
    const preferred = group.preferredReadReplicasPerTopicPartition[topicName] ?? {};
    group.preferredReadReplicasPerTopicPartition[topicName] = preferred;
    preferred[partition] = { nodeId: preferredReadReplica, expireAt: Date.now() + group.metadataMaxAge };
  }
};

/** Sends what the session says, and tells it what became of that. Null: the session is not what the broker thinks; ask again. */
const ask = async (
  modules: KafkaJsModules,
  group: ConsumerGroup,
  nodeId: string,
  wanted: Wanted,
): Promise<readonly FetchedTopic[] | null> => {
  const broker = await group.cluster.findBroker({ nodeId });
  const session = sessionWith(group, nodeId);
  const { sessionId, sessionEpoch, partitions, forgotten } = session.next(wanted);
  const isFull = sessionEpoch === 0;
  const { isolationLevel, maxWaitTime, minBytes, maxBytes, maxBytesPerPartition } = group;
  const fields = {
    ...{ isolationLevel, maxWaitTime, minBytes, maxBytes, sessionId, sessionEpoch },
    // where the broker keeps no session, the first ones named would always come first
    topics: topicsOf(isFull ? shuffled(modules, partitions) : partitions, maxBytesPerPartition),
    forgottenTopics: byTopic(forgotten),
  };
  try {
    const request = broker.lookupRequest(apiKeys.Fetch, fetchDefinition(modules))(fields);
    const answer = await sendUnparsed<FetchAnswer>(broker, request);
    const { errorCode = 0, responses } = answer;
    const isUsable = session.answered({ errorCode, sessionId: answer.sessionId ?? 0, partitions: keysOf(responses) });
    if (errorCode !== 0 && isFull) throw errorOf(modules, errorCode);
    await request.response.parse(answer); // throws the first partition's error
    return isUsable ? responses : null;
  } catch (error) {
    session.failed();
    throw error;
  }
};

/** Kafka's answer for the partitions to read from this broker, those among them that have news. */
const fetchOnce = async (
  modules: KafkaJsModules,
  group: ConsumerGroup,
  nodeId: string,
  all: Wanted,
): Promise<Fetched> => {
  const wanted = readFrom(group, nodeId, all);
  if (wanted.size === 0) return { wanted, fetched: null };
  const responses = await ask(modules, group, nodeId, wanted);
  if (responses === null) return { wanted: new Map(), fetched: [] };
  const fetched = responses.flatMap((answer) => {
    notePreferred(group, answer);
    const { topicName: topic, partitions } = answer;
    return partitions.map((one) => {
      const from = wanted.get(topicPartitionKey({ topic, partition: one.partition }));
      return new FetchedPartition(topic, String(from?.offset), one);
    });
  });
  return { wanted, fetched };
};

/**
 * Stock kafkajs 2.2.4 names every partition in every request and decodes every one from every answer: of a thousand idle partitions that is
 * all they cost. Here only what changed is named (`FetchSession`), and the positions are our own.
 */
export const fetchInSessions: Override = {
  name: 'fetch-in-sessions',
  patches: [{ path: 'consumer/consumerGroup', method: 'fetch', sha256: 'e2e52d81f1e13b90' }],
  install(modules) {
    const prototype = consumerGroupPrototype(modules);
    const stock = prototype.fetch;
    prototype.fetch = async function (this: ConsumerGroup, nodeId) {
      const membership = membershipOf(this);
      if (membership === undefined) return stock.call(this, nodeId);
      if (membership.mustJoin(this)) throw rejoinError(modules, 'The group must be joined again');
      this.maxWaitTime = membership.fetchWaitMs();
      let answer: Fetched;
      try {
        await this.cluster.refreshMetadataIfNecessary();
        this.checkForStaleAssignment();
        answer = await fetchOnce(modules, this, nodeId, membership.wanted());
      } catch (error) {
        await this.recoverFromFetch(error as Error);
        return [];
      }
      const { wanted, fetched } = answer;
      if (fetched === null) {
        await membership.moreWanted(this.maxWaitTime);
        return [];
      }
      await membership.fetched(wanted, fetched);
      // for those that brought nothing kafkajs would make promises and events, and do nothing
      return fetched.filter((one) => !one.isEmpty());
    };
  },
};
