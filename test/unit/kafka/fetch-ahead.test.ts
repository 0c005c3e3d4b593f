import net from 'node:net';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { asNextOffset, topicPartitionKey } from '../../../src/api/index.ts';
import { isSameWanted, type Wanted, wantedBehind } from '../../../src/kafka/fetch-ahead.ts';
import { FetchedPartition } from '../../../src/kafka/fetched-partition.ts';
import { createSocketFactory } from '../../../src/kafka/framing-socket.ts';
import { type GroupMembership, registerMembership } from '../../../src/kafka/hardening/group-membership.ts';
import type { ConsumerGroup, KafkaJsBroker } from '../../../src/kafka/hardening/kafkajs-types.ts';
import { createHardenedKafkaJs } from '../../../src/kafka/hardening/load-kafkajs.ts';
import { consumerGroupPrototype } from '../../../src/kafka/hardening/override.ts';
import { ResponsePlace } from '../../../src/kafka/response-place.ts';

const topic = 'orders';
/** Of partitions 0, 1, …, from these offsets. */
const wantedFrom = (...offsets: readonly number[]): Wanted =>
  new Map(
    offsets.map((at, partition) => {
      const where = { topic, partition };
      return [topicPartitionKey(where), { ...where, offset: asNextOffset(BigInt(at)) }];
    }),
  );
/** One record batch that holds the five offsets up to `last`. */
const batchUpTo = (last: number): Buffer => {
  const bytes = Buffer.alloc(80);
  bytes.writeBigInt64BE(BigInt(last - 4), 0);
  bytes.writeInt32BE(68, 8);
  bytes.writeInt8(2, 16);
  bytes.writeInt32BE(4, 23);
  bytes.writeInt32BE(5, 57);
  return bytes;
};
const partitionAnswer = (messages: Buffer, ends: object = {}) => ({
  ...{ partition: 0, errorCode: 0, highWatermark: '100', lastStableOffset: '100', messages },
  ...ends,
});
const nothing = Buffer.alloc(0);

describe('what will be wanted', () => {
  const behind = (from: Wanted, messages: Buffer, ends?: object): Wanted | null =>
    wantedBehind(from, [new FetchedPartition(topic, '5', partitionAnswer(messages, ends))]);

  test('lies behind the last whole batch; the rest is wanted still', () => {
    const cutOff = Buffer.concat([batchUpTo(9), batchUpTo(19), batchUpTo(29).subarray(0, 70)]);
    expect(behind(wantedFrom(5, 7), cutOff)).toEqual(wantedFrom(20, 7));
  });
  test.each([
    ['nothing came', nothing, {}],
    ['the log ends there', batchUpTo(99), {}],
    ['an open transaction ends what may be read', batchUpTo(9), { lastStableOffset: '10' }],
    ['the log ends there, read_uncommitted', batchUpTo(99), { lastStableOffset: '-1' }],
  ])('is not asked for where %s', (_, messages, ends) => {
    expect(behind(wantedFrom(5), messages, ends)).toBeNull();
  });
  test.each([
    ['another offset', wantedFrom(5, 8)],
    ['fewer partitions', wantedFrom(5)],
    ['more partitions', wantedFrom(5, 7, 0)],
  ])('%s: something else is wanted', (_, other) => {
    expect(isSameWanted(wantedFrom(5, 7), wantedFrom(5, 7))).toBe(true);
    expect(isSameWanted(wantedFrom(5, 7), other)).toBe(false);
  });
});

interface Sent {
  readonly fields: {
    readonly sessionEpoch: number;
    readonly maxWaitTime: number;
    readonly topics: readonly { readonly partitions: readonly { readonly fetchOffset: string }[] }[];
  };
  readonly resolve: (answer: object) => void;
  readonly reject: (error: Error) => void;
}
type HardenedBroker = KafkaJsBroker & { lookupRequest: KafkaJsBroker['lookupRequest'] };

