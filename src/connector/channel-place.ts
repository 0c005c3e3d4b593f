import type { ChannelSpec } from '../api/index.ts';

/** For messages. */
export const placeOf = ({ topic, partition, table }: ChannelSpec): string =>
  `topic ${topic}, partition ${partition}, table ${table}`;
