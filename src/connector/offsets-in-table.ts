import type { ChannelSpec, OffsetRun, TableService } from '../api/index.ts';
import type { SinkSettings } from './sink-settings.ts';

export interface Asking {
  readonly settings: SinkSettings;
  readonly tables: Pick<TableService, 'offsets'>;
}

/** Rows can be told by RECORD_METADATA, and somebody wants to know. */
export const tellsOffsets = ({ lateRejections, metadata: { all, topic, offsetAndPartition } }: SinkSettings): boolean =>
  lateRejections !== 'count' && all && topic && offsetAndPartition;

/** Which of these offsets (both ends inclusive) the table has. */
export const offsetsInTable = (
  { topic, partition, table }: ChannelSpec,
  { from, to }: { readonly from: bigint; readonly to: bigint },
  { settings, tables }: Asking,
): Promise<readonly OffsetRun[]> =>
  tables.offsets(table, {
    topic: settings.severalTables ? null : topic,
    partition,
    from: String(from),
    to: String(to),
  });
