import { type ProducerRecord, type TopicPartition, topicPartitionKey } from '../../src/api/index.ts';
import { laneIndex } from '../../src/connector/lanes.ts';
import type { Fate, LogRecord, PartitionLog } from './kafka/partition-log.ts';
import type { SimulatedKafka } from './kafka/simulated-kafka.ts';
import type { TableRow } from './snowflake/simulated-snowflake.ts';

interface Traced {
  readonly id: number;
  readonly where: TopicPartition;
  readonly log: PartitionLog;
  readonly producedAtMs: number;
  fate: Fate;
  offset: bigint;
  readonly batchOffset: bigint;
  /** Rows of it, by table id: a replaced table is another one. */
  readonly rows: Map<string, number>;
  letters: number;
  mostLetters: number;
  /** Since reading began anew, if it did: a record is a row or a dead letter. The table of its row; null: none. */
  rowIn: string | null;
  isLettered: boolean;
  /** Why it need not be anywhere: named by the worker, or by what was done to Kafka. */
  excuse: string | null;
  isRejected: boolean;
  /** So often its row was dropped because a structured column had grown meanwhile: it goes again once. */
  outgrown: number;
  /** An operator had it read again into this table. */
  wantedIn: string | null;
}

export interface OracleOptions {
  readonly now: () => number;
  readonly kafka: SimulatedKafka;
  /** Channels of each partition: rows are in order within each. */
  readonly lanes: number;
  readonly tableIdOf: (topic: string) => string;
}

/** Judges what is in the tables, the dead letter queue and the group's offsets. Each breach is a sentence. */
export class Oracle {
  readonly breaches: string[] = [];
  readonly #options: OracleOptions;
  /** From a record's arrival in Kafka until its row was durable, the longest of each partition. */
  readonly slowestMs = new Map<string, number>();
  readonly #records = new Map<number, Traced>();
  readonly #lastOffset = new Map<string, bigint>();
  /** Per log: records before it are known to be durable. */
  readonly #checked = new Map<PartitionLog, number>();

  constructor(options: OracleOptions) {
    this.#options = options;
  }

  breach(what: string): void {
    if (this.breaches.length < 20) this.breaches.push(what);
  }

  produced(where: TopicPartition, log: PartitionLog, records: readonly LogRecord[]): void {
    for (const { id, fate, offset, batchOffset } of records) {
      if (id === null) continue;
      const traced: Traced = {
        id,
        where,
        log,
        producedAtMs: this.#options.now(),
        fate,
        offset,
        batchOffset,
        rows: new Map(),
        letters: 0,
        mostLetters: 1,
        rowIn: null,
        isLettered: false,
        excuse: null,
        isRejected: false,
        outgrown: 0,
        wantedIn: null,
      };
      this.#records.set(id, traced);
    }
  }

  excuse(records: readonly LogRecord[], why: string): void {
    for (const { id } of records) {
      const traced = id === null ? undefined : this.#records.get(id);
      if (traced !== undefined) traced.excuse ??= why;
    }
  }

  /** Somebody set the token to `to`: what has no row yet may get a letter in its place. */
  passedOver(where: TopicPartition, from: bigint, to: bigint): void {
    for (const { id, offset } of this.#options.kafka.log(where).history) {
      const traced = id === null ? undefined : this.#records.get(id);
      if (traced?.fate === 'row' && offset >= from && offset <= to) traced.isRejected = true;
    }
  }

  /** Snowflake took these rows and lost them. */
  rowsLost(rows: readonly TableRow[]): void {
    for (const row of rows) {
      const traced = this.#find(row);
      if (traced !== null) traced.isRejected = true;
    }
  }

  /** The worker said that it goes on without these offsets of a log, as that stood when it was told of it. */
  lossReported(where: TopicPartition, log: PartitionLog, from: bigint, to: bigint, code: string): void {
    for (const record of log.history) {
      // What an operator leaves out is all before, of which only the rest that the log still holds can be named.
      const isGone = code === 'ambiguous' && record.offset < log.start;
      if ((record.offset < from && !isGone) || record.offset > to) continue;
      if (code === 'retention-loss' && log.holds(record.offset)) {
        this.breach(`${describe(where, record.offset)} was reported as lost by retention, but the log holds it`);
      }
      this.excuse([record], code);
    }
  }

