import {
  type Assignment,
  asNextOffset,
  type Channel,
  type ChannelSpec,
  type CommittableOffset,
  type Destination,
  type NextOffset,
  nextAfter,
  type RecordView,
  type SinkTaskContext,
  type TableService,
} from '../api/index.ts';
import { decodeCommitMetadata, encodeCommitMetadata } from '../offsets/index.ts';
import { FurtherChannels } from './further-channels.ts';
import { lanesFor, openAnew, specOf } from './lane-choice.ts';
import { laneIndex, laneKeys } from './lanes.ts';
import type { Verified } from './late-rejections.ts';
import type { PartitionPauses, WriterPauses } from './partition-pauses.ts';
import { decideFirstStart, type FirstStart } from './resume-decision.ts';
import type { SinkSettings } from './sink-settings.ts';
import { asOfNow, factsOf, notedTokens, sinceRenewed, wasSet } from './start-facts.ts';
import type { TopicPartitionWriter } from './topic-partition-writer.ts';

/** A channel to which a transform routed nothing for so long is closed; it opens again with its next record. */
const idleMs = 10 * 60_000;

/** What a writer is made with besides what all writers of the task share. */
export interface WriterHooks {
  readonly pauses: WriterPauses;
  /** Reads the partition again from this offset on. */
  rewind(to: NextOffset): void;
  readonly verified: Verified;
  /** Until Kafka has noted which log the channel's tokens speak of, no row is sent. */
  readonly noted: Promise<void>;
  /** Rows up to this offset are not sent: its token spoke of another log, and an operator chose where to begin. */
  readonly leavesOut?: bigint | null;
  /** Other channels bring rows of the partition to the same table. */
  readonly isLane: boolean;
}

export interface SourcePartitionDependencies {
  readonly settings: SinkSettings;
  readonly context: SinkTaskContext;
  readonly destination: Destination;
  readonly pauses: PartitionPauses;
  readonly tables: Pick<TableService, 'offsets'>;
  readonly stopping: AbortSignal;
  /** Resolves when rows can go to the table. */
  prepare(table: string): Promise<unknown>;
  newWriter(assignment: Assignment, channel: Channel, hooks: WriterHooks): TopicPartitionWriter;
}

/** Where and how an owner begins. */
interface Begun extends Omit<FirstStart, 'forgets'> {
  readonly forgetsAll: boolean;
  readonly lanes: number;
}

interface Routed {
  readonly writer: TopicPartitionWriter;
  usedAtMs: number;
}

/**
 * One partition of Kafka: a writer on the channel of its topic's own table, and further ones where that table has several lanes, or where
 * transforms route records to other tables. Each channel is named after the source partition and belongs to one table, and its token tells what that table has.
 *
 * Always true: Kafka's offset is never past a row that one of the tables lacks; after a rewind, which any of the writers may ask for,
 * the others pass over what they have or hold already.
 */
export class SourcePartition {
  assignment: Assignment;
  readonly #deps: SourcePartitionDependencies;
  readonly #routed = new Map<string, Routed>();
  /** Of this owner, and what the last commit noted. */
  readonly #further: FurtherChannels;
  /** Where reading began: nothing before it is read by itself. */
  readonly #begunAt: NextOffset;
  /** Token and records belong to different logs: channels that are opened from now on begin anew. */
  readonly #forgetsAll: boolean;
  /** By an operator, for all tables: none of the channels leads reading back before it. */
  readonly #isEndChosen: boolean;
  /** The topic's own. */
  readonly #table: string;
  /** Keys of the lanes to it; the first one's writer is `home`. */
  readonly #lanes: readonly string[];
  readonly #home: TopicPartitionWriter;
  /** Resolves with a commit of Kafka's that names topic and beginning of what this owner sends. */
  readonly #noteIsThere = Promise.withResolvers<void>();
  #hasCommit = false;
  /** A rewind that was asked for and not seen to be done; the first one leads to the beginning. */
  #rewindTo: NextOffset | null;
  /** Where rows that were accounted for are to be read again from: until it is done, for channels that are opened meanwhile. */
  #ledBackTo: NextOffset | null = null;
  /** The first of the records that came last: those behind it may not have been put yet. */
  #putFrom: NextOffset | null = null;
  /** All tables have their rows of the records before it. */
  #durableBelow: NextOffset | null = null;
  #rewinds = 0;

