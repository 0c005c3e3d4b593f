import PQueue from 'p-queue';
import type { Destination, TopicPartition } from '../api/index.ts';
import { decodeCommitMetadata } from '../offsets/index.ts';
import { channelName } from './channel-name.ts';
import { laneKeys, parseLaneKey } from './lanes.ts';
import type { SinkSettings } from './sink-settings.ts';
import { TopicToTable } from './topic-to-table.ts';

const concurrentDrops = 8;

export interface ForgottenPartition extends TopicPartition {
  /** What the last commit noted. */
  readonly metadata: string | null;
}

/**
 * Drops the channels of these partitions, and with them their offset tokens: of each topic's own table, and of those that the last
 * commit notes because transforms routed records there. One that is not there is dropped already.
 */
export const forgetChannels = async (
  settings: SinkSettings,
  destination: Destination,
  partitions: readonly ForgottenPartition[],
  signal: AbortSignal,
): Promise<void> => {
  const topicToTable = new TopicToTable(settings);
  const dropping = new PQueue({ concurrency: concurrentDrops });
  await Promise.all(
    partitions.flatMap(({ topic, partition, metadata }) => {
      const noted = decodeCommitMetadata(metadata);
      const own = laneKeys(topicToTable.tableFor(topic), noted?.lanes ?? 1);
      return [...new Set([...own, ...(noted?.tables?.keys() ?? [])])].map((key) => {
        const { table, lane } = parseLaneKey(key);
        const spec = { topic, partition, table, channelName: channelName(settings, topic, partition, lane) };
        return dropping.add(() => destination.drop(spec, signal));
      });
    }),
  );
};
