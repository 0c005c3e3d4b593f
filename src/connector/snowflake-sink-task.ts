import PQueue from 'p-queue';
import {
  type Assignment,
  type BytesPath,
  type Channel,
  type CommittableOffset,
  ConnectError,
  type ConnectorConfig,
  DataError,
  type Destination,
  type FetchedBatch,
  type MemoryBudget,
  type NextOffset,
  type OriginalRecord,
  type Random,
  type RecordPath,
  type RecordView,
  type SinkRecord,
  type SinkTask,
  type SinkTaskContext,
  type TableService,
  type TopicPartition,
  topicPartitionKey,
} from '../api/index.ts';
import { EncoderPool, PartitionBuffer } from '../buffer/index.ts';
import { RawRowEncoder, type RawRowHost } from '../kernel/index.ts';
import { channelName } from './channel-name.ts';
import { MemoryPressure } from './memory-pressure.ts';
import { PartitionPauses } from './partition-pauses.ts';
import { decideFirstStart } from './resume-decision.ts';
import { RowMapper } from './row-mapper.ts';
import { checkRowSize } from './row-size.ts';
import { RowStage } from './row-stage.ts';
import { SchemaEvolution } from './schema-evolution.ts';
import type { SinkSettings } from './sink-settings.ts';
import { TableMismatchError } from './table-mismatch-error.ts';
import { TargetTables } from './target-tables.ts';
import { TopicPartitionWriter, type WriterDependencies } from './topic-partition-writer.ts';
import { TopicToTable } from './topic-to-table.ts';

/** Channels opened at once: each waits for a round trip or more. */
const concurrentOpens = 32;

export interface SnowflakeSinkTaskDependencies {
  readonly settings: SinkSettings;
  readonly tables: TableService;
  readonly memoryBudget: MemoryBudget;
  readonly random: Random;
  openDestination(settings: SinkSettings, context: SinkTaskContext): Destination;
}