  /** Opens the channel of the topic's own table and says where to read on. @throws StartRefusedError with the choices */
  static async open(given: Assignment, table: string, deps: SourcePartitionDependencies): Promise<SourcePartition> {
    await deps.prepare(table);
    const { settings, context, destination, stopping } = deps;
    const lanes = await lanesFor(given, table, deps);
    const [home = table] = laneKeys(table, lanes);
    const spec = specOf(given, home, settings);
    let channel = await destination.open(spec, stopping);
    const severalTables = settings.severalTables || lanes > 1;
    const known = { ...factsOf(channel), settings: { ...settings, severalTables }, logger: context.logger };
    const decide = async (by: Assignment): Promise<FirstStart> =>
      decideFirstStart(by, { ...known, tokenWasSet: await wasSet(channel, by, deps) });
    let assignment = await asOfNow(channel.opened.committed, given);
    let decided = await decide(assignment);
    // A drop cannot be taken back: an owner that slept while it opened must not do it to the one that came after.
    const renewed = decided.forgets !== 'none' ? await sinceRenewed(assignment) : null;
    if (renewed !== null) {
      assignment = renewed;
      decided = await decide(renewed);
    }
    const { at, forgets, isNoted } = decided;
    const forgetsAll = forgets === 'all channels';
    for (const noted of forgetsAll ? notedTokens(assignment).keys() : []) {
      await destination.drop(specOf(assignment, noted, settings), stopping);
    }
    const isAnew = forgets !== 'none';
    if (isAnew) channel = await openAnew(channel, deps);
    // A channel made anew counts from nothing.
    const verified = isAnew ? { last: at - 1n, count: 0, rows: 0 } : decided.verified;
    context.offset(assignment, at);
    // Should this owner die, the next one must know where this one began, in which log, and over how many lanes.
    if (!isNoted) context.requestCommit();
    context.logger.info(
      { topic: spec.topic, partition: spec.partition, table, offset: String(at), ...(lanes > 1 && { lanes }) },
      'Reading into the table from this offset on',
    );
    const begun = new SourcePartition(assignment, channel, { ...decided, forgetsAll, verified, lanes }, deps);
    // All at once: an earlier owner must be kept from writing over any of them.
    await Promise.all(begun.#lanes.slice(1).map((key) => begun.#openRouted(key, at)));
    return begun;
  }

  private constructor(assignment: Assignment, channel: Channel, begun: Begun, deps: SourcePartitionDependencies) {
    this.assignment = assignment;
    this.#deps = deps;
    this.#begunAt = begun.at;
    this.#rewindTo = begun.at;
    this.#forgetsAll = begun.forgetsAll;
    this.#isEndChosen = begun.isEndChosen;
    if (begun.isNoted) this.committed();
    this.#table = channel.spec.table;
    this.#lanes = laneKeys(this.#table, begun.lanes);
    const { at: begunAt, forgetsNotes: beginsAnew } = begun;
    const bringsAll = deps.settings.onAmbiguousOffset === 'earliest';
    this.#further = new FurtherChannels({ assignment, lanes: this.#lanes, begunAt, beginsAnew, bringsAll });
    if (channel.opened.committed === null) this.#further.beginsAt(this.#homeKey, begunAt);
    this.#home = this.#newWriter(channel, begun.verified, this.#further.leftOutOf(this.#homeKey));
    this.#home.audit.see(channel.opened, null);
  }

  /** The writer of the topic's own table: of its first lane, if there are several. */
  get home(): TopicPartitionWriter {
    return this.#home;
  }

  get holdsRows(): boolean {
    return this.#writers().some((writer) => writer.holdsRows);
  }

  /** Grows with each rewind: what was fetched before one must not be put after it, for it comes again. */
  get rewinds(): number {
    return this.#rewinds;
  }

  /** Records of this partition come, `first` before all: a rewind that was asked for before has happened. */
  recordsCome(first: bigint): void {
    this.#rewindTo = null;
    this.#ledBackTo = null;
    this.#putFrom = asNextOffset(first);
  }

  get #homeKey(): string {
    return this.#lanes[0] ?? this.#table;
  }

  /** Channels to the topic's own table. */
  get laneCount(): number {
    return this.#lanes.length;
  }

