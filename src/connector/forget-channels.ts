import PQueue from 'p-queue';
import type { Destination, TopicPartition } from '../api/index.ts';
import { channelName } from './channel-name.ts';
import type { SinkSettings } from './sink-settings.ts';
import { TopicToTable } from './topic-to-table.ts';

const concurrentDrops = 8;

/** Drops the channels of these partitions, and with them their offset tokens; one that is not there is dropped already. */
export const forgetChannels = async (
  settings: SinkSettings,
  destination: Destination,
  partitions: readonly TopicPartition[],
  signal: AbortSignal,
): Promise<void> => {
  const topicToTable = new TopicToTable(settings);
  const dropping = new PQueue({ concurrency: concurrentDrops });
  await Promise.all(
    partitions.map(({ topic, partition }) => {
      const table = topicToTable.tableFor(topic);
      const spec = { topic, partition, table, channelName: channelName(settings, topic, partition) };
      return dropping.add(() => destination.drop(spec, signal));
    }),
  );
};
