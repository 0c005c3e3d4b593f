import { setTimeout as sleep } from 'node:timers/promises';
import { ConnectError } from '../../api/index.ts';
import { membershipOf } from './group-membership.ts';
import type { ConsumerGroup } from './kafkajs-types.ts';
import { consumerGroupPrototype, fatalError, type Override, rejoinError } from './override.ts';

const leaderMoved = new Set([
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_FOR_PARTITION',
  'REPLICA_NOT_AVAILABLE',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
  'UNKNOWN_TOPIC_OR_PARTITION',
]);
/** Between two looks at metadata that the brokers have not agreed upon yet. */
const metadataRetryMs = 100;

/**
 * K3: stock kafkajs answers a moved leader by joining the group at once, while other brokers' handlers run, and rewinds all
 * positions. A moved leader needs fresh metadata, not a new generation. New partitions do need one, but by the runner's way.
 */
export const keepGenerationOnLeaderMove: Override = {
  name: 'keep-generation-on-leader-move',
  patches: [{ path: 'consumer/consumerGroup', method: 'recoverFromFetch', sha256: 'd68791b998808783' }],
  install(modules) {
    const prototype = consumerGroupPrototype(modules);
    const stock = prototype.recoverFromFetch;
    prototype.recoverFromFetch = async function (this: ConsumerGroup, error) {
      if (error instanceof ConnectError) {
        membershipOf(this)?.failed(error);
        throw fatalError(modules, error);
      }
      if (error.name === 'KafkaJSStaleTopicMetadataAssignment') throw rejoinError(modules, error.message);
      if (!leaderMoved.has(error.type ?? '') && error.name !== 'KafkaJSTopicMetadataNotLoaded') {
        return stock.call(this, error);
      }
      await sleep(metadataRetryMs);
      await membershipOf(this)?.leaderMissing();
      await this.cluster.refreshMetadata();
    };
  },
};
