import { DataError, type RecordView, type SinkRecord, type TopicPartition } from '../../api/index.ts';
import { RecordToTable } from '../../connector/record-to-table.ts';
import { RowMapper } from '../../connector/row-mapper.ts';
import type { SinkSettings } from '../../connector/sink-settings.ts';
import { TableMismatchError } from '../../connector/table-mismatch-error.ts';
import { TargetTables } from '../../connector/target-tables.ts';
import type { RecordPipeline } from '../../runtime/index.ts';
import type { PlannedTables } from '../plan/planned-tables.ts';
import type { StoredPlace } from './stored-offsets.ts';

/** What ought to have become of a record. */
export type Expectation =
  | {
      readonly kind: 'rows';
      readonly place: StoredPlace;
      /** As they are sent. Empty: the table, as it is now, does not take them. */
      readonly rows: readonly string[];
    }
  /** By a transform, or because it is null and behavior.on.null.values=ignore. */
  | { readonly kind: 'filtered' }
  /** It is bad: a dead letter, or nothing where errors.tolerance=all has no dead letter queue. */
  | { readonly kind: 'bad' };

/** The connector's own way from record to row, without sending it. */
export class ExpectedRows {
  readonly #pipeline: RecordPipeline;
  readonly #withTopic: boolean;
  readonly #tables: RecordToTable;
  readonly #mapper: RowMapper;
  readonly #targets: TargetTables;

  constructor(settings: SinkSettings, pipeline: RecordPipeline, tables: PlannedTables) {
    this.#pipeline = pipeline;
    this.#withTopic = settings.metadata.topic;
    this.#tables = new RecordToTable(settings);
    this.#mapper = new RowMapper(settings);
    this.#targets = new TargetTables(tables, settings, (...table) => this.#mapper.describe(...table));
  }

  /** Where rows of a topic are whose records no transform routes elsewhere. */
  placeOf(topic: string): StoredPlace {
    return { table: this.#tables.tableOfTopic(topic), topic: this.#withTopic ? topic : null };
  }

  /** `pushTimeMs`: for RECORD_METADATA and `$now`. */
  async of(where: TopicPartition, view: RecordView, pushTimeMs: number): Promise<Expectation> {
    const judgement = await this.#pipeline.judge(where, view);
    if (judgement.kind === 'filtered') return judgement;
    if (judgement.kind === 'fails') return { kind: 'bad' };
    try {
      return await this.#rowsOf(judgement.record, pushTimeMs);
    } catch (error) {
      if (error instanceof DataError) return { kind: 'bad' };
      throw error;
    }
  }

  async #rowsOf(record: SinkRecord, pushTimeMs: number): Promise<Expectation> {
    const table = this.#tables.routedTable(record) ?? this.#tables.tableOfTopic(record.original.topic);
    await this.#targets.ready(table);
    const place = { table, topic: this.#withTopic ? record.topic : null };
    try {
      const text = this.#mapper.rowText(record, table, pushTimeMs);
      return text === null ? { kind: 'filtered' } : { kind: 'rows', place, rows: text.split('\n') };
    } catch (error) {
      if (error instanceof TableMismatchError) return { kind: 'rows', place, rows: [] };
      throw error;
    }
  }
}
