import { membershipOf } from './group-membership.ts';
import type { ConsumerGroup } from './kafkajs-types.ts';
import { consumerGroupPrototype, fatalError, type Override } from './override.ts';

/**
 * K1, K2: stock kafkajs answers OFFSET_OUT_OF_RANGE by committing -1 or -2 to the group, `autoCommit: false` included, and
 * jumps: silent loss. What to do is ours to decide, and the committed offset stays as it is.
 */
export const stopWhenOffsetOutOfRange: Override = {
  name: 'stop-when-offset-out-of-range',
  patches: [{ path: 'consumer/consumerGroup', method: 'recoverFromOffsetOutOfRange', sha256: 'a61c4ed52db5ea75' }],
  install(modules) {
    consumerGroupPrototype(modules).recoverFromOffsetOutOfRange = async function (this: ConsumerGroup, error) {
      const { topic, partition } = error;
      const membership = membershipOf(this);
      if (membership === undefined) throw fatalError(modules, error);
      try {
        await membership.offsetOutOfRange(this, { topic, partition });
      } catch (reason) {
        throw fatalError(modules, reason);
      }
    };
  },
};
