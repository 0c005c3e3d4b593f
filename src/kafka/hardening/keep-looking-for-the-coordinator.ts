import type { KafkaJsError } from './kafkajs-types.ts';
import type { Override } from './override.ts';

interface CoordinatorRequest {
  readonly groupId: string;
  /** 0 or left out: of a group; 1: of transactions. */
  readonly coordinatorType?: 0 | 1;
}
interface AskedBroker {
  findGroupCoordinator(request: CoordinatorRequest): Promise<object>;
}
interface AskingCluster {
  readonly brokerPool: {
    /** The answer of the first broker whose call does not reject; null: all did. */
    withBroker<T>(call: (given: { readonly broker: AskedBroker }) => Promise<T>): Promise<T | null>;
  };
}
interface ClusterPrototype {
  findGroupCoordinatorMetadata(this: AskingCluster, request: CoordinatorRequest): Promise<object>;
}

/**
 * K19: kafkajs hides why no broker named the group's coordinator and calls it final, so a connection that breaks at that moment ends the
 * consumer for good. Here a refusal of the brokers keeps its name, and anything else is what kafkajs refreshes its metadata and asks again for.
 */
export const keepLookingForTheCoordinator: Override = {
  name: 'keep-looking-for-the-coordinator',
  patches: [{ path: 'cluster/index', method: 'findGroupCoordinatorMetadata', sha256: 'e1e5b7122c7b4143' }],
  install(modules) {
    const { prototype } = modules.load<{ prototype: ClusterPrototype }>('cluster/index');
    const { KafkaJSBrokerNotFound } = modules.load<{ KafkaJSBrokerNotFound: new (message: string) => KafkaJsError }>(
      'errors',
    );
    const stock = prototype.findGroupCoordinatorMetadata;
    prototype.findGroupCoordinatorMetadata = async function (this: AskingCluster, request) {
      // transactions have retries of their own (dead-letter-log.ts)
      if (request.coordinatorType === 1) return stock.call(this, request);
      let last: unknown;
      const found = await this.brokerPool.withBroker(({ broker }) =>
        broker.findGroupCoordinator(request).catch((error: unknown) => {
          last = error;
          throw error;
        }),
      );
      if (found !== null) return found;
      const { name, retriable } = (last ?? {}) as Partial<KafkaJsError>;
      if (name === 'KafkaJSProtocolError' && retriable === false) throw last;
      throw new KafkaJSBrokerNotFound(`No broker could name the coordinator of group ${request.groupId}`);
    };
  },
};