/** Rows of one connector's partitions into Snowflake. One writer per partition does the work; this routes to them. */
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
  readonly #topicToTable: TopicToTable;
  readonly #rows: RowMapper;
  readonly #evolution: SchemaEvolution;
  readonly #raw: RawRowEncoder | null;
  readonly #writers = new Map<string, TopicPartitionWriter>();
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
      holdsRows: () => [...this.#writers.values()].some((writer) => writer.holdsRows),
    });
    this.#sends = new PQueue({ concurrency: settings.maxConcurrentAppends });
    this.#topicToTable = new TopicToTable(settings);
    this.#rows = new RowMapper(settings);
    this.#targetTables = new TargetTables(deps.tables, settings, (...table) => this.#rows.describe(...table));
    this.#evolution = this.#schemaEvolution();
    this.#raw = context.bytes === null || settings.schematization ? null : this.#rawEncoder(context.bytes);
    if (this.#raw !== null) {
      this.putBytes = (batch, records) => this.#putBytes(batch, records);
      this.place = this.#raw.place.bind(this.#raw);
    }
  }

  /** There only where rows can be spliced from Kafka's bytes. */
  readonly putBytes?: (batch: FetchedBatch, records: RecordPath) => Promise<void>;
  readonly place?: (bytes: number) => Uint8Array | null;

  async start(_config: ConnectorConfig): Promise<void> {
    this.#destination.onAvailability((availability, reason) => {
      if (availability === 'available') return this.#resumeAll('breaker');
      this.#context.logger.warn({ reason }, 'Snowflake does not answer: partitions are paused until it does');
      for (const writer of this.#writers.values()) this.#pauses.pause(writer.assignment, 'breaker');
    });
  }

  async open(partitions: readonly Assignment[]): Promise<void> {
    const opening = new PQueue({ concurrency: concurrentOpens });
    await Promise.all(partitions.map((assignment) => opening.add(() => this.#openPartition(assignment))));
  }

  async put(records: readonly SinkRecord[]): Promise<void> {
    const pushTimeMs = this.#context.clock.now();
    const stages = new Map<TopicPartitionWriter, { readonly stage: RowStage; readonly durable: bigint }>();
    for (const record of records) {
      const writer = this.#writers.get(topicPartitionKey(record.original));
      if (writer === undefined) continue;
      let target = stages.get(writer);
      if (target === undefined) {
        const lease = writer.lease();
        target = { stage: new RowStage(lease), durable: lease.durable ?? -1n };
        stages.set(writer, target);
      }
      const { offset } = record.original.record;
      if (offset <= target.durable) {
        this.#context.metrics.increment('snowsink_records_already_durable_total', this.#labels(record.original.topic));
        continue;
      }
      const { stage } = target;
      const made = this.#rowOrBad(record, writer.spec.table, pushTimeMs, async () => {
        await stage.handOver();
        writer.cut('evolution');
      });
      const row = made instanceof Promise ? await made : made;
      if (row !== null) await stage.add(row, offset);
    }
    for (const { stage } of stages.values()) await stage.handOver();
    this.#pressure.check();
  }

  async flush(partitions: readonly TopicPartition[], deadline: AbortSignal): Promise<void> {
    await Promise.all(this.#writersOf(partitions).map((writer) => writer.flush(deadline)));
  }

  async preCommit(
    consumed: ReadonlyMap<string, TopicPartition & { readonly offset: NextOffset }>,
  ): Promise<ReadonlyMap<string, TopicPartition & CommittableOffset>> {
    const committable = new Map<string, TopicPartition & CommittableOffset>();
    for (const [key, { topic, partition, offset }] of consumed) {
      const writer = this.#writers.get(key);
      if (writer !== undefined) committable.set(key, { topic, partition, ...writer.committable(offset) });
    }
    return committable;
  }

  async close(partitions: readonly TopicPartition[]): Promise<void> {
    for (const writer of this.#writersOf(partitions)) {
      writer.close();
      this.#writers.delete(topicPartitionKey(writer.assignment));
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error('task stopped'));
    this.#pressure.stop();
    await this.close([...this.#writers.values()].map(({ assignment }) => assignment));
    await this.#destination.close();
    this.#encoders.close();
  }

  async #openPartition(assignment: Assignment): Promise<void> {
    const table = this.#topicToTable.tableFor(assignment.topic);
    await this.#targetTables.ready(table);
    const name = channelName(this.#settings, assignment.topic, assignment.partition);
    const spec = { topic: assignment.topic, partition: assignment.partition, table, channelName: name };
    const { signal } = this.#stopping;
    let channel: Channel = await this.#destination.open(spec, signal);
    const facts = { token: channel.opened.committed, settings: this.#settings, logger: this.#context.logger };
    const { at, resetChannel } = decideFirstStart(assignment, facts);
    if (resetChannel) {
      channel.close();
      await this.#destination.drop(spec, signal);
      channel = await this.#destination.open(spec, signal);
    }
    this.#context.offset(assignment, at);
    this.#context.logger.info(
      { topic: spec.topic, partition: spec.partition, table, offset: String(at) },
      'Reading into the table from this offset on',
    );
    const writer = new TopicPartitionWriter(assignment, channel, this.#writerDependencies());
    this.#writers.set(topicPartitionKey(assignment), writer);
    if (this.#destination.availability() === 'unavailable') this.#pauses.pause(assignment, 'breaker');
    if (this.#pressure.isOn) this.#pauses.pause(assignment, 'memory');
  }

  #writerDependencies(): WriterDependencies {
    const { settings, memoryBudget, random } = this.#deps;
    const { clock } = this.#context;
    const policy = { ...settings.flush, maxWireBytes: this.#destination.limits.maxWireBytes };
    return {
      destination: this.#destination,
      settings,
      context: this.#context,
      pauses: this.#pauses,
      sends: this.#sends,
      random,
      newBuffer: (limits) =>
        new PartitionBuffer({
          encoders: this.#encoders,
          policy: { ...policy, ...limits },
          budget: memoryBudget,
          clock,
        }),
    };
  }

  #rawEncoder({ key, checkCrcs }: BytesPath): RawRowEncoder {
    const { metadata } = this.#settings;
    const { topic, offsetAndPartition, createTime, connectorPushTime } = metadata;
    return new RawRowEncoder({
      metadata: metadata.all ? { topic, offsetAndPartition, createTime, pushTime: connectorPushTime } : null,
      key,
      checkCrcs,
      clock: this.#context.clock,
      maxRowBytes: this.#destination.limits.maxWireBytes,
    });
  }

  async #putBytes(batch: FetchedBatch, records: RecordPath): Promise<void> {
    const writer = this.#writers.get(topicPartitionKey(batch));
    if (writer === undefined || this.#raw === null) return;
    const lease = writer.lease();
    const behindToken = lease.durable === null ? 0n : lease.durable + 1n;
    const from = batch.fetchOffset > behindToken ? batch.fetchOffset : behindToken;
    await this.#raw.encode(batch, from, lease, this.#host(batch, writer.spec.table, records));
    this.#pressure.check();
  }

  /** Records that the kernel leaves to the object way, one at a time and in order. */
  #host(where: TopicPartition, table: string, records: RecordPath): RawRowHost {
    return {
      keyAndHeaders: async (record) => {
        const parts = await records.convertKeyAndHeaders(record);
        if (parts === null) return null;
        try {
          return this.#rows.keyAndHeadersFragment(parts);
        } catch (error) {
          return this.#reportBad({ topic: where.topic, partition: where.partition, record }, error);
        }
      },
      row: async (record: RecordView) => {
        const converted = await records.convert(record);
        return converted === null ? null : this.#rowOrBad(converted, table, this.#context.clock.now(), null);
      },
    };
  }

  /** Null: no row for this record. @param beforeAlter rows of the table's old shape go ahead of its new one; null: no table to alter */
  #rowOrBad(
    record: SinkRecord,
    table: string,
    pushTimeMs: number,
    beforeAlter: (() => Promise<void>) | null,
  ): Uint8Array | null | Promise<Uint8Array | null> {
    this.#checkRoute(record, table);
    try {
      return this.#row(record, table, pushTimeMs);
    } catch (error) {
      if (!(error instanceof TableMismatchError) || beforeAlter === null)
        return this.#reportBad(record.original, error);
      return this.#evolution
        .fit(error, () => this.#row(record, table, pushTimeMs), beforeAlter)
        .catch((refusal: unknown) => this.#reportBad(record.original, refusal));
    }
  }

  /** @throws DataError */
  #row(record: SinkRecord, table: string, pushTimeMs: number): Uint8Array | null {
    const text = this.#rows.rowText(record, table, pushTimeMs);
    if (text === null) {
      this.#context.metrics.increment('snowsink_tombstones_ignored_total', this.#labels(record.original.topic));
      return null;
    }
    const row = Buffer.from(text);
    checkRowSize(row, this.#destination.limits, this.#settings.compression);
    return row;
  }

  /** A channel belongs to one source partition and one table: rows that a transform routed elsewhere must not end in this one unseen. */
  #checkRoute({ topic, original }: SinkRecord, table: string): void {
    if (topic === original.topic) return;
    const wanted = this.#topicToTable.tableFor(topic);
    if (wanted === table) return;
    throw new ConnectError(
      `A transform routes records of topic ${original.topic} to ${topic}, whose table is ${wanted}; rows of a source topic go to one table, ${table}. ` +
        `Take the transform out and map the topic by snowflake.topic2table.map=${original.topic}:${wanted}`,
    );
  }

  /**
   * A record that fits no row goes to the reporter. Tolerated, its report goes on in the background: appends and commits wait for
   * it. Else the answer rejects, so that nothing behind the record is put: a token past it would hide it from the next start.
   */
  #reportBad(original: OriginalRecord, error: unknown): null | Promise<null> {
    if (!(error instanceof DataError)) throw error;
    const reported = this.#context.errantRecordReporter.report(original, error);
    if (this.#settings.errorsTolerance === 'none') return reported.then(() => null);
    reported.catch((failure: Error) => this.#context.fail(failure));
    return null;
  }

  #schemaEvolution(): SchemaEvolution {
    const { tables, settings } = this.#deps;
    const { clock, logger, metrics, id } = this.#context;
    return new SchemaEvolution({
      tables,
      targets: this.#targetTables,
      policy: settings.evolution.policy,
      serverSide: settings.validation === 'server',
      clock,
      logger,
      signal: this.#stopping.signal,
      onAltered: (table) =>
        metrics.increment('snowsink_tables_altered_total', { connector: id.connector, task: String(id.task), table }),
    });
  }

  #pauseForMemory(): void {
    this.#encoders.freeIdle();
    for (const writer of this.#writers.values()) {
      this.#pauses.pause(writer.assignment, 'memory');
      writer.cut('memory');
    }
  }

  #resumeAll(reason: 'memory' | 'breaker'): void {
    for (const writer of this.#writers.values()) this.#pauses.resume(writer.assignment, reason);
  }

  #writersOf(partitions: readonly TopicPartition[]): TopicPartitionWriter[] {
    return partitions.flatMap((partition) => this.#writers.get(topicPartitionKey(partition)) ?? []);
  }

  #labels(topic: string): { connector: string; task: string; topic: string } {
    const { connector, task } = this.#context.id;
    return { connector, task: String(task), topic };
  }
}
