import type { Destination, FetchedBatch, RecordPath, SinkRecord, SinkTaskContext } from '../api/index.ts';
import {
  type KernelMemoryOptions,
  RawRowEncoder,
  type RawRowHost,
  RecordReader,
  type RowsBefore,
} from '../kernel/index.ts';
import { shares } from './lanes.ts';
import { MetadataBytes } from './metadata-bytes.ts';
import { rawHeaders } from './record-metadata.ts';
import type { BeforeAlter, RecordToRow } from './record-to-row.ts';
import { recordsBetween } from './records-between.ts';
import { RowEncoder } from './row-encoder.ts';
import type { RowMapper } from './row-mapper.ts';
import { rowSizeError } from './row-size.ts';
import { type RowRooms, RowStage } from './row-stage.ts';
import type { SinkSettings } from './sink-settings.ts';
import type { SourcePartition } from './source-partition.ts';
import { topicLabels } from './topic-labels.ts';
import type { TopicPartitionWriter, WriterLease } from './topic-partition-writer.ts';

export interface BytesToRowsOptions {
  readonly settings: SinkSettings;
  readonly context: SinkTaskContext;
  readonly limits: Destination['limits'];
  readonly mapper: RowMapper;
  readonly rows: RecordToRow;
  readonly rooms: RowRooms;
  /** Sizes of the memory in which rows are made. */
  readonly memory: Partial<KernelMemoryOptions> | undefined;
  partitionOf(batch: FetchedBatch): SourcePartition | undefined;
  beforeAlter(stage: RowsBefore, writer: TopicPartitionWriter): BeforeAlter;
  auditRow(record: SinkRecord, writer: TopicPartitionWriter): Promise<void>;
}

/** What goes over one lane of a fetched batch. `from`: the first record whose row is not in the table yet. */
interface LaneShare {
  readonly batch: FetchedBatch;
  readonly writer: TopicPartitionWriter;
  readonly lease: WriterLease;
  readonly from: bigint;
  readonly isAbandoned: () => boolean;
}

/** Where a row goes is told by the record's fields, or it becomes a line of a file. */
const needsObjects = ({ tableFrom, destination }: SinkSettings): boolean =>
  tableFrom !== '' || destination === 'file-snowpipe';

/** Columns that are made of objects. */
const hasObjectColumns = ({ columns, metadata }: SinkSettings): boolean =>
  columns !== '' || (metadata.all && !MetadataBytes.suits(metadata));

/** JSON without a schema: bytes are spliced. */
const rawEncoderOf = ({ settings, context, limits, memory }: BytesToRowsOptions): RawRowEncoder | null => {
  const { bytes, clock } = context;
  if (bytes?.open !== null || needsObjects(settings)) return null;
  if (settings.schematization && hasObjectColumns(settings)) return null;
  const { metadata } = settings;
  const { topic, offsetAndPartition, createTime, connectorPushTime } = metadata;
  return new RawRowEncoder({
    metadata: metadata.all ? { topic, offsetAndPartition, createTime, pushTime: connectorPushTime } : null,
    key: bytes.key,
    headers: rawHeaders(settings, bytes.headers),
    checkCrcs: bytes.checkCrcs,
    clock,
    maxRowBytes: limits.maxRowBytes,
    isSendable: (row) => rowSizeError(row, limits, settings.compression) === null,
    ...(memory !== undefined && { memory }),
  });
};

/** Formats with a schema. */
const rowEncoderOf = ({ settings, context, limits, mapper }: BytesToRowsOptions): RowEncoder | null => {
  const { bytes } = context;
  if (bytes === null || bytes.open === null || needsObjects(settings) || hasObjectColumns(settings)) return null;
  return new RowEncoder({
    rows: mapper,
    open: bytes.open,
    metadata: settings.metadata,
    checkCrcs: bytes.checkCrcs,
    maxRowBytes: Math.min(limits.maxRowBytes, limits.maxWireBytes),
  });
};

