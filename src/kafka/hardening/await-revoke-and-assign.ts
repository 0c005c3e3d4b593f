import { membershipOf } from './group-membership.ts';
import type { ConsumerGroup } from './kafkajs-types.ts';
import { consumerGroupPrototype, type Override } from './override.ts';

/**
 * K7: stock kafkajs tells of a rebalance, if at all, after the fact, so a flush races the partition's next owner.
 * `joinAndSync` is the single funnel of every join: it now waits for the revoke before JoinGroup and for the assignment's
 * start offsets before the first fetch. One join at a time.
 */
export const awaitRevokeAndAssign: Override = {
  name: 'await-revoke-and-assign',
  patches: [{ path: 'consumer/consumerGroup', method: 'joinAndSync', sha256: '86569beffea31029' }],
  install(modules) {
    const prototype = consumerGroupPrototype(modules);
    const stock = prototype.joinAndSync;
    const joining = new WeakMap<ConsumerGroup, Promise<void>>();
    const join = async (group: ConsumerGroup): Promise<void> => {
      const membership = membershipOf(group);
      await membership?.beforeJoin(group);
      await stock.call(group);
      await membership?.afterJoin(group);
    };
    prototype.joinAndSync = function (this: ConsumerGroup) {
      const underWay = joining.get(this);
      if (underWay !== undefined) return underWay;
      const done = join(this).finally(() => joining.delete(this));
      joining.set(this, done);
      return done;
    };
  },
};
