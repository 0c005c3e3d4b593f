import { ConnectError, type FetchedBatch, type OpenedValue, type OpenValue, type RecordView } from '../api/index.ts';
import { type RawRowHost, RecordReader } from '../kernel/index.ts';
import { MetadataBytes } from './metadata-bytes.ts';
import type { RowMapper } from './row-mapper.ts';
import type { RowStage } from './row-stage.ts';
import type { SinkSettings } from './sink-settings.ts';

export interface RowEncoderOptions {
  readonly rows: RowMapper;
  /** BytesPath.open */
  readonly open: OpenValue;
  readonly metadata: SinkSettings['metadata'];
  /** check.crcs */
  readonly checkCrcs: boolean;
  /** Rows longer than this are the host's. */
  readonly maxRowBytes: number;
}

interface Encoding {
  readonly topic: string;
  readonly table: string;
  readonly stage: RowStage;
  readonly host: RawRowHost;
  /** Null: rows without it. */
  readonly metadata: MetadataBytes | null;
}

/**
 * Kafka's bytes → rows, record by record: values that a converter can open (Avro) into columns or RECORD_CONTENT. RawRowEncoder is for JSON.
 */
export class RowEncoder {
  readonly #options: RowEncoderOptions;
  readonly #reader: RecordReader;

  constructor(options: RowEncoderOptions) {
    this.#options = options;
    this.#reader = new RecordReader({ checkCrcs: options.checkCrcs });
  }

  /** Rows of the records from offset `from` on, until `isAbandoned` says that nobody wants the rest. */
  async encode(
    batch: FetchedBatch,
    from: bigint,
    { table, stage, host }: Omit<Encoding, 'metadata' | 'topic'>,
    pushTimeMs: number,
    isAbandoned: () => boolean,
  ): Promise<void> {
    const { metadata: switches } = this.#options;
    const metadata = switches.all ? new MetadataBytes(switches, batch, pushTimeMs) : null;
    const encoding = { topic: batch.topic, table, stage, host, metadata };
    for (const recordBatch of batch.batches) {
      if (recordBatch.lastOffset < from) continue;
      for (const record of this.#reader.read(recordBatch, from, batch)) {
        const row = this.#row(record, encoding);
        if (row === null) continue;
        await row;
        if (isAbandoned()) return;
      }
    }
    await stage.handOver();
  }

  /** Null: done. */
  #row(record: RecordView, encoding: Encoding): Promise<void> | null {
    const { key, headers } = record;
    if (encoding.metadata === null || (key === null && headers.length === 0)) return this.#write(record, '', encoding);
    const keyAndHeaders = encoding.host.keyAndHeaders(record);
    if (keyAndHeaders instanceof Promise) return this.#writeWithKey(record, keyAndHeaders, encoding);
    return keyAndHeaders === null ? null : this.#write(record, keyAndHeaders, encoding);
  }

  async #writeWithKey(record: RecordView, coming: Promise<string | null>, encoding: Encoding): Promise<void> {
    const keyAndHeaders = await coming;
    if (keyAndHeaders !== null) await this.#write(record, keyAndHeaders, encoding);
  }

  #write(record: RecordView, keyAndHeaders: string, encoding: Encoding): Promise<void> | null {
    const { stage } = encoding;
    const { bytes, used } = stage;
    if (bytes === null) return this.#writeIntoRoom(record, keyAndHeaders, encoding, 0);
    const { rows, maxRowBytes, open } = this.#options;
    const opened = opening(open, record, encoding.topic);
    const end = opened === null ? -1 : rows.writeOpenedRow(opened, record, keyAndHeaders, encoding, bytes, used);
    if (end < 0 || end - used > maxRowBytes) return this.#hostRow(record, encoding);
    if (end >= bytes.length) return this.#writeIntoRoom(record, keyAndHeaders, encoding, end + 1 - used);
    return stage.written(end, record.offset);
  }

  async #writeIntoRoom(record: RecordView, keyAndHeaders: string, encoding: Encoding, least: number): Promise<void> {
    await encoding.stage.room(least);
    await this.#write(record, keyAndHeaders, encoding);
  }

  async #hostRow(record: RecordView, { host, stage }: Encoding): Promise<void> {
    const row = await host.row(record, stage);
    if (row !== null) await stage.add(row, record.offset);
  }
}

/** Null: the host decides. */
const opening = (open: OpenValue, { headers, value }: RecordView, topic: string): OpenedValue | null => {
  if (value === null) return null;
  try {
    return open(topic, headers, value);
  } catch (error) {
    if (error instanceof ConnectError) return null;
    throw error;
  }
};
