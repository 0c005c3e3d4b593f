import type { KafkaJsCluster } from './hardening/kafkajs-types.ts';
import type { KafkaJsModules } from './hardening/override.ts';

interface Member {
  readonly memberId: string;
  readonly memberMetadata: Buffer;
}
interface AssignerProtocol {
  readonly MemberMetadata: {
    encode(metadata: { version: number; topics: readonly string[] }): Buffer;
    decode(bytes: Buffer): { readonly topics: readonly string[] };
  };
  readonly MemberAssignment: {
    encode(assignment: { version: number; assignment: Readonly<Record<string, readonly number[]>> }): Buffer;
  };
}
/** kafkajs's `PartitionAssigner` factory. */
export type CreateAssigner = (context: { readonly cluster: KafkaJsCluster }) => unknown;

/** Each member's topics by id. */
export type Subscriptions = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * Java's round robin over members that may subscribe to different topics: kafkajs's own hands every topic to every member, and
 * the partitions of one that does not know the topic yet (regex, topic just made) would be read by nobody.
 */
export const assignRoundRobin = (
  subscriptions: Subscriptions,
  partitionsOf: (topic: string) => readonly number[],
): ReadonlyMap<string, Record<string, number[]>> => {
  const members = [...subscriptions.keys()].sort();
  const assignment = new Map<string, Record<string, number[]>>(members.map((member) => [member, {}]));
  const topics = [...new Set([...subscriptions.values()].flatMap((list) => [...list]))].sort();
  let turn = 0;
  for (const topic of topics) {
    for (const partition of partitionsOf(topic)) {
      while (!subscriptions.get(members[turn % members.length] ?? '')?.has(topic)) turn++;
      const own = assignment.get(members[turn % members.length] ?? '') ?? {};
      own[topic] = [...(own[topic] ?? []), partition];
      turn++;
    }
  }
  return assignment;
};

/** Named as Java's RoundRobinAssignor is on the wire. */
export const createRoundRobinAssigner =
  (modules: KafkaJsModules): CreateAssigner =>
  ({ cluster }) => {
    const { MemberMetadata, MemberAssignment } = modules.load<AssignerProtocol>('consumer/assignerProtocol');
    const version = 0;
    const partitionsOf = (topic: string): readonly number[] =>
      cluster
        .findTopicPartitionMetadata(topic)
        .map(({ partitionId }) => partitionId)
        .sort((a, b) => a - b);
    return {
      name: 'roundrobin',
      version,
      protocol: ({ topics }: { topics: readonly string[] }) => ({
        name: 'roundrobin',
        metadata: MemberMetadata.encode({ version, topics }),
      }),
      assign: async ({ members }: { members: readonly Member[] }) => {
        const subscriptions = new Map(
          members.map(({ memberId, memberMetadata }) => [
            memberId,
            new Set(MemberMetadata.decode(memberMetadata).topics),
          ]),
        );
        await knowTopics(cluster, subscriptions);
        return [...assignRoundRobin(subscriptions, partitionsOf)].map(([memberId, assignment]) => ({
          memberId,
          memberAssignment: MemberAssignment.encode({ version, assignment }),
        }));
      },
    };
  };

/** The leader may be the last to hear of a topic that another member subscribes to. */
const knowTopics = async (cluster: KafkaJsCluster, subscriptions: Subscriptions): Promise<void> => {
  const unknown = new Set([...subscriptions.values()].flatMap((topics) => [...topics]));
  for (const topic of cluster.targetTopics) unknown.delete(topic);
  if (unknown.size === 0) return;
  // A topic deleted meanwhile: nobody can be given it, and the others must not wait for it.
  await cluster.addMultipleTargetTopics([...unknown]).catch(() => undefined);
};
