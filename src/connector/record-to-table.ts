import { ConfigError, DataError, type SinkRecord } from '../api/index.ts';
import { RecordRoute } from './record-route.ts';
import type { SinkSettings } from './sink-settings.ts';
import { TopicToTable } from './topic-to-table.ts';

/** Topics of routed records whose tables are remembered. */
const maxRoutes = 1024;

/** Which table a record's row goes to: its topic's, unless a transform or `snowsink.table.from` routed it elsewhere. */
export class RecordToTable {
  readonly #topicToTable: TopicToTable;
  readonly #route: RecordRoute | null;
  /** Tables of the topics that records are routed to. */
  readonly #routes = new Map<string, string>();

  constructor(settings: SinkSettings) {
    this.#topicToTable = new TopicToTable(settings);
    this.#route = settings.tableFrom === '' ? null : new RecordRoute(settings.tableFrom);
  }

  /** @throws ConfigError for a topic that has no table */
  tableOfTopic(topic: string): string {
    return this.#topicToTable.tableFor(topic);
  }

  /**
   * Null: the table of the topic that it was read from.
   * @throws DataError for a record that names no table
   */
  routedTable(record: SinkRecord): string | null {
    const topic = this.#route === null ? record.topic : this.#route.topicOf(record);
    if (topic === record.original.topic) return null;
    return this.#routes.get(topic) ?? this.#find(topic);
  }

  #find(topic: string): string {
    let table: string;
    try {
      table = this.#topicToTable.tableFor(topic);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      throw new DataError(`The record is routed to a topic without a table: ${error.message}`);
    }
    if (this.#routes.size < maxRoutes) this.#routes.set(topic, table);
    return table;
  }
}
