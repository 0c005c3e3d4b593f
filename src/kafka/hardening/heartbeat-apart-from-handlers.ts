import { membershipOf } from './group-membership.ts';
import type { ConsumerGroup } from './kafkajs-types.ts';
import { consumerGroupPrototype, type Override, rejoinError } from './override.ts';

/**
 * K8: stock kafkajs sends no heartbeat while a handler runs, and rejoins for a mere move of the coordinator. The member's own
 * timer beats instead (`GroupHeartbeat`); where kafkajs would have, it only learns whether to join, and before each fetch
 * too, so that nothing is fetched between a failed join and the next.
 */
export const heartbeatApartFromHandlers: Override = {
  name: 'heartbeat-apart-from-handlers',
  patches: [
    { path: 'consumer/consumerGroup', method: 'heartbeat', sha256: 'ba6c66c6bb8ab3ea' },
    { path: 'consumer/consumerGroup', method: 'fetch', sha256: 'e2e52d81f1e13b90' },
  ],
  install(modules) {
    const prototype = consumerGroupPrototype(modules);
    const { heartbeat, fetch } = prototype;
    prototype.heartbeat = async function (this: ConsumerGroup, options) {
      const membership = membershipOf(this);
      if (membership === undefined) return heartbeat.call(this, options);
      if (membership.mustJoin(this)) throw rejoinError(modules, 'The group must be joined again');
    };
    prototype.fetch = async function (this: ConsumerGroup, nodeId) {
      const membership = membershipOf(this);
      if (membership?.mustJoin(this)) throw rejoinError(modules, 'The group must be joined again');
      if (membership !== undefined) this.maxWaitTime = membership.fetchWaitMs();
      const partitions = await fetch.call(this, nodeId);
      await membership?.fetched(partitions);
      // for those that brought nothing kafkajs would make promises and events, and do nothing
      return partitions.filter((fetched) => !fetched.isEmpty());
    };
  },
};
