import { type Lane, onlyLane } from './lanes.ts';
import { sanitizedName } from './object-name.ts';
import type { SinkSettings } from './sink-settings.ts';

/**
 * The channel of a topic partition, named as the connector of the same generation does, so that its tokens are found again:
 * `<topic>_<partition>`, or with the connector's name before it (made an identifier; v4 and our own class: in upper case). One of several
 * lanes has its number behind that: `_2of4`, which no partition's number ends with.
 */
export const channelName = (
  settings: Pick<SinkSettings, 'connectorName' | 'generation' | 'channelNameIncludesConnector'>,
  topic: string,
  partition: number,
  { index, of }: Lane = onlyLane,
): string => {
  const own = `${topic}_${partition}${of === 1 ? '' : `_${index + 1}of${of}`}`;
  return settings.channelNameIncludesConnector ? `${connectorObjectName(settings)}_${own}` : own;
};

/** The connector's name as it stands in names of Snowflake objects. */
export const connectorObjectName = ({
  connectorName,
  generation,
}: Pick<SinkSettings, 'connectorName' | 'generation'>): string => {
  const name = sanitizedName(connectorName);
  return generation === 'v3' ? name : name.toUpperCase();
};
