import type { Assignment, Channel, ChannelSpec, Destination, SinkTaskContext, TopicPartition } from '../api/index.ts';
import { channelName } from './channel-name.ts';
import { laneKeys, lanesOf, parseLaneKey } from './lanes.ts';
import type { SinkSettings } from './sink-settings.ts';

export interface LaneChoice {
  readonly settings: SinkSettings;
  readonly context: Pick<SinkTaskContext, 'id' | 'logger'>;
  readonly destination: Destination;
  readonly stopping: AbortSignal;
}

export const specOf = ({ topic, partition }: TopicPartition, key: string, settings: SinkSettings): ChannelSpec => {
  const { table, lane } = parseLaneKey(key);
  return { topic, partition, table, channelName: channelName(settings, topic, partition, lane) };
};

/** How many lanes a partition goes on with: as many as its rows were sent over, or as the config asks for where that is free. */
export const lanesFor = async (
  assignment: Assignment,
  table: string,
  { settings, destination, context, stopping }: LaneChoice,
): Promise<number> => {
  const wanted = settings.lanes;
  const noted = lanesOf(assignment.committed);
  if (wanted === noted || noted === 'free') return wanted;
  const hasToken = async (key: string): Promise<boolean> => {
    const channel = await destination.open(specOf(assignment, key, settings), stopping);
    channel.close();
    return channel.opened.committed !== null;
  };
  let lanes = noted === 'ask' ? wanted : noted;
  if (noted === 'ask' && wanted > 1) {
    const isUsed = await Promise.all([...laneKeys(table, wanted), table].map(hasToken));
    // The connectors' own channel and no other: rows were sent without lanes.
    if (isUsed.pop() === true && !isUsed.includes(true)) lanes = 1;
  }
  if (lanes === wanted) return wanted;
  const { topic, partition } = assignment;
  context.logger.warn(
    { topic, partition, table, lanes },
    `Topic ${topic}, partition ${partition} goes on with ${lanes} channel(s) instead of ${wanted} (snowsink.channels.per.partition), because rows were sent that way. To change it, stop the connector, PATCH /connectors/${context.id.connector}/offsets with the offsets that GET shows, and resume it`,
  );
  return lanes;
};

/** Without the token that it had. */
export const openAnew = async (
  channel: Channel,
  {
    destination,
    stopping,
  }: { readonly destination: Pick<Destination, 'open' | 'drop'>; readonly stopping: AbortSignal },
): Promise<Channel> => {
  channel.close();
  await destination.drop(channel.spec, stopping);
  return destination.open(channel.spec, stopping);
};
