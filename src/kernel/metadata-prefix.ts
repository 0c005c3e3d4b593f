import type { TopicPartition } from '../api/index.ts';

/** Which fields RECORD_METADATA has (snowflake.metadata.*). */
export interface RowMetadata {
  readonly topic: boolean;
  readonly offsetAndPartition: boolean;
  /** CreateTime or LogAppendTime. */
  readonly createTime: boolean;
  /** SnowflakeConnectorPushTime. */
  readonly pushTime: boolean;
}

export const hasPrefixFields = ({ topic, offsetAndPartition, pushTime }: RowMetadata): boolean =>
  topic || offsetAndPartition || pushTime;

/**
 * `,"RECORD_METADATA":{` and the fields that are the same in all rows of a slot; the push time, which is each slot's own, is left to be
 * written behind. They come first: one copy for us, and the longest match for the compressor.
 */
export const metadataPrefix = (metadata: RowMetadata, where: TopicPartition): string => {
  const fields: string[] = [];
  if (metadata.topic) fields.push(`"topic":${JSON.stringify(where.topic)}`);
  if (metadata.offsetAndPartition) fields.push(`"partition":${where.partition}`);
  if (metadata.pushTime) fields.push('"SnowflakeConnectorPushTime":');
  return `,"RECORD_METADATA":{${fields.join(',')}`;
};
