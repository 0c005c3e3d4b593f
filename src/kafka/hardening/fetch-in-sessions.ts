import { topicPartitionKey } from '../../api/index.ts';
import { apiKeys, sendUnparsed } from '../broker-request.ts';
import { isSameWanted, type Wanted, wantedBehind } from '../fetch-ahead.ts';
import { type FetchFrom, FetchSession } from '../fetch-session.ts';
import { FetchedPartition } from '../fetched-partition.ts';
import { byTopic } from '../partition-offsets.ts';
import { membershipOf } from './group-membership.ts';
import { holdAnswers } from './hold-answers.ts';
import type { ConsumerGroup, FetchedTopic, KafkaJsBroker, RequestDefinition } from './kafkajs-types.ts';
import { consumerGroupPrototype, type KafkaJsModules, type Override, rejoinError } from './override.ts';

/** Lacks the session below version 7. */
interface FetchAnswer {
  readonly errorCode?: number;
  readonly sessionId?: number;
  readonly responses: readonly FetchedTopic[];
}
interface EarlyFetch {
  readonly wanted: Wanted;
  /** Partitions, and topics of the same name, may be others after a join. */
  readonly membership: string;
  readonly askedAtMs: number;
  /** As `ask` answers. */
  readonly answer: Promise<readonly FetchedTopic[] | null>;
  hasFailed: boolean;
  /** Lets the answer come. */
  release(): void;
}
/** What one broker is asked, and was asked already. */
interface Reading {
  readonly session: FetchSession;
  broker: KafkaJsBroker | null;
  early: EarlyFetch | null;
}
interface Fetched {
  /** From this broker. */
  readonly wanted: Wanted;
  readonly ageMs: number;
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
const readings = new WeakMap<ConsumerGroup, Map<string, Reading>>();

const readingOf = (group: ConsumerGroup, nodeId: string): Reading => {
  const known = readings.get(group) ?? new Map<string, Reading>();
  readings.set(group, known);
  const reading = known.get(nodeId) ?? { session: new FetchSession(), broker: null, early: null };
  known.set(nodeId, reading);
  return reading;
};
const membershipIn = ({ memberId, generationId }: ConsumerGroup): string => `${memberId} ${generationId}`;

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
  broker: KafkaJsBroker,
  session: FetchSession,
  wanted: Wanted,
  maxWaitTime: number,
): Promise<readonly FetchedTopic[] | null> => {
  const { sessionId, sessionEpoch, partitions, forgotten } = session.next(wanted);
  const isFull = sessionEpoch === 0;
  const { isolationLevel, minBytes, maxBytes, maxBytesPerPartition } = group;
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

/** What was asked ahead, if that is what is wanted now. An early request that failed before anybody wanted it was never made. */
const answerTo = async (
  modules: KafkaJsModules,
  group: ConsumerGroup,
  nodeId: string,
  wanted: Wanted,
): Promise<{ responses: readonly FetchedTopic[] | null; ageMs: number }> => {
  const reading = readingOf(group, nodeId);
  const { early, session } = reading;
  if (early !== null) {
    reading.early = null;
    early.release();
    if (!early.hasFailed && early.membership === membershipIn(group) && isSameWanted(early.wanted, wanted))
      return { responses: await early.answer, ageMs: performance.now() - early.askedAtMs };
    await early.answer.catch(() => undefined); // a session takes one request after another
  }
  const broker = await group.cluster.findBroker({ nodeId });
  reading.broker = broker;
  return { responses: await ask(modules, group, broker, session, wanted, group.maxWaitTime), ageMs: 0 };
};

/**
 * kafkajs asks a broker for more only when all handlers of its last answer are done: meanwhile the broker rests, and then the task
 * does. So the request that most likely comes next goes out at once, with no time to wait in it, and its answer stays in the socket
 * until kafkajs asks: the place where answers lie is free only then, and no second answer takes memory.
 */
const askAhead = (modules: KafkaJsModules, group: ConsumerGroup, nodeId: string, wanted: Wanted): void => {
  const reading = readingOf(group, nodeId);
  const { broker } = reading;
  const release = broker === null ? null : holdAnswers(broker);
  if (broker === null || release === null) return;
  const answer = ask(modules, group, broker, reading.session, wanted, 0);
  const membership = membershipIn(group);
  const early: EarlyFetch = { wanted, membership, askedAtMs: performance.now(), answer, release, hasFailed: false };
  answer.catch(() => {
    early.hasFailed = true;
  });
  reading.early = early;
};

/** Kafka's answer for the partitions to read from this broker, those among them that have news. */
const fetchOnce = async (
  modules: KafkaJsModules,
  group: ConsumerGroup,
  nodeId: string,
  all: Wanted,
): Promise<Fetched> => {
  const wanted = readFrom(group, nodeId, all);
  if (wanted.size === 0) return { wanted, ageMs: 0, fetched: null };
  const { responses, ageMs } = await answerTo(modules, group, nodeId, wanted);
  if (responses === null) return { wanted: new Map(), ageMs, fetched: [] };
  const fetched = responses.flatMap((answer) => {
    notePreferred(group, answer);
    const { topicName: topic, partitions } = answer;
    return partitions.map((one) => {
      const from = wanted.get(topicPartitionKey({ topic, partition: one.partition }));
      return new FetchedPartition(topic, String(from?.offset), one);
    });
  });
  const next = wantedBehind(wanted, fetched);
  if (next !== null) askAhead(modules, group, nodeId, next);
  return { wanted, ageMs, fetched };
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
      const { wanted, fetched, ageMs } = answer;
      if (fetched === null) {
        await membership.moreWanted(this.maxWaitTime);
        return [];
      }
      await membership.fetched(wanted, fetched, ageMs);
      // for those that brought nothing kafkajs would make promises and events, and do nothing
      return fetched.filter((one) => !one.isEmpty());
    };
  },
};
