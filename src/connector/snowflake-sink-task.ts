import PQueue from 'p-queue';
import {
  type Assignment,
  type Channel,
  type CommittableOffset,
  ConnectError,
  type ConnectorConfig,
  type Destination,
  type FetchedBatch,
  type MemoryBudget,
  type NextOffset,
  type Random,
  type RecordPath,
  RecordRows,
  type SinkRecord,
  type SinkTask,
  type SinkTaskContext,
  sameTopicPartition,
  type TableService,
  type TopicPartition,
  topicPartitionKey,
} from '../api/index.ts';
import { EncoderPool, PartitionBuffer } from '../buffer/index.ts';
import type { KernelMemoryOptions, RowsBefore } from '../kernel/index.ts';
import { BytesToRows } from './bytes-to-rows.ts';
import { MemoryPressure } from './memory-pressure.ts';
import { PartitionPauses } from './partition-pauses.ts';
import { type BeforeAlter, RecordToRow } from './record-to-row.ts';
import { RecordToTable } from './record-to-table.ts';
import { fileForm, RowMapper } from './row-mapper.ts';
import { RowRooms, RowStage } from './row-stage.ts';
import { flushedWithin, rowsBeforeAlter } from './rows-before-alter.ts';
import { SchemaEvolution } from './schema-evolution.ts';
import type { SinkSettings } from './sink-settings.ts';
import { SourcePartition, type WriterHooks } from './source-partition.ts';
import { TargetTables } from './target-tables.ts';
import { channelCollisions } from './topic-collisions.ts';
import { topicLabels } from './topic-labels.ts';
import { TopicPartitionWriter } from './topic-partition-writer.ts';

/** Channels opened at once: each waits for a round trip or more. */
const concurrentOpens = 32;

export interface SnowflakeSinkTaskDependencies {
  readonly settings: SinkSettings;
  readonly tables: TableService;
  readonly memoryBudget: MemoryBudget;
  readonly random: Random;
  /** Sizes of the memory in which rows are made from Kafka's bytes. */
  readonly encoderMemory?: Partial<KernelMemoryOptions>;
  openDestination(settings: SinkSettings, context: SinkTaskContext): Destination;
}

/** Rows of one connector's partitions into Snowflake. A `SourcePartition` with its writers does the work; this hands records to them. */
export class SnowflakeSinkTask implements SinkTask {
  readonly #context: SinkTaskContext;
  readonly #deps: SnowflakeSinkTaskDependencies;
  readonly #settings: SinkSettings;
  readonly #destination: Destination;
  readonly #encoders: EncoderPool;
  readonly #pauses: PartitionPauses;
  readonly #pressure: MemoryPressure;
  readonly #sends: PQueue;
  readonly #targetTables: TargetTables;
  readonly #tables: RecordToTable;
  readonly #mapper: RowMapper;
  readonly #rows: RecordToRow;
  readonly #partitions = new Map<string, SourcePartition>();
  readonly #rooms = new RowRooms();
  readonly #stopping = new AbortController();

