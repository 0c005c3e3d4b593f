import type PQueue from 'p-queue';
import type { Destination, NextOffset, Random, SinkTaskContext, TableService } from '../api/index.ts';
import type { PartitionBuffer } from '../buffer/index.ts';
import type { Verified } from './late-rejections.ts';
import type { WriterPauses } from './partition-pauses.ts';
import type { SinkSettings } from './sink-settings.ts';

/** What a topic partition's writer is made with. */
export interface WriterDependencies {
  readonly destination: Destination;
  readonly settings: SinkSettings;
  readonly context: SinkTaskContext;
  readonly pauses: WriterPauses;
  /** Bounds the sends of the whole task; each channel has one under way at most. */
  readonly sends: PQueue;
  readonly random: Random;
  readonly tables: Pick<TableService, 'offsets'>;
  /** How far the channel is known to be whole. */
  readonly verified: Verified;
  /** No row is sent before this. */
  readonly noted: Promise<void>;
  /** Rows up to this offset are not sent. */
  readonly leavesOut?: bigint | null;
  /** Other channels bring rows of the partition to the same table. */
  readonly isLane: boolean;
  /** Reads the partition again from this offset on. */
  rewind(to: NextOffset): void;
  /** Snowflake casts rows into such a column by the type that it finds when it commits them. */
  hasStructuredColumns(table: string): boolean;
  /** Looks at the table anew. */
  tableReplaced(table: string): Promise<void>;
  /** `giveWay`: called when other partitions need the memory that this one's compressor takes. */
  newBuffer(limits?: { readonly maxWireBytes: number } | undefined, giveWay?: () => void): PartitionBuffer;
}
