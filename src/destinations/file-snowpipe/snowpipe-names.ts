import { crc32c } from '../../util/crc32c.ts';

/** Names of stages, pipes and staged files as the Snowflake connector 3.x gives them, so that what it left behind is found again. */
const objectName = (connector: string, kind: 'STAGE' | 'PIPE', rest: string): string =>
  `SNOWFLAKE_KAFKA_CONNECTOR_${connector}_${kind}_${rest}`;

export const stageName = (connector: string, table: string): string => objectName(connector, 'STAGE', table);

export const pipeName = (connector: string, table: string, partition: number): string =>
  objectName(connector, 'PIPE', `${table}_${partition}`);

const maxPartition = 0x7fff;

/** The partition's place in a folder name; with a topic (several share the table) a number made of both. @throws RangeError */
const folderNumber = (partition: number, topic: string | null): number => {
  if (partition > maxPartition)
    throw new RangeError(`partition id=${partition} is too large (max=${maxPartition + 1})`);
  if (topic === null) return partition;
  return crc32c(Buffer.from(topic.toUpperCase())) * 0x10000 + maxPartition + 1 + partition;
};

export interface FileFolder {
  readonly connector: string;
  readonly table: string;
  readonly partition: number;
  /** Null: no other topic goes to the table. */
  readonly topic: string | null;
}

/** On the stage, with a slash at the end. @throws RangeError for a partition that has no place in it */
export const filePrefix = ({ connector, table, partition, topic }: FileFolder): string =>
  `${connector}/${table}/${folderNumber(partition, topic)}/`;

export interface StagedFile {
  /** Without its folder. */
  readonly name: string;
  readonly first: bigint;
  readonly last: bigint;
  readonly madeAtMs: number;
}

export const fileName = (first: bigint, last: bigint, nowMs: number): string => `${first}_${last}_${nowMs}.json.gz`;

/** Null: no file of rows. */
export const readFileName = (name: string): StagedFile | null => {
  const [, first, last, madeAtMs] = /^(\d+)_(\d+)_(\d+)\.json\.gz$/.exec(name) ?? [];
  if (first === undefined || last === undefined) return null;
  return { name, first: BigInt(first), last: BigInt(last), madeAtMs: Number(madeAtMs) };
};