  constructor(context: SinkTaskContext, deps: SnowflakeSinkTaskDependencies) {
    const { settings } = deps;
    this.#context = context;
    this.#deps = deps;
    this.#settings = settings;
    this.#destination = deps.openDestination(settings, context);
    this.#encoders = new EncoderPool({ encoding: settings.compression, budget: deps.memoryBudget });
    this.#pauses = new PartitionPauses(context);
    this.#pressure = new MemoryPressure({
      budget: deps.memoryBudget,
      clock: context.clock,
      pause: () => this.#pauseForMemory(),
      resume: () => this.#resumeAll('memory'),
      holdsRows: () => [...this.#partitions.values()].some((partition) => partition.holdsRows),
    });
    this.#sends = new PQueue({ concurrency: settings.maxConcurrentAppends });
    this.#tables = new RecordToTable(settings);
    const isFiles = settings.destination === 'file-snowpipe';
    this.#mapper = new RowMapper(settings, isFiles ? fileForm : undefined);
    const patience = { clock: context.clock, logger: context.logger, signal: this.#stopping.signal };
    this.#targetTables = new TargetTables(
      deps.tables,
      settings,
      (...table) => this.#mapper.describe(...table),
      patience,
    );
    const { limits } = this.#destination;
    this.#rows = new RecordToRow({
      settings,
      context,
      limits,
      mapper: this.#mapper,
      evolution: this.#schemaEvolution(),
    });
    const bytes = BytesToRows.create({
      settings,
      context,
      limits,
      mapper: this.#mapper,
      rows: this.#rows,
      rooms: this.#rooms,
      memory: deps.encoderMemory,
      partitionOf: (batch) => this.#partitions.get(topicPartitionKey(batch)),
      beforeAlter: (stage, writer) => this.#beforeAlter(stage, writer, []),
      auditRow: (record, writer) => this.#auditRow(record, writer, context.clock.now()),
    });
    if (bytes === null) return;
    this.putBytes = async (batch, records) => {
      await bytes.put(batch, records);
      this.#pressure.check();
    };
    if (bytes.place !== null) this.place = bytes.place;
  }

  /** There only where rows can be made from Kafka's bytes. */
  readonly putBytes?: (batch: FetchedBatch, records: RecordPath) => Promise<void>;
  readonly place?: (bytes: number) => Uint8Array | null;

  async start(_config: ConnectorConfig): Promise<void> {
    this.#destination.onAvailability((availability, reason) => {
      if (availability === 'available') return this.#resumeAll('breaker');
      this.#context.logger.warn({ reason }, 'Snowflake does not answer: partitions are paused until it does');
      for (const { assignment } of this.#partitions.values()) this.#pauses.pause(assignment, 'breaker');
    });
  }

  async open(partitions: readonly Assignment[]): Promise<void> {
    this.#checkChannels();
    const opening = new PQueue({ concurrency: concurrentOpens });
    await Promise.all(partitions.map((assignment) => opening.add(() => this.#openPartition(assignment))));
  }

  async put(records: readonly SinkRecord[]): Promise<void> {
    const pushTimeMs = this.#context.clock.now();
    const stages = new Map<
      TopicPartitionWriter,
      { readonly stage: RowStage; readonly taken: bigint; readonly beforeAlter: BeforeAlter }
    >();
    const begun = new Map<SourcePartition, number>();
    let where: TopicPartition | null = null;
    let partition: SourcePartition | undefined;
    for (const record of records) {
      const { original } = record;
      const { offset, batchOffset } = original.record;
      if (where === null || !sameTopicPartition(where, original)) {
        where = original;
        partition = this.#partitions.get(topicPartitionKey(original));
      }
      if (partition === undefined) continue;
      if (!begun.has(partition)) {
        partition.recordsCome(offset);
        begun.set(partition, partition.rewinds);
      }
      const found = this.#writerFor(partition, record);
      const writer = found instanceof Promise ? await found : found;
      if (writer === null || partition.rewinds !== begun.get(partition)) continue;
      partition.batchComes(batchOffset, offset, offset);
      let target = stages.get(writer);
      if (target === undefined) {
        const lease = writer.lease();
        const stage = new RowStage(lease, this.#rooms);
        target = { stage, taken: lease.taken ?? -1n, beforeAlter: this.#beforeAlter(stage, writer, stages.values()) };
        stages.set(writer, target);
      }
      if (offset <= target.taken) {
        if (writer.audit.lacks(offset)) await this.#auditRow(record, writer, pushTimeMs);
        writer.audit.looked(offset + 1n);
        const { id, metrics } = this.#context;
        metrics.increment('snowsink_records_already_durable_total', topicLabels(id, original.topic));
        continue;
      }
      const { stage } = target;
      const made = this.#rows.rowOrBad(record, writer.spec.table, pushTimeMs, target.beforeAlter);
      const row = made instanceof Promise ? await made : made;
      const added = row === null ? null : stage.add(row, offset, linesOf(record, row));
      if (added !== null) await added;
    }
    for (const { stage } of stages.values()) await stage.handOver();
    this.#pressure.check();
  }

  /** Snowflake accepted the record's row, if it has one, and the table does not have it. */
  async #auditRow(record: SinkRecord, { spec, audit }: TopicPartitionWriter, pushTimeMs: number): Promise<void> {
    const row = await this.#rows.rowOrBad(record, spec.table, pushTimeMs, null);
    if (row === null) return;
    const { offset } = record.original.record;
    await audit.again?.add(row, offset, linesOf(record, row));
    const error = audit.missing(offset);
    if (error !== null) await this.#rows.reportBad(record.original, error);
  }

  async flush(partitions: readonly TopicPartition[], deadline: AbortSignal): Promise<void> {
    await Promise.all(this.#openOf(partitions).map((partition) => partition.flush(deadline)));
  }

  async preCommit(
    consumed: ReadonlyMap<string, TopicPartition & { readonly offset: NextOffset }>,
  ): Promise<ReadonlyMap<string, TopicPartition & CommittableOffset>> {
    this.#encoders.output.freeUnused();
    const committable = new Map<string, TopicPartition & CommittableOffset>();
    for (const [key, { topic, partition, offset }] of consumed) {
      const open = this.#partitions.get(key);
      if (open !== undefined) committable.set(key, { topic, partition, ...open.committable(offset) });
    }
    return committable;
  }

  committed(partition: TopicPartition): void {
    this.#partitions.get(topicPartitionKey(partition))?.committed();
  }

  async close(partitions: readonly TopicPartition[]): Promise<void> {
    for (const partition of this.#openOf(partitions)) {
      partition.close();
      this.#partitions.delete(topicPartitionKey(partition.assignment));
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error('task stopped'));
    this.#pressure.stop();
    await this.close([...this.#partitions.values()].map(({ assignment }) => assignment));
    await this.#destination.close();
    this.#encoders.close();
  }

  /** What topics.regex matches is known only now. Other tasks' topics count too: they would fence this one's channels. */
  #checkChannels(): void {
    const [collision] = channelCollisions(this.#settings, this.#context.subscription());
    if (collision !== undefined) throw new ConnectError(collision);
  }

  async #openPartition(assignment: Assignment): Promise<void> {
    const table = this.#tables.tableOfTopic(assignment.topic);
    const partition = await SourcePartition.open(assignment, table, {
      settings: this.#settings,
      context: this.#context,
      destination: this.#destination,
      pauses: this.#pauses,
      tables: this.#deps.tables,
      stopping: this.#stopping.signal,
      prepare: (name) => this.#targetTables.ready(name),
      newWriter: (...args) => this.#newWriter(...args),
    });
    this.#partitions.set(topicPartitionKey(assignment), partition);
    if (this.#destination.availability() === 'unavailable') this.#pauses.pause(assignment, 'breaker');
    if (this.#pressure.isOn) this.#pauses.pause(assignment, 'memory');
  }

  #newWriter(assignment: Assignment, channel: Channel, hooks: WriterHooks): TopicPartitionWriter {
    const { settings, memoryBudget, random, tables } = this.#deps;
    const { clock } = this.#context;
    const policy = { ...settings.flush, maxWireBytes: this.#destination.limits.maxWireBytes };
    return new TopicPartitionWriter(assignment, channel, {
      destination: this.#destination,
      settings,
      context: this.#context,
      ...hooks,
      tables,
      sends: this.#sends,
      random,
      hasStructuredColumns: (table) => this.#mapper.hasStructuredColumns(table),
      tableReplaced: (table) => this.#targetTables.refresh(table),
      newBuffer: (limits, giveWay) =>
        new PartitionBuffer({
          encoders: this.#encoders,
          policy: { ...policy, ...limits },
          budget: memoryBudget,
          clock,
          giveWay,
        }),
    });
  }

  /** A channel belongs to one table: what a transform routed elsewhere goes over a channel of that table. Null: the record is bad. */
  #writerFor(
    partition: SourcePartition,
    record: SinkRecord,
  ): TopicPartitionWriter | null | Promise<TopicPartitionWriter | null> {
    const { original } = record;
    let table: string | null;
    try {
      table = this.#tables.routedTable(record);
    } catch (error) {
      return this.#rows.reportBad(original, error);
    }
    return partition.writerFor(table, original.record);
  }

  #beforeAlter(
    stage: RowsBefore,
    writer: TopicPartitionWriter,
    others: Iterable<{ readonly stage: RowsBefore }>,
  ): BeforeAlter {
    const { commitTimeoutMs } = this.#settings;
    const settled = () =>
      flushedWithin(this.#partitions.values(), commitTimeoutMs, this.#context.clock, this.#stopping.signal);
    return rowsBeforeAlter({ stage, writer, others, settled });
  }

  #schemaEvolution(): SchemaEvolution {
    const { tables, settings } = this.#deps;
    const { clock, logger, metrics, id } = this.#context;
    return new SchemaEvolution({
      tables,
      targets: this.#targetTables,
      policy: settings.evolution.policy,
      serverSide: (table) => settings.validation === 'server' && !this.#targetTables.isIceberg(table),
      clock,
      logger,
      signal: this.#stopping.signal,
      onAltered: (table) =>
        metrics.increment('snowsink_tables_altered_total', { connector: id.connector, task: String(id.task), table }),
    });
  }

  #pauseForMemory(): void {
    this.#encoders.freeIdle();
    for (const partition of this.#partitions.values()) {
      this.#pauses.pause(partition.assignment, 'memory');
      partition.cut('memory');
    }
  }

  #resumeAll(reason: 'memory' | 'breaker'): void {
    for (const { assignment } of this.#partitions.values()) this.#pauses.resume(assignment, reason);
  }

  #openOf(partitions: readonly TopicPartition[]): SourcePartition[] {
    return partitions.flatMap((partition) => this.#partitions.get(topicPartitionKey(partition)) ?? []);
  }
}

/** Rows of a record: one, but for a container of several. */
const linesOf = ({ value }: SinkRecord, row: string): number =>
  value instanceof RecordRows ? row.split('\n').length : 1;
