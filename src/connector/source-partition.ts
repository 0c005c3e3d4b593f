import type {
  Assignment,
  Channel,
  ChannelSpec,
  CommittableOffset,
  Destination,
  LastOffset,
  NextOffset,
  SinkTaskContext,
  TopicPartition,
} from '../api/index.ts';
import { decodeCommitMetadata, encodeCommitMetadata } from '../offsets/index.ts';
import { channelName } from './channel-name.ts';
import type { PartitionPauses, WriterPauses } from './partition-pauses.ts';
import { decideFirstStart, decideStart } from './resume-decision.ts';
import type { SinkSettings } from './sink-settings.ts';
import type { TopicPartitionWriter } from './topic-partition-writer.ts';

/** A channel to which a transform routed nothing for so long is closed; it opens again with its next record. */
const idleMs = 10 * 60_000;

/** What a writer is made with besides what all writers of the task share. */
export interface WriterHooks {
  readonly pauses: WriterPauses;
  /** Reads the partition again from this offset on. */
  rewind(to: NextOffset): void;
}

export interface SourcePartitionDependencies {
  readonly settings: SinkSettings;
  readonly context: SinkTaskContext;
  readonly destination: Destination;
  readonly pauses: PartitionPauses;
  readonly stopping: AbortSignal;
  /** Resolves when rows can go to the table. */
  prepare(table: string): Promise<unknown>;
  newWriter(assignment: Assignment, channel: Channel, hooks: WriterHooks): TopicPartitionWriter;
}

interface Routed {
  readonly writer: TopicPartitionWriter;
  usedAtMs: number;
}

/** What this owner last knew of a channel that it closed. */
interface Closed {
  readonly token: LastOffset | null;
  readonly incarnation: string;
}

/**
 * One partition of Kafka: a writer on the channel of its topic's own table, and further ones where transforms route records to other
 * tables. Each channel is named after the source partition and belongs to one table, and its token tells what that table has.
 *
 * Always true: Kafka's offset is never past a row that one of the tables lacks; after a rewind, which any of the writers may ask for,
 * the others pass over what they have or hold already.
 */
export class SourcePartition {
  readonly assignment: Assignment;
  readonly #deps: SourcePartitionDependencies;
  readonly #routed = new Map<string, Routed>();
  readonly #closed = new Map<string, Closed>();
  /** Where reading began: nothing before it is read by itself. */
  readonly #begunAt: NextOffset;
  /** Token and records belong to different logs: channels that are opened from now on begin anew. */
  readonly #resets: boolean;
  readonly #home: TopicPartitionWriter;
  /** A rewind that was asked for and not seen to be done. */
  #rewindTo: NextOffset | null = null;
  #rewinds = 0;

  /** Opens the channel of the topic's own table and says where to read on. @throws StartRefusedError with the choices */
  static async open(
    assignment: Assignment,
    table: string,
    deps: SourcePartitionDependencies,
  ): Promise<SourcePartition> {
    await deps.prepare(table);
    const spec = specOf(assignment, table, deps.settings);
    const { settings, context, destination, stopping } = deps;
    let channel = await destination.open(spec, stopping);
    const { committed: token, incarnation } = channel.opened;
    const facts = { token, incarnation, settings, logger: context.logger };
    const { at, resetChannel } = decideFirstStart(await withEndBehind(facts.token, assignment), facts);
    if (resetChannel) {
      for (const noted of notedTokens(assignment).keys()) {
        await destination.drop(specOf(assignment, noted, settings), stopping);
      }
      channel = await openAnew(channel, deps);
    }
    context.offset(assignment, at);
    // Should this owner die before its first commit, the next one must know where this one began.
    if (assignment.committed === null) context.requestCommit();
    context.logger.info(
      { topic: spec.topic, partition: spec.partition, table, offset: String(at) },
      'Reading into the table from this offset on',
    );
    return new SourcePartition(assignment, channel, { at, resets: resetChannel }, deps);
  }

  private constructor(
    assignment: Assignment,
    channel: Channel,
    begun: { readonly at: NextOffset; readonly resets: boolean },
    deps: SourcePartitionDependencies,
  ) {
    this.assignment = assignment;
    this.#deps = deps;
    this.#begunAt = begun.at;
    this.#resets = begun.resets;
    this.#home = this.#newWriter(channel);
  }

  /** The writer of the topic's own table. */
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

  /** Records of this partition come: a rewind that was asked for before has happened. */
  recordsCome(): void {
    this.#rewindTo = null;
  }