  /**
   * The writer for a record's row in a table (null: its topic's own); opens the channel if need be. Never called while it is opening one.
   */
  writerFor(
    table: string | null,
    { offset, batchOffset }: Pick<RecordView, 'offset' | 'batchOffset'>,
  ): TopicPartitionWriter | Promise<TopicPartitionWriter> {
    const isOwn = table === null || table === this.#table;
    const key = isOwn ? this.#lanes[laneIndex(batchOffset, this.#lanes.length)] : table;
    if (key === undefined || key === this.#homeKey) return this.#home;
    const routed = this.#routed.get(key);
    if (routed === undefined) return this.#openRouted(key, offset);
    routed.usedAtMs = this.#deps.context.clock.now();
    return routed.writer;
  }

  /**
   * Records of one batch come, with these offsets: their rows go over one lane, and the others must not take them for rows of their own.
   */
  batchComes(batchOffset: bigint, first: bigint, last: bigint): void {
    if (this.#lanes.length === 1) return;
    const own = this.#lanes[laneIndex(batchOffset, this.#lanes.length)];
    for (const key of this.#lanes) {
      const writer = key === this.#homeKey ? this.#home : this.#routed.get(key)?.writer;
      if (key !== own) writer?.audit.ofAnotherLane(first, last);
    }
  }

  /** As far as all tables have their rows, when everything below `consumed` has been put. */
  committable(consumed: NextOffset): CommittableOffset {
    this.#closeIdle();
    // Records that make no row do not come: reading has passed them all the same, and their letters are settled with the commit.
    if (this.#rewindTo !== null && consumed > this.#rewindTo) this.#rewindTo = consumed;
    let least = consumed;
    for (const [key, { writer }] of this.#routed) {
      const { offset } = writer.committable(consumed);
      if (offset < least) least = offset;
      this.#further.note(key, writer);
    }
    this.#further.reached(this.#homeKey, this.#home.token);
    const { offset, metadata } = this.#home.committable(consumed, this.#further.noted);
    if (offset < least) least = offset;
    this.#durableBelow = least;
    this.#deps.context.metrics.set('snowsink_commit_lag_records', this.#labels, Number(consumed - least));
    return { offset: least, metadata };
  }

  /** Kafka has a commit of this owner. */
  committed(): void {
    this.#hasCommit = true;
    this.#noteIsThere.resolve();
  }

  cut(reason: Parameters<TopicPartitionWriter['cut']>[0]): void {
    for (const writer of this.#writers()) writer.cut(reason);
  }

  /** Before Kafka has noted the beginning nothing is sent, and there is no commit while this waits. */
  async flush(deadline: AbortSignal): Promise<void> {
    if (!this.#hasCommit) return;
    await Promise.all(this.#writers().map((writer) => writer.flush(deadline)));
  }

  close(): void {
    this.#deps.pauses.forget(this.assignment);
    for (const writer of this.#writers()) writer.close();
    this.#routed.clear();
    for (const gauge of ['snowsink_commit_lag_records', 'snowsink_committed_offset'] as const) {
      this.#deps.context.metrics.remove(gauge, this.#labels);
    }
  }

  get #labels(): { connector: string; task: string; topic: string; partition: string } {
    const { connector, task } = this.#deps.context.id;
    const { topic, partition } = this.assignment;
    return { connector, task: String(task), topic, partition: String(partition) };
  }

  #writers(): TopicPartitionWriter[] {
    return [this.#home, ...[...this.#routed.values()].map(({ writer }) => writer)];
  }

  #newWriter(channel: Channel, known: Verified, leavesOut: bigint | null): TopicPartitionWriter {
    const { table, channelName: name } = channel.spec;
    // None of the channel's rows is of what it leaves out.
    const verified = { ...known, last: leavesOut !== null && leavesOut > known.last ? leavesOut : known.last };
    const pauses = this.#deps.pauses.heldBy(`${table} ${name}`);
    return this.#deps.newWriter(this.assignment, channel, {
      ...{ pauses, verified, leavesOut, noted: this.#noteIsThere.promise },
      isLane: this.#lanes.length > 1 && this.#isLane(channel.spec),
      rewind: (to) => this.#rewind(to),
    });
  }

  /**
   * Two writers may ask before the loop gets to it: the earlier offset serves both. And where one writer has set reading back, what another
   * one misses may lie ahead: going there would pass over records that nobody has put.
   */
  #rewind(to: NextOffset): void {
    this.#rewinds++;
    const bounds = [to, this.#rewindTo, this.#routed.size > 0 ? this.#notPutYet() : null];
    this.#rewindTo = bounds.reduce<NextOffset>((least, bound) => (bound !== null && bound < least ? bound : least), to);
    this.#deps.context.offset(this.assignment, this.#rewindTo);
  }

  /** Not before what Kafka's commit may have passed: the letters of bad records there are settled, and nobody remembers them. */
  #notPutYet(): NextOffset | null {
    const [from, durable] = [this.#putFrom, this.#durableBelow];
    return from !== null && durable !== null && from < durable ? durable : from;
  }

  async #openRouted(key: string, offset: bigint): Promise<TopicPartitionWriter> {
    const { context, destination, settings, stopping, prepare } = this.#deps;
    const spec = specOf(this.assignment, key, settings);
    if (spec.table !== this.#table) await prepare(spec.table);
    const opened = await destination.open(spec, stopping);
    const channel = await this.#begin(opened, key, offset);
    const { topic, partition } = this.assignment;
    context.logger.info(
      { topic, partition, table: spec.table, channel: spec.channelName },
      'Rows go over this channel too',
    );
    const verified = this.#further.verified(key, channel.opened, this.#durableBelow);
    const writer = this.#newWriter(channel, verified, this.#further.leftOutOf(key));
    this.#routed.set(key, { writer, usedAtMs: context.clock.now() });
    if (this.#ledBackTo !== null) countAnew(writer, this.#ledBackTo);
    writer.audit.see(channel.opened, null);
    return writer;
  }

  /** Judges the token of a further channel by what is known of it. `before`: the record that it is opened for. */
  async #begin(channel: Channel, key: string, before: bigint): Promise<Channel> {
    const { settings, context } = this.#deps;
    const { spec } = channel;
    const token = channel.opened.committed;
    const isOurs = this.#further.tokenOf(key) !== null;
    if (this.#forgetsAll && !isOurs) return token === null ? channel : await openAnew(channel, this.#deps);
    const isLost = token === null && isOurs && this.#isLane(spec);
    if (this.assignment.committed === null) this.assignment = await asOfNow(token, this.assignment);
    const assignment = await asOfNow(token, this.#assignmentOf(key, spec, isLost));
    const { at, forgets } = decideFirstStart(assignment, { token, settings, logger: context.logger });
    if (forgets !== 'none') {
      this.#leaveOut(key, at);
      return await openAnew(channel, this.#deps);
    }
    // An operator chose where it goes on: the same question as for the home channel, which may have kept its own token.
    if (isLost) {
      this.#leaveOut(key, at);
      if (at < this.#begunAt) this.#leadBack(at);
      return channel;
    }
    if (token === null) this.#further.beginsAt(key, at);
    if (this.#isEndChosen) return channel;
    const loss = this.#further.lossOf(key, token);
    if (loss !== null) context.logger.warn({ topic: spec.topic, partition: spec.partition, table: key }, loss);
    if (at < this.#begunAt) this.#leadBack(at);
    else if (token !== null && loss !== null && token + 1n < before) this.#leadBack(nextAfter(token));
    return channel;
  }

  #isLane({ table }: ChannelSpec): boolean {
    return table === this.#table;
  }

  /** To before what counts as whole. */
  #leadBack(to: NextOffset): void {
    this.#rewind(to);
    this.#ledBackTo = this.#rewindTo;
    for (const writer of this.#writers()) countAnew(writer, to);
  }

  #leaveOut(key: string, before: NextOffset): void {
    this.#further.forget(key);
    this.#further.leaveOut(key, before);
    this.#deps.context.requestCommit();
  }

  /**
   * With Kafka's commit as it concerns this channel: without the note on the home channel's token, with that on its own where it is lost.
   * What somebody else has committed is judged by each lane's token anew, for one does not tell what the others lack.
   */
  #assignmentOf(key: string, spec: ChannelSpec, isLost: boolean): Assignment {
    const { committed, topicId } = this.assignment;
    const noted = decodeCommitMetadata(committed?.metadata ?? null);
    const isForeign = committed === null || (noted === null && this.#isLane(spec));
    if (isForeign && this.#further.tokenOf(key) === null) return this.assignment;
    const token = isLost ? this.#further.tokenOf(key) : null;
    const metadata = encodeCommitMetadata({ token, topicId: noted?.topicId ?? topicId, incarnation: '' });
    return { ...this.assignment, committed: { offset: committed?.offset ?? this.#begunAt, metadata } };
  }

  #closeIdle(): void {
    const before = this.#deps.context.clock.now() - idleMs;
    for (const [key, { writer, usedAtMs }] of this.#routed) {
      if (usedAtMs > before || !writer.isSettled) continue;
      this.#further.note(key, writer);
      writer.close();
      this.#routed.delete(key);
    }
  }
}

/** What a channel does not have is sent from there on: rows of it that are dropped are looked for there too. */
const countAnew = (writer: TopicPartitionWriter, from: NextOffset): void => {
  const { taken } = writer.lease();
  writer.audit.reopened(taken !== null && taken >= from ? asNextOffset(taken + 1n) : from);
};
