import { ConnectError, type SinkRecord, silentLogger } from '../../api/index.ts';
import { RecordToTable } from '../../connector/record-to-table.ts';
import { RowMapper } from '../../connector/row-mapper.ts';
import { SchemaEvolution } from '../../connector/schema-evolution.ts';
import type { SinkSettings } from '../../connector/sink-settings.ts';
import { TableMismatchError } from '../../connector/table-mismatch-error.ts';
import { TargetTables } from '../../connector/target-tables.ts';
import { systemClock } from '../../util/system-clock.ts';
import { messageWithoutValue } from '../message-without-value.ts';
import type { PlannedTables } from './planned-tables.ts';

/** What becomes of a table and the records looked at. */
export interface TablePlan {
  readonly table: string;
  readonly topics: Set<string>;
  /** Records that were looked at. */
  records: number;
  /** Statements in the order in which the connector would run them. */
  readonly statements: string[];
  /** Why no record fits: the table cannot be used. */
  unfit: string | null;
  /** Why records would not fit, each reason once, with how many. */
  readonly refusals: Map<string, number>;
}

/** The sink task's own way from record to row, as far as it changes tables. */
export class TablePlanner {
  readonly plans = new Map<string, TablePlan>();
  readonly #planned: PlannedTables;
  readonly #tables: RecordToTable;
  readonly #mapper: RowMapper;
  readonly #targets: TargetTables;
  readonly #evolution: SchemaEvolution;

  constructor(given: SinkSettings, tables: PlannedTables) {
    this.#planned = tables;
    // What the connector would not run either (freeze, dlq) is planned for those who will.
    const settings: SinkSettings = { ...given, evolution: { ...given.evolution, policy: 'evolve' } };
    this.#tables = new RecordToTable(settings);
    this.#mapper = new RowMapper(settings);
    this.#targets = new TargetTables(tables, settings, (...table) => this.#mapper.describe(...table));
    this.#evolution = new SchemaEvolution({
      tables,
      targets: this.#targets,
      policy: settings.evolution.policy,
      serverSide: (table) => settings.validation === 'server' && !this.#targets.isIceberg(table),
      clock: systemClock,
      logger: silentLogger,
      signal: new AbortController().signal,
      onAltered: () => {},
    });
  }

  /** The table of a topic, made or checked as when a partition of it is opened. @throws ConfigError for a topic that has no table */
  async openTopic(topic: string): Promise<TablePlan> {
    return await this.#ready(this.#planOf(this.#tables.tableOfTopic(topic), topic));
  }

  async add(record: SinkRecord): Promise<void> {
    const { topic } = record.original;
    const home = this.#tables.tableOfTopic(topic);
    let plan = this.#planOf(home, topic);
    try {
      plan = this.#planOf(this.#tables.routedTable(record) ?? home, topic);
      await this.#ready(plan);
      if (plan.unfit === null) await this.#fit(record, plan);
    } catch (error) {
      if (!(error instanceof ConnectError)) throw error;
      this.#refuse(plan, error);
    }
    plan.records++;
  }

  /** A record that converters or transforms refuse. */
  refuse(topic: string, error: Error): void {
    const plan = this.#planOf(this.#tables.tableOfTopic(topic), topic);
    plan.records++;
    this.#refuse(plan, error);
  }

  #planOf(table: string, topic: string): TablePlan {
    let plan = this.plans.get(table);
    if (plan === undefined) {
      plan = { table, topics: new Set(), records: 0, statements: [], unfit: null, refusals: new Map() };
      this.plans.set(table, plan);
    }
    plan.topics.add(topic);
    return plan;
  }

  async #ready(plan: TablePlan): Promise<TablePlan> {
    if (plan.unfit !== null) return plan;
    try {
      await this.#targets.ready(plan.table);
    } catch (error) {
      if (!(error instanceof ConnectError)) throw error;
      plan.unfit = error.message;
    }
    plan.statements.push(...this.#planned.takeStatements());
    return plan;
  }

  /** @throws DataError, ConnectError */
  async #fit(record: SinkRecord, { table, statements }: TablePlan): Promise<void> {
    const make = (): string | null => this.#mapper.rowText(record, table, systemClock.now());
    try {
      make();
    } catch (error) {
      if (!(error instanceof TableMismatchError)) throw error;
      await this.#evolution.fit(error, make, async () => {});
      statements.push(...this.#planned.takeStatements());
    }
  }

  #refuse({ refusals }: TablePlan, error: Error): void {
    const why = messageWithoutValue(error);
    refusals.set(why, (refusals.get(why) ?? 0) + 1);
  }
}