/** Fetched batches into rows without an object for each record, over the lanes of their partition. */
export class BytesToRows {
  readonly #options: BytesToRowsOptions;
  readonly #raw: RawRowEncoder | null;
  readonly #encoder: RowEncoder | null;
  /** Room for a fetch response in the kernel's memory; null: it has none. */
  readonly place: ((bytes: number) => Uint8Array | null) | null;

  private constructor(options: BytesToRowsOptions, raw: RawRowEncoder | null, encoder: RowEncoder | null) {
    this.#options = options;
    this.#raw = raw;
    this.#encoder = encoder;
    this.place = raw === null ? null : raw.place.bind(raw);
  }

  /** Null: what a record becomes must be found out by objects. */
  static create(options: BytesToRowsOptions): BytesToRows | null {
    const [raw, encoder] = [rawEncoderOf(options), rowEncoderOf(options)];
    return raw === null && encoder === null ? null : new BytesToRows(options, raw, encoder);
  }

  /** Until a rewind brings all of it again. */
  async put(batch: FetchedBatch, records: RecordPath): Promise<void> {
    const partition = this.#options.partitionOf(batch);
    if (partition === undefined) return;
    partition.recordsCome(batch.fetchOffset);
    const { rewinds } = partition;
    const isAbandoned = (): boolean => partition.rewinds !== rewinds;
    for (const { baseOffset, lastOffset } of batch.batches) partition.batchComes(baseOffset, baseOffset, lastOffset);
    for (const share of shares(batch, partition.laneCount)) {
      const found = partition.writerFor(null, share);
      const writer = found instanceof Promise ? await found : found;
      if (isAbandoned()) break;
      const lease = writer.lease();
      const behindTaken = lease.taken === null ? 0n : lease.taken + 1n;
      const from = batch.fetchOffset > behindTaken ? batch.fetchOffset : behindTaken;
      if (writer.audit.concerns(batch.fetchOffset, batch.nextOffset - 1n)) {
        await this.#auditBatch(share.batch, records, writer);
        writer.audit.looked(batch.nextOffset);
      }
      if (from > batch.fetchOffset) this.#alreadyDurable(share.batch, from);
      await this.#encode({ batch: share.batch, writer, lease, from, isAbandoned }, records);
    }
  }

  #alreadyDurable(batch: FetchedBatch, from: bigint): void {
    const { metrics, id } = this.#options.context;
    const records = recordsBetween(batch, batch.fetchOffset, from);
    metrics.increment('snowsink_records_already_durable_total', topicLabels(id, batch.topic), records);
  }

  #encode({ batch, writer, lease, from, isAbandoned }: LaneShare, records: RecordPath): Promise<void> | undefined {
    const { settings, mapper, rows, rooms, beforeAlter, context } = this.#options;
    const { table } = writer.spec;
    const host = rows.host(batch, table, records, (before) => beforeAlter(before, writer));
    if (this.#raw !== null) {
      const isContent = !settings.schematization && mapper.takesBytes(table);
      const columns: Pick<RawRowHost, 'columns'> = isContent ? {} : { columns: () => mapper.jsonColumns(table) };
      return this.#raw.encode(batch, from, lease, { ...host, ...columns, isAbandoned });
    }
    const stage = new RowStage(lease, rooms);
    return this.#encoder?.encode(batch, from, { table, stage, host }, context.clock.now(), isAbandoned);
  }

  async #auditBatch(batch: FetchedBatch, records: RecordPath, writer: TopicPartitionWriter): Promise<void> {
    const reader = new RecordReader({ checkCrcs: false });
    for (const recordBatch of batch.batches) {
      for (const view of reader.read(recordBatch, batch.fetchOffset, batch)) {
        if (!writer.audit.lacks(view.offset)) continue;
        const record = await records.convert(view);
        if (record !== null) await this.#options.auditRow(record, writer);
      }
    }
  }
}