  tableCommitted(
    tableId: string,
    rows: readonly TableRow[],
    rejected: readonly TableRow[],
    outgrown: readonly TableRow[],
  ): void {
    this.rowsLost(rejected);
    for (const row of outgrown) {
      const traced = this.#find(row);
      if (traced !== null) traced.outgrown++;
    }
    for (const row of rows) this.#rowCommitted(tableId, row);
  }

  #find({ id }: TableRow): Traced | null {
    const traced = id === null ? undefined : this.#records.get(id);
    if (traced === undefined) this.breach(`a row of a record that was never produced: ${id}`);
    return traced ?? null;
  }

  #rowCommitted(tableId: string, row: TableRow): void {
    const traced = this.#find(row);
    if (traced === null) return;
    const at = describe(row, row.offset);
    if (traced.excuse === 'truncated' && traced.offset !== row.offset) return;
    if (traced.offset !== row.offset || traced.where.topic !== row.topic || traced.where.partition !== row.partition) {
      this.breach(`the row of ${at} is of record ${traced.id}, which is at offset ${traced.offset}`);
    }
    if (traced.fate !== 'row') this.breach(`${at} is in the table, but it should be a ${traced.fate}`);
    traced.rowIn = tableId;
    this.#checkIsOne(traced);
    const count = (traced.rows.get(tableId) ?? 0) + 1;
    traced.rows.set(tableId, count);
    const key = topicPartitionKey(row);
    const tookMs = this.#options.now() - traced.producedAtMs;
    this.slowestMs.set(key, Math.max(this.slowestMs.get(key) ?? 0, tookMs));
    if (count > 1) this.breach(`${at} (record ${traced.id}) is in the table ${count} times`);
    // What was dropped and sent again comes late.
    if (traced.isRejected || traced.outgrown > 0) return;
    const order = `${tableId} ${key} ${traced.log.name} ${laneIndex(traced.batchOffset, this.#options.lanes)}`;
    const last = this.#lastOffset.get(order);
    if (last !== undefined && row.offset <= last && count === 1 && traced.excuse === null) {
      this.breach(`${at} came after offset ${last}`);
    }
    this.#lastOffset.set(order, row.offset);
  }

  /** A table that was replaced took its rows along: what was sent to the new one again, and dropped there, gets its letter. */
  #checkIsOne({ id, where, offset, rowIn, isLettered }: Traced): void {
    if (isLettered && rowIn === this.#options.tableIdOf(where.topic)) {
      this.breach(`${describe(where, offset)} (record ${id}) is a row and a dead letter`);
    }
  }

  /** An operator set Kafka's offset back: bad records are met again, and their letters are not looked for that far back. */
  mayBeLetteredAgain(where: TopicPartition, from: bigint): void {
    for (const { id, offset } of this.#options.kafka.log(where).history) {
      const traced = id === null ? undefined : this.#records.get(id);
      if (traced !== undefined && offset >= from) traced.mostLetters = traced.letters + 1;
    }
  }

  /** After an operator's answer reading may begin anew: order is judged from there. */
  beginsAnew(where: TopicPartition, from: bigint): void {
    const log = this.#options.kafka.log(where);
    for (const { id, offset } of log.history) {
      const traced = id === null ? undefined : this.#records.get(id);
      // A later answer holds instead of an earlier one that did not get far.
      if (traced !== undefined) traced.wantedIn = null;
      if (traced !== undefined && offset >= from && log.holds(offset)) {
        traced.wantedIn = this.#options.tableIdOf(where.topic);
        traced.mostLetters = traced.letters + 1;
        traced.rowIn = null;
        traced.isLettered = false;
      }
    }
    for (const key of [...this.#lastOffset.keys()]) {
      if (key.includes(` ${topicPartitionKey(where)} `)) this.#lastOffset.delete(key);
    }
  }

  letter({ key, headers }: ProducerRecord): void {
    const id = key === null ? Number.NaN : Number(Buffer.from(key).toString());
    const traced = this.#records.get(id);
    if (traced === undefined) {
      this.breach('a dead letter of a record that was never produced');
      return;
    }
    traced.letters++;
    traced.isLettered = true;
    this.#checkIsOne(traced);
    const offset = headers.find(([name]) => name === '__connect.errors.offset')?.[1];
    if (traced.fate !== 'dead-letter' && !mayHaveLetter(traced))
      this.breach(`${describe(traced.where, traced.offset)} was dead-lettered`);
    if (offset != null && Buffer.from(offset).toString() !== String(traced.offset)) {
      this.breach(`a dead letter says offset ${Buffer.from(offset)}, its record is at ${traced.offset}`);
    }
    if (traced.letters > traced.mostLetters) {
      this.breach(`${describe(traced.where, traced.offset)} was dead-lettered ${traced.letters} times`);
    }
  }

  /** Kafka's offset is never past what is durable. */
  groupCommitted(where: TopicPartition, offset: bigint, metadata: string | null): void {
    // A commit that names the topic as it was before it was made again speaks of that one's log.
    if (metadata?.includes(`"topicId":"${this.#options.kafka.topic(where.topic).id}"`) === false) return;
    const log = this.#options.kafka.log(where);
    const { history } = log;
    let at = Math.min(this.#checked.get(log) ?? 0, history.length);
    for (; at < history.length; at++) {
      const record = history[at];
      if (record === undefined || record.offset >= offset) break;
      const why = this.#missing(record, false);
      if (why !== null)
        this.breach(`Kafka was committed to ${describe(where, offset)}, but ${describe(where, record.offset)} ${why}`);
    }
    this.#checked.set(log, at);
  }

  /** Null: the record is where it belongs. */
  #missing({ id }: LogRecord, isAtTheEnd: boolean): string | null {
    const traced = id === null ? undefined : this.#records.get(id);
    if (traced === undefined || traced.excuse !== null || traced.fate === 'nothing') return null;
    if (mayHaveLetter(traced))
      return traced.letters + traced.rows.size === 0 ? 'was dropped and has no dead letter' : null;
    if (traced.fate === 'dead-letter') return traced.letters === 0 ? 'has no dead letter' : null;
    const { rows, wantedIn } = traced;
    if (rows.size === 0) return 'is in no table';
    // A table that was replaced took its rows along; they come again where an operator said so.
    const isWanted = isAtTheEnd && wantedIn !== null && wantedIn === this.#options.tableIdOf(traced.where.topic);
    return !isWanted || rows.has(wantedIn) ? null : 'did not come again';
  }

  /** What is still missing; empty: caught up. */
  *missing(): Generator<string> {
    const { kafka } = this.#options;
    for (const where of kafka.partitions()) {
      for (const record of kafka.log(where).history) {
        const why = this.#missing(record, true);
        if (why !== null) yield `${describe(where, record.offset)} (record ${record.id}) ${why}`;
      }
    }
  }

  /** Partitions whose committed offset is not at the log's end. */
  *behind(): Generator<string> {
    const { kafka } = this.#options;
    for (const where of kafka.partitions()) {
      const { end } = kafka.log(where);
      const committed = kafka.coordinator.committed.get(topicPartitionKey(where))?.offset ?? 0n;
      if (committed !== end) yield `${topicPartitionKey(where)} is committed to ${committed}, its log ends at ${end}`;
    }
  }
}

/** Instead of its row. Where the column has grown twice, sending it again did not help. */
const mayHaveLetter = ({ isRejected, outgrown }: Traced): boolean => isRejected || outgrown > 1;

const describe = ({ topic, partition }: TopicPartition, offset: bigint): string => `${topic}-${partition}@${offset}`;
