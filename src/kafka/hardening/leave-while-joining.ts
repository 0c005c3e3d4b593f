import { ConnectError } from '../../api/index.ts';
import type {
  KafkaJsBroker,
  KafkaJsCluster,
  KafkaJsError,
  ProtocolRequest,
  RequestDefinition,
} from './kafkajs-types.ts';
import { fatalError, type KafkaJsModules, type Override } from './override.ts';

const joinGroupKey = 11;

interface JoinGroupRequest {
  readonly groupId: string;
  readonly memberId?: string;
}
interface BrokerPrototype {
  joinGroup(this: KafkaJsBroker, request: JoinGroupRequest): Promise<unknown>;
}
interface ClusterPrototype {
  findGroupCoordinator(this: KafkaJsCluster, request: object): Promise<KafkaJsBroker>;
}
interface Joining {
  memberId: string | null;
  hasEnded: boolean;
}

/** A consumer's cluster object and its coordinators share one. */
const joinings = new WeakMap<KafkaJsCluster | KafkaJsBroker, Joining>();
const joiningOf = (client: KafkaJsCluster | KafkaJsBroker): Joining => {
  const joining = joinings.get(client) ?? { memberId: null, hasEnded: false };
  joinings.set(client, joining);
  return joining;
};

/** From now on this consumer joins nothing, however far it has come. Answers the member id that it last joined with, to leave with it. */
export const endJoining = (cluster: KafkaJsCluster): string | null => {
  const joining = joiningOf(cluster);
  joining.hasEnded = true;
  return joining.memberId;
};

const requests = (modules: KafkaJsModules): { readonly JoinGroup: RequestDefinition } =>
  modules.load<{ requests: { JoinGroup: RequestDefinition } }>('protocol/requests').requests;

/**
 * K18: a JoinGroup is answered when the whole group has joined, and nothing else is answered on its connection before. kafkajs keeps
 * the member id that the broker gives to a new member (KIP-394) to itself until then, so a consumer that is closed meanwhile
 * stays in the group until its session ends. It also goes on joining, over new connections, when it is closed before or between its
 * requests. Here the id is known as soon as it is given, and once the join is ended none begins.
 */
export const leaveWhileJoining: Override = {
  name: 'leave-while-joining',
  patches: [{ path: 'broker/index', method: 'joinGroup', sha256: '4c54e7a2d01ff93e' }],
  install(modules) {
    const cluster = modules.load<{ prototype: ClusterPrototype }>('cluster/index').prototype;
    const findCoordinator = cluster.findGroupCoordinator;
    cluster.findGroupCoordinator = async function (this: KafkaJsCluster, request) {
      const coordinator = await findCoordinator.call(this, request);
      joinings.set(coordinator, joiningOf(this));
      return coordinator;
    };
    const { prototype } = modules.load<{ prototype: BrokerPrototype }>('broker/index');
    const stock = prototype.joinGroup;
    const memberIdFor = async (broker: KafkaJsBroker, request: JoinGroupRequest): Promise<unknown> => {
      const encoded: ProtocolRequest = broker.lookupRequest(
        joinGroupKey,
        requests(modules).JoinGroup,
      )({
        protocolType: 'consumer',
        ...request,
      });
      return broker.connectionPool.send(encoded);
    };
    prototype.joinGroup = async function (this: KafkaJsBroker, request) {
      const joining = joiningOf(this);
      const refuse = (): void => {
        if (joining.hasEnded) throw fatalError(modules, new ConnectError('the consumer is closing'));
      };
      refuse();
      let { memberId = '' } = request;
      if (memberId === '') {
        try {
          return await memberIdFor(this, request);
        } catch (error) {
          const { name, memberId: given } = error as KafkaJsError & { readonly memberId?: string };
          if (name !== 'KafkaJSMemberIdRequired' || given === undefined) throw error;
          memberId = given;
        }
      }
      joining.memberId = memberId;
      refuse();
      return stock.call(this, { ...request, memberId });
    };
  },
};