  /** The writer for rows of a table; opens its channel if need be. Never called while it is opening one. */
  writerFor(table: string): TopicPartitionWriter | Promise<TopicPartitionWriter> {
    if (table === this.#home.spec.table) return this.#home;
    const routed = this.#routed.get(table);
    if (routed === undefined) return this.#openRouted(table);
    routed.usedAtMs = this.#deps.context.clock.now();
    return routed.writer;
  }

  /** As far as all tables have their rows, when everything below `consumed` has been put. */
  committable(consumed: NextOffset): CommittableOffset {
    this.#closeIdle();
    const tables = new Map<string, LastOffset>();
    let least = consumed;
    for (const [table, { writer }] of this.#routed) {
      const { offset } = writer.committable(consumed);
      if (offset < least) least = offset;
      if (writer.token !== null) tables.set(table, writer.token);
    }
    const { offset, metadata } = this.#home.committable(consumed, tables);
    return { offset: offset < least ? offset : least, metadata };
  }

  cut(reason: Parameters<TopicPartitionWriter['cut']>[0]): void {
    for (const writer of this.#writers()) writer.cut(reason);
  }

  async flush(deadline: AbortSignal): Promise<void> {
    await Promise.all(this.#writers().map((writer) => writer.flush(deadline)));
  }

  close(): void {
    this.#deps.pauses.forget(this.assignment);
    for (const writer of this.#writers()) writer.close();
    this.#routed.clear();
  }

  #writers(): TopicPartitionWriter[] {
    return [this.#home, ...[...this.#routed.values()].map(({ writer }) => writer)];
  }

  #newWriter(channel: Channel): TopicPartitionWriter {
    const pauses = this.#deps.pauses.heldBy(channel.spec.table);
    return this.#deps.newWriter(this.assignment, channel, { pauses, rewind: (to) => this.#rewind(to) });
  }

  /** Two writers may ask before the loop gets to it: the earlier offset serves both. */
  #rewind(to: NextOffset): void {
    this.#rewinds++;
    this.#rewindTo = this.#rewindTo !== null && this.#rewindTo < to ? this.#rewindTo : to;
    this.#deps.context.offset(this.assignment, this.#rewindTo);
  }

  async #openRouted(table: string): Promise<TopicPartitionWriter> {
    const { context, destination, settings, stopping, prepare } = this.#deps;
    await prepare(table);
    const opened = await destination.open(specOf(this.assignment, table, settings), stopping);
    const channel = await this.#begin(opened);
    const { topic, partition } = this.assignment;
    context.logger.info({ topic, partition, table }, 'Rows that a transform routes go to this table too');
    const writer = this.#newWriter(channel);
    this.#routed.set(table, { writer, usedAtMs: context.clock.now() });
    return writer;
  }

  /** Judges the token of a further channel by what is known of it; where it went back, the partition is read again. */
  async #begin(channel: Channel): Promise<Channel> {
    const { settings, context } = this.#deps;
    const token = channel.opened.committed;
    const facts = { token, settings, logger: context.logger };
    const known = this.#closed.get(channel.spec.table);
    if (known !== undefined) {
      this.#closed.delete(channel.spec.table);
      const at = decideStart(this.assignment, { ...facts, recovering: { ...known, pending: null } });
      if (at !== null && at <= (known.token ?? -1n)) this.#rewind(at);
      return channel;
    }
    const assignment = await withEndBehind(token, this.#asOwnCommit(channel.spec.table));
    const { at, resetChannel } = decideFirstStart(assignment, facts);
    if (resetChannel || (this.#resets && token !== null)) return openAnew(channel, this.#deps);
    if (at < this.#begunAt) this.#rewind(at);
    return channel;
  }

  /** Kafka's commit with the note on this table as if it were the topic's own. */
  #asOwnCommit(table: string): Assignment {
    const { committed } = this.assignment;
    if (committed === null) return this.assignment;
    const token = notedTokens(this.assignment).get(table) ?? null;
    const topicId = decodeCommitMetadata(committed.metadata)?.topicId ?? null;
    const metadata = encodeCommitMetadata({ token, topicId, incarnation: '' });
    return { ...this.assignment, committed: { offset: committed.offset, metadata } };
  }

  #closeIdle(): void {
    const before = this.#deps.context.clock.now() - idleMs;
    for (const [table, { writer, usedAtMs }] of this.#routed) {
      if (usedAtMs > before || !writer.isSettled) continue;
      this.#closed.set(table, { token: writer.token, incarnation: writer.incarnation });
      writer.close();
      this.#routed.delete(table);
    }
  }
}

/** An open may take long, and another owner write meanwhile: its token is judged by a log end that is younger. */
const withEndBehind = async (token: LastOffset | null, assignment: Assignment): Promise<Assignment> => {
  if (token === null || token < assignment.logEnd) return assignment;
  return { ...assignment, logEnd: (await assignment.endNow?.()) ?? assignment.logEnd };
};

const specOf = ({ topic, partition }: TopicPartition, table: string, settings: SinkSettings): ChannelSpec => ({
  topic,
  partition,
  table,
  channelName: channelName(settings, topic, partition),
});

const notedTokens = ({ committed }: Assignment): ReadonlyMap<string, LastOffset> =>
  decodeCommitMetadata(committed?.metadata ?? null)?.tables ?? new Map();

/** Without the token that it had. */
const openAnew = async (channel: Channel, { destination, stopping }: SourcePartitionDependencies): Promise<Channel> => {
  channel.close();
  await destination.drop(channel.spec, stopping);
  return destination.open(channel.spec, stopping);
};
