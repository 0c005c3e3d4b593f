import { membershipOf } from './group-membership.ts';
import type { ConsumerGroup } from './kafkajs-types.ts';
import { consumerGroupPrototype, type Override, rejoinError } from './override.ts';

/**
 * K8: stock kafkajs sends no heartbeat while a handler runs, and rejoins for a mere move of the coordinator. The member's own
 * timer beats instead (`GroupHeartbeat`); where kafkajs would have, it only learns whether to join.
 */
export const heartbeatApartFromHandlers: Override = {
  name: 'heartbeat-apart-from-handlers',
  patches: [{ path: 'consumer/consumerGroup', method: 'heartbeat', sha256: 'ba6c66c6bb8ab3ea' }],
  install(modules) {
    const prototype = consumerGroupPrototype(modules);
    const { heartbeat } = prototype;
    prototype.heartbeat = async function (this: ConsumerGroup, options) {
      const membership = membershipOf(this);
      if (membership === undefined) return heartbeat.call(this, options);
      if (membership.mustJoin(this)) throw rejoinError(modules, 'The group must be joined again');
    };
  },
};