describe('a broker is asked ahead', () => {
  const modules = createHardenedKafkaJs();
  const { fetch } = consumerGroupPrototype(modules);
  let group: ConsumerGroup;
  let broker: HardenedBroker;
  let socket: net.Socket;
  let sent: Sent[];
  let wanted: Wanted;
  let throttledUntil: number;
  let ages: number[];

  beforeEach(async () => {
    const server = net.createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as net.AddressInfo;
    const place = new ResponsePlace(() => null, { isInUse: false, hasStragglers: false });
    socket = await new Promise((resolve) => {
      const connecting = createSocketFactory(place)({
        ...{ host: '127.0.0.1', port, ssl: null },
        onConnect: () => resolve(connecting),
      });
    });
    onTestFinished(() => {
      socket.destroy();
      server.close();
    });
    [sent, ages, throttledUntil] = [[], [], 0];
    const connection = {
      socket,
      requestQueue: {
        get throttledUntil() {
          return throttledUntil;
        },
      },
      isConnected: () => true,
      isAuthenticated: () => true,
      rejectRequests: (error: Error) => {
        for (const { reject } of sent) reject(error);
      },
    };
    const connectionPool = {
      pool: [connection, connection],
      send: ({ request }: { request: Sent['fields'] }) =>
        new Promise((resolve, reject) => {
          sent.push({ fields: request, resolve, reject });
        }),
      destroy: async () => {},
    };
    const Broker = modules.load<new (options: object) => HardenedBroker>('broker/index');
    broker = new Broker({ connectionPool, logger: { namespace: () => ({}) } });
    const response = { parse: async (answer: unknown) => answer };
    broker.lookupRequest = () => (request) => ({ request, response }) as never;
    const cluster = { findBroker: async () => broker, refreshMetadataIfNecessary: async () => {} };
    group = {
      ...{ cluster, memberId: 'm', generationId: 1, preferredReadReplicasPerTopicPartition: {} },
      ...{ isolationLevel: 1, minBytes: 1, maxBytes: 1000, maxBytesPerPartition: 100 },
      checkForStaleAssignment: () => {},
      findReadReplicaForPartitions: (_: string, partitions: readonly number[]) => ({ 1: partitions }),
      recoverFromFetch: async (error: Error) => {
        throw error;
      },
    } as unknown as ConsumerGroup;
    const membership: Partial<GroupMembership> = {
      mustJoin: () => false,
      fetchWaitMs: () => 500,
      wanted: () => wanted,
      moreWanted: async () => {},
      fetched: (_asked, _partitions, ageMs) => {
        ages.push(ageMs);
      },
    };
    registerMembership(group.cluster, membership as GroupMembership);
  });

  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const fetchFrom = (...offsets: readonly number[]): Promise<readonly FetchedPartition[]> => {
    wanted = wantedFrom(...offsets);
    return fetch.call(group, '1');
  };
  const answer = (at: number, messages: Buffer): void =>
    sent[at]?.resolve({
      errorCode: 0,
      sessionId: 9,
      responses: [{ topicName: topic, partitions: [partitionAnswer(messages)] }],
    });
  const named = (): readonly (readonly string[])[] =>
    sent.map(({ fields }) =>
      fields.topics.flatMap(({ partitions }) => partitions.map(({ fetchOffset }) => fetchOffset)),
    );
  /** The first fetch, answered with more behind it. */
  const asked = async (): Promise<void> => {
    const first = fetchFrom(5);
    await turn();
    answer(0, batchUpTo(9));
    await first;
    await turn();
  };

  test('and does not read the answer before it is wanted', async () => {
    await asked();
    expect(named()).toEqual([['5'], ['10']]);
    expect(sent.map(({ fields }) => fields.maxWaitTime)).toEqual([500, 0]);
    expect(socket.isPaused()).toBe(true);
    const second = fetchFrom(10);
    await turn();
    expect(socket.isPaused()).toBe(false);
    expect(sent.length).toBe(2);
    answer(1, batchUpTo(99));
    expect((await second).map(({ nextOffset }) => nextOffset)).toEqual([100n]);
    expect(ages).toEqual([0, expect.toSatisfy((ageMs: number) => ageMs > 0)]);
    await turn();
    expect(sent.length).toBe(2); // the log ends there
    expect(socket.isPaused()).toBe(false);
  });

  test('and asked again, behind the answer that is dropped, where something else is wanted', async () => {
    await asked();
    const second = fetchFrom(3);
    await turn();
    expect(socket.isPaused()).toBe(false);
    expect(sent.length).toBe(2);
    answer(1, batchUpTo(19));
    await turn();
    expect(named()[2]).toEqual(['3']);
    expect(sent.map(({ fields }) => fields.sessionEpoch)).toEqual([0, 1, 2]);
    answer(2, batchUpTo(99));
    expect((await second).map(({ fetchOffset }) => fetchOffset)).toEqual([3n]);
    expect(ages).toEqual([0, 0]);
  });

  test('and asked again if that failed before anybody wanted it', async () => {
    await asked();
    sent[1]?.reject(new Error('Request Fetch timed out'));
    await turn();
    void fetchFrom(10);
    await turn();
    expect(named()[2]).toEqual(['10']);
  });

  test('and a failure after that is the request’s own', async () => {
    await asked();
    const second = fetchFrom(10);
    const failed = expect(second).rejects.toThrow('NOT_LEADER_FOR_PARTITION');
    await turn();
    sent[1]?.reject(new Error('NOT_LEADER_FOR_PARTITION'));
    await failed;
  });

  test('and what came of it does not outlive a join', async () => {
    await asked();
    group.generationId = 2;
    void fetchFrom(10);
    await turn();
    answer(1, batchUpTo(19));
    await turn();
    expect(sent.length).toBe(3);
  });

  test('but not while it throttles', async () => {
    throttledUntil = Date.now() + 60_000;
    await asked();
    expect(sent.length).toBe(1);
    expect(socket.isPaused()).toBe(false);
  });

  test('and a connection that closes meanwhile is not waited for', async () => {
    await asked();
    await broker.disconnect();
    expect(socket.destroyed).toBe(true);
    await turn();
    void fetchFrom(10);
    await turn();
    expect(sent.length).toBe(3);
  });
});
