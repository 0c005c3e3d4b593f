import {
  type Availability,
  type Channel,
  type ChannelSpec,
  type Clock,
  ConnectError,
  type Destination,
  type DestinationLimits,
  type Logger,
  type Metrics,
  type Random,
  type SnowflakeAccount,
  type TaskId,
} from '../../api/index.ts';
import { CurrentSignIn } from '../sign-in/current-sign-in.ts';
import { HttpTransport } from '../snowpipe-streaming/http-transport.ts';
import { requestId } from '../snowpipe-streaming/request-builder.ts';
import { lastOut } from '../sql/last-out.ts';
import { LocalFiles } from '../sql/local-files.ts';
import { SnowflakeSession } from '../sql/snowflake-session.ts';
import { errorCode, explainSqlError } from '../sql/sql-refusals.ts';
import { type LoadedSoFar, PartitionStage } from './partition-stage.ts';
import { defaultTiming, SnowpipeChannel, type SnowpipeTiming } from './snowpipe-channel.ts';
import { SnowpipeRest } from './snowpipe-rest.ts';

export interface FileSnowpipeOptions {
  readonly account: SnowflakeAccount;
  /** The account with its variables read anew, for keys and secrets that are exchanged while the task runs. */
  readonly reread?: () => Promise<SnowflakeAccount>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly taskId: TaskId;
  readonly maxConcurrentAppends: number;
  /** The connector's name as it stands in names of stages and pipes. */
  readonly connectorObject: string;
  /** Whether other topics go to the same table: their files are kept apart. */
  isShared(topic: string): boolean;
  readonly timing?: Partial<SnowpipeTiming & { readonly outageMs: number }>;
}

const defaultOutageMs = 300_000;
const statementTimeoutMs = 120_000;
/** Of a channel that could not be opened to its end. */
const passingCodes: ReadonlySet<string> = new Set(['LOAD_IN_DOUBT', 'PUT_FAILED']);

/**
 * Rows by files that Snowpipe loads, as the Snowflake connector 3.x does it (`snowflake.ingestion.method=SNOWPIPE`): without a warehouse, at
 * least once. What an earlier owner left on the stage is taken over instead of written again, and Snowpipe loads a file name once in 14
 * days; but nothing fences an owner that is only taken for dead, and what it puts later is loaded too.
 */
class FileSnowpipe implements Destination {
  readonly limits: DestinationLimits = { maxWireBytes: 16 * 1024 * 1024, maxRowBytes: 16 * 1024 * 1024 };
  readonly #options: FileSnowpipeOptions;
  readonly #closing = new AbortController();
  readonly #session: SnowflakeSession;
  readonly #transport: HttpTransport;
  readonly #rest: SnowpipeRest;
  readonly #localFiles = new LocalFiles();

  constructor(options: FileSnowpipeOptions) {
    const { account, reread, clock, random, logger, maxConcurrentAppends } = options;
    this.#options = options;
    const connectTimeoutMs = 30_000;
    this.#transport = new HttpTransport({
      connections: maxConcurrentAppends,
      connectTimeoutMs,
      proxy: account.proxy ?? null,
    });
    // what is wrong with the key comes to light now
    const signIn = new CurrentSignIn({ account, clock, transport: this.#transport, logger, reread });
    this.#rest = new SnowpipeRest({ account, signIn, transport: this.#transport, clock, random, logger });
    this.#session = new SnowflakeSession({ account, reread, logger, connectTimeoutMs, statementTimeoutMs });
  }

  async open(spec: ChannelSpec, signal: AbortSignal): Promise<Channel> {
    const { clock, logger, timing } = this.#options;
    const closing = this.#closing.signal;
    const either = AbortSignal.any([signal, closing]);
    const stage = this.#stageOf(spec);
    return await this.#lastingOut(either, `open channel ${spec.channelName}`, async () => {
      await stage.makeObjects();
      const loaded = (await stage.loadedSoFar()) ?? (await this.#begin(stage));
      const files = await stage.files();
      const channel = new SnowpipeChannel(
        {
          ...{ spec, stage, rest: this.#rest, clock, logger, closing, timing: { ...defaultTiming, ...timing } },
          explained: (wish, error) => this.#explained(wish, error),
          onAppended: (outcome) => this.#count(outcome),
        },
        loaded,
      );
      try {
        await channel.adopt(files, either);
        return channel;
      } catch (error) {
        channel.close();
        throw error;
      }
    });
  }

  async drop(spec: ChannelSpec, signal: AbortSignal): Promise<void> {
    const stage = this.#stageOf(spec);
    const either = AbortSignal.any([signal, this.#closing.signal]);
    await this.#lastingOut(either, `forget channel ${spec.channelName}`, async () => {
      await stage.makeObjects();
      await stage.forget();
    });
  }

  availability(): Availability {
    return 'available';
  }

  /** There is no breaker: what does not answer is asked again. */
  onAvailability(): void {}

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort(new ConnectError('the connection to Snowflake was closed'));
    await Promise.all([this.#session.close(), this.#transport.close(), this.#localFiles.remove()]);
  }

  async #begin(stage: PartitionStage): Promise<LoadedSoFar> {
    const begun = { incarnation: requestId(this.#options.random), token: null, rowsInserted: 0, rowsRejected: 0 };
    await stage.note(begun, null);
    return begun;
  }

  #stageOf(spec: ChannelSpec): PartitionStage {
    const { account, connectorObject, isShared } = this.#options;
    return new PartitionStage({
      account,
      connector: connectorObject,
      spec,
      isShared: isShared(spec.topic),
      localFiles: this.#localFiles,
      execute: (sql) => this.#session.execute(sql),
    });
  }

  async #lastingOut<T>(signal: AbortSignal, wish: string, work: () => Promise<T>): Promise<T> {
    const { clock, logger, timing } = this.#options;
    const outage = { clock, logger, outageMs: timing?.outageMs ?? defaultOutageMs, passingCodes };
    try {
      return await lastOut(outage, wish, work, signal);
    } catch (error) {
      throw this.#explained(wish, error);
    }
  }

  #explained(wish: string, error: unknown): unknown {
    return error instanceof ConnectError || errorCode(error) === ''
      ? error
      : explainSqlError(this.#options.account, wish, error, 'CREATE STAGE, CREATE PIPE');
  }

  #count(outcome: 'accepted' | 'channel-invalid'): void {
    const { connector, task } = this.#options.taskId;
    this.#options.metrics.increment('snowsink_appends_total', { connector, task: String(task), outcome });
  }
}

/** Throws a ConfigError where the private key cannot be used; logs in at the first `open`. */
export const createFileSnowpipe = (options: FileSnowpipeOptions): Destination => new FileSnowpipe(options);
