import {
  type Clock,
  ConnectError,
  DataError,
  type DestinationLimits,
  errorMessage,
  type KeyAndHeaders,
  type OriginalRecord,
  type RecordPath,
  RecordRows,
  type RecordView,
  type SinkRecord,
  type SinkTaskContext,
  type TableChange,
  type TopicPartition,
} from '../api/index.ts';
import type { RawRowHost, RowsBefore } from '../kernel/index.ts';
import { ValueTooLongError } from './columns/refusal.ts';
import type { RowMapper } from './row-mapper.ts';
import { checkRowSize, RowTooLargeError } from './row-size.ts';
import type { SchemaEvolution } from './schema-evolution.ts';
import type { SinkSettings } from './sink-settings.ts';
import { TableMismatchError } from './table-mismatch-error.ts';
import { topicLabels } from './topic-labels.ts';

/** What is done before a table is altered: rows of its old shape go ahead of its new one. */
export type BeforeAlter = (change: TableChange) => Promise<void>;

interface Dependencies {
  readonly settings: SinkSettings;
  readonly context: SinkTaskContext;
  readonly limits: DestinationLimits;
  readonly mapper: RowMapper;
  readonly evolution: SchemaEvolution;
}

/** Makes rows of the records that need objects; what fits no row goes to the reporter. */
export class RecordToRow {
  readonly #deps: Dependencies;
  readonly #clock: Clock;

  constructor(deps: Dependencies) {
    this.#deps = deps;
    this.#clock = deps.context.clock;
  }

  /** Null: no row for this record. @param beforeAlter null: no table to alter */
  rowOrBad(
    record: SinkRecord,
    table: string,
    pushTimeMs: number,
    beforeAlter: BeforeAlter | null,
  ): string | null | Promise<string | null> {
    try {
      return this.#row(record, table, pushTimeMs);
    } catch (error) {
      if (!(error instanceof TableMismatchError) || beforeAlter === null) return this.reportBad(record.original, error);
      return this.#deps.evolution
        .fit(error, () => this.#row(record, table, pushTimeMs), beforeAlter)
        .catch((refusal: unknown) => this.reportBad(record.original, refusal));
    }
  }

  /**
   * A record that fits no row goes to the reporter. Tolerated, its report goes on in the background: appends and commits wait for
   * it. Else the answer rejects, so that nothing behind the record is put: a token past it would hide it from the next start.
   */
  reportBad(original: OriginalRecord, error: unknown): null | Promise<null> {
    if (!(error instanceof DataError)) throw error;
    const { context, settings } = this.#deps;
    if (settings.oversize === 'fail' && (error instanceof RowTooLargeError || error instanceof ValueTooLongError)) {
      const { topic, partition, record } = original;
      const where = `topic ${topic}, partition ${partition}, offset ${record.offset}`;
      throw new ConnectError(`${where}: ${errorMessage(error)} (snowsink.oversize.policy=fail)`);
    }
    const reported = context.errantRecordReporter.report(original, error);
    if (settings.errorsTolerance === 'none') return reported.then(() => null);
    reported.catch((failure: Error) => context.fail(failure));
    return null;
  }

  /** Records that the encoders of Kafka's bytes leave to the object way, one at a time and in order. */
  host(
    where: TopicPartition,
    table: string,
    records: RecordPath,
    beforeAlter: (before: RowsBefore) => BeforeAlter,
  ): RawRowHost {
    return {
      keyAndHeaders: (record) => {
        const parts = records.convertKeyAndHeaders(record);
        if (!(parts instanceof Promise)) return this.#keyAndHeaders(parts, where, record);
        return parts.then((converted) => this.#keyAndHeaders(converted, where, record));
      },
      row: async (record, before) => {
        const converted = await records.convert(record);
        if (converted === null) return null;
        const row = await this.rowOrBad(converted, table, this.#clock.now(), beforeAlter(before));
        return row === null ? null : Buffer.from(row);
      },
    };
  }

  #keyAndHeaders(
    parts: KeyAndHeaders | null,
    { topic, partition }: TopicPartition,
    record: RecordView,
  ): string | null | Promise<null> {
    if (parts === null) return null;
    try {
      return this.#deps.mapper.keyAndHeadersFragment(parts);
    } catch (error) {
      return this.reportBad({ topic, partition, record }, error);
    }
  }

  /** @throws DataError */
  #row(record: SinkRecord, table: string, pushTimeMs: number): string | null {
    const { mapper, context, limits, settings } = this.#deps;
    const text = mapper.rowText(record, table, pushTimeMs);
    if (text === null) {
      context.metrics.increment('snowsink_tombstones_ignored_total', topicLabels(context.id, record.original.topic));
      return null;
    }
    const { compression } = settings;
    if (!(record.value instanceof RecordRows)) checkRowSize(text, limits, compression);
    else {
      for (const line of text.split('\n')) checkRowSize(line, limits, compression);
      // Rows of one record go in one request: they share an offset.
      checkRowSize(text, { ...limits, maxRowBytes: Number.POSITIVE_INFINITY }, compression);
    }
    return text;
  }
}
