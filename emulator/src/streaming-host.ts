import { isWriteConflict } from './storage/database.ts';
import type {
  Appended,
  AppendedRows,
  AppendRequest,
  ChannelRecord,
  Commit,
  Opened,
  OpenRequest,
  PipeName,
  Result,
  RowStore,
  StreamingService,
} from './streaming/index.ts';
import type { ThroughputStats } from './throughput-stats.ts';

export interface HostedRows extends AppendedRows {
  /** Bytes before compression. */
  readonly rawBytes: number;
  /** False: whoever appended them may not change the table's columns. */
  readonly mayEvolve?: boolean;
}

export interface StreamingHostOptions<Rows extends HostedRows> {
  readonly service: StreamingService<Rows>;
  readonly store: RowStore<Rows>;
  readonly stats: ThroughputStats;
  readonly nowMs: () => number;
  /** A commit failed and will be tried again. */
  readonly onProblem: (problem: string) => void;
}

/** Rows that wait for their commit may take this much memory before appends are answered later. */
const maxPendingBytes = 128 * 1024 * 1024;
const retryMs = 20;

/** Runs the streaming state machine: gives it the time, writes its commits, one at a time. */
export class StreamingHost<Rows extends HostedRows> {
  readonly service: StreamingService<Rows>;
  readonly #options: StreamingHostOptions<Rows>;
  #committing: Promise<void> | null = null;
  #timer: NodeJS.Timeout | null = null;
  #pendingBytes = 0;
  #closed = false;
  #frozen = false;

  constructor(options: StreamingHostOptions<Rows>) {
    this.#options = options;
    this.service = options.service;
  }

  /** True: accepted rows stay uncommitted. */
  get frozen(): boolean {
    return this.#frozen;
  }

  /** Resolves when a commit that was under way is done: from then on no row appears until `thaw`. */
  async freeze(): Promise<void> {
    this.#frozen = true;
    await this.#committing;
  }

  thaw(): void {
    this.#frozen = false;
    this.wake();
  }

  /** The new sequencer is durable before the client learns it. */
  async open(pipe: PipeName, channel: string, request: OpenRequest): Promise<Result<Opened>> {
    for (;;) {
      const opened = this.service.open(pipe, channel, request, this.#options.nowMs());
      if (opened.error?.code === 'ERR_OPEN_CHANNEL_IN_PROGRESS' && this.#committing !== null) {
        await this.#committing;
        continue;
      }
      if (opened.ok !== undefined) await this.#options.store.saveChannel(opened.ok.record);
      return opened;
    }
  }

  async append(
    pipe: PipeName,
    channel: string,
    request: AppendRequest<Rows>,
    wireBytes: number,
  ): Promise<Result<Appended>> {
    while (this.#pendingBytes > maxPendingBytes && this.#committing !== null) await this.#committing;
    const appended = this.service.append(pipe, channel, request, this.#options.nowMs());
    if (appended.ok?.taken === true) {
      this.#pendingBytes += request.rows.rawBytes;
      this.#options.stats.accepted(pipe, request.rows, wireBytes, this.#options.nowMs());
      this.wake();
    }
    return appended;
  }

  async drop(pipe: PipeName, channel: string, failOnUncommittedRows: boolean): Promise<Result<{ dropped: true }>> {
    if (!failOnUncommittedRows && this.#committing !== null) await this.#committing;
    const dropped = this.service.drop(pipe, channel, failOnUncommittedRows);
    if (dropped.ok !== undefined) await this.#options.store.removeChannel(pipe, channel);
    return dropped;
  }

  /** Commits what is due and sets the timer for what will be. */
  wake(): void {
    if (this.#committing !== null || this.#frozen || this.#closed) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const dueAtMs = this.service.nextDueAtMs();
    if (dueAtMs === null) return;
    const waitMs = dueAtMs - this.#options.nowMs();
    if (waitMs <= 0) this.#committing = this.#commitDue();
    else this.#timer = setTimeout(() => this.wake(), waitMs);
  }

  /** Commits everything that waits, then stops. */
  async close(): Promise<readonly ChannelRecord[]> {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#committing;
    await this.#write(this.service.takeDue(this.#options.nowMs(), Number.NEGATIVE_INFINITY));
    return [...this.service.channels()].map(({ record }) => record);
  }

  async #commitDue(): Promise<void> {
    const commits = this.service.takeDue(this.#options.nowMs());
    const problem = await this.#write(commits);
    this.#committing = null;
    if (problem) this.#timer = setTimeout(() => this.wake(), retryMs);
    else this.wake();
  }

  /** True: nothing was written, to be tried again. */
  async #write(commits: readonly Commit<Rows>[]): Promise<boolean> {
    const { store, nowMs, stats, onProblem } = this.#options;
    if (commits.length === 0) return false;
    try {
      const outcomes = await store.commit(commits, (commit, outcome) =>
        this.service.recordAfter(commit, outcome, nowMs()),
      );
      for (const [index, commit] of commits.entries()) {
        const outcome = outcomes[index] ?? null;
        this.service.settle(commit, outcome, nowMs());
        if (outcome !== null) stats.committed(commit.pipe, outcome);
        for (const batch of commit.batches) this.#pendingBytes -= batch.rows.rawBytes;
      }
      return false;
    } catch (error) {
      for (const commit of commits) this.service.settle(commit, 'retry', nowMs());
      if (!isWriteConflict(error)) onProblem(`commit failed, trying again: ${String(error)}`);
      return true;
    }
  }
}
