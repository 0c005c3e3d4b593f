import { createHash } from 'node:crypto';
import {
  type Availability,
  type Channel,
  ChannelInvalidError,
  type ChannelSpec,
  type Clock,
  ConnectError,
  type Destination,
  type DestinationLimits,
  errorMessage,
  type Logger,
  type Metrics,
  type Random,
  type RowBatch,
  type SnowflakeAccount,
  type TaskId,
} from '../../api/index.ts';
import { storedName } from '../../util/stored-name.ts';
import { quoteIdentifier } from '../snowflake-identifier.ts';
import { requestId } from '../snowpipe-streaming/request-builder.ts';
import { lastOut } from '../sql/last-out.ts';
import { LocalFiles } from '../sql/local-files.ts';
import { SnowflakeSession, type SqlRow } from '../sql/snowflake-session.ts';
import { errorCode, explainSqlError, isInDoubt } from '../sql/sql-refusals.ts';
import { CopyStatements, fileSuffix, type OffsetsRow } from './copy-statements.ts';
import { type FileOfRows, rowsByColumns } from './rows-by-columns.ts';
import { offsetsRow, StagedChannel } from './staged-channel.ts';
import { type TargetColumn, targetColumn } from './target-column.ts';

export interface StagedCopyOptions {
  readonly account: SnowflakeAccount;
  /** The account with its variables read anew, for keys and secrets that are exchanged while the task runs. */
  readonly reread?: () => Promise<SnowflakeAccount>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly taskId: TaskId;
  /** Null: the user's default. */
  readonly warehouse: string | null;
  /** Sessions with Snowflake, and so COPYs under way at once, of the task. */
  readonly maxConcurrentAppends: number;
  readonly timing?: { readonly outageMs: number };
}

/** A detached transaction is rolled back after five minutes if it stands in somebody's way: an opener waits longer than that. */
const lockTimeoutSeconds = 330;
const statementTimeoutMs = 400_000;
/** How long an open lasts out an account that does not answer. */
const defaultOutageMs = 300_000;

/** A channel's row of the offsets table, held by the epoch that was written into it. */
interface Held {
  readonly spec: ChannelSpec;
  /** Of the sessions. */
  readonly lane: number;
  readonly statements: CopyStatements;
  readonly epoch: string;
  /** On the stage. */
  readonly folder: string;
}

interface Upload extends Pick<Held, 'statements' | 'folder'> {
  readonly session: SnowflakeSession;
  /** Of the files, without their ends. */
  readonly name: string;
  readonly columns: readonly TargetColumn[];
}

const emptyRow = { token: null, rowsInserted: 0, rowsRejected: 0 };

/** Lock timeout, deadlock, transaction ended by somebody, staged file gone: another owner was at work. */
const contendedCodes: ReadonlySet<string> = new Set(['000625', '000626', '000627', '000628', '091016']);

/**
 * Rows by staged files and COPY INTO, exactly once without any streaming feature: each batch is put to a stage; then one
 * transaction copies it and advances the channel's row in the offsets table by compare-and-set. Opening a channel writes a new epoch
 * into that row, so that whoever held it before changes nothing any more. The row's lock decides between two that meet: a
 * transaction in doubt has ended, this way or that, before the opener reads the offset.
 */
export class StagedCopy implements Destination {
  readonly limits: DestinationLimits = { maxWireBytes: 16 * 1024 * 1024, maxRowBytes: 16 * 1024 * 1024 };
  readonly #options: StagedCopyOptions;
  readonly #closing = new AbortController();
  readonly #sessions: SnowflakeSession[] = [];
  readonly #turns: Promise<unknown>[] = [];
  #opened = 0;
  #objects: Promise<void> | null = null;
  readonly #localFiles = new LocalFiles();

  constructor(options: StagedCopyOptions) {
    this.#options = options;
    // what is wrong with the key comes to light now
    this.#sessions.push(this.#newSession());
  }

  async open(spec: ChannelSpec, signal: AbortSignal): Promise<Channel> {
    const held = this.#hold(spec);
    return this.#channel(held, await this.#begin(held, signal));
  }

  /**
   * A channel for what another one of the same partition cannot take. `openOther` runs while this one's epoch holds, and this one
   * counts only if it still holds then: so nobody has one of the two while somebody else has the other. Another incarnation of
   * that channel than the last begins this one's offset anew. Null: somebody opened it meanwhile.
   */
  async openBeside<T extends Channel>(
    spec: ChannelSpec,
    openOther: () => Promise<T>,
    signal: AbortSignal,
  ): Promise<{ readonly channel: StagedChannel; readonly other: T } | null> {
    const held = this.#hold(spec);
    const found = await this.#begin(held, signal);
    const other = await openOther();
    const { incarnation } = other.opened;
    const row = found.incarnation === incarnation ? found : { ...emptyRow, incarnation };
    const changed = await this.#lastingOut(signal, `open channel ${spec.channelName}`, () =>
      this.#inLane(held.lane, (session) =>
        session.transaction(async (execute) => rowsUpdated(await execute(held.statements.keep(held.epoch, row)))),
      ),
    );
    if (changed === 1) return { channel: this.#channel(held, row), other };
    other.close();
    return null;
  }

  #hold(spec: ChannelSpec): Held {
    return {
      spec,
      lane: this.#opened++ % this.#options.maxConcurrentAppends,
      statements: new CopyStatements(this.#options.account, spec),
      epoch: requestId(this.#options.random),
      folder: createHash('sha256').update(`${spec.table}\n${spec.channelName}`).digest('hex').slice(0, 16),
    };
  }

  async #begin({ spec, lane, statements, epoch, folder }: Held, signal: AbortSignal): Promise<OffsetsRow> {
    const row = await this.#lastingOut(signal, `open channel ${spec.channelName}`, () =>
      this.#inLane(lane, (session) => this.#take(session, statements, epoch)),
    );
    // of holders that are fenced now
    this.#tidy(lane, statements, folder);
    return row;
  }

  #channel(held: Held, row: OffsetsRow): StagedChannel {
    return new StagedChannel(held.spec, row, (batch, before, signal) =>
      this.#inLane(held.lane, (session) => this.#load(session, held, batch, before, signal)),
    );
  }

  async drop(spec: ChannelSpec, signal: AbortSignal): Promise<void> {
    const statements = new CopyStatements(this.#options.account, spec);
    await this.#lastingOut(signal, `forget channel ${spec.channelName}`, () =>
      this.#inLane(0, async (session) => {
        await this.#makeObjects(session, statements);
        await session.transaction((execute) => execute(statements.forget()));
      }),
    );
  }

  availability(): Availability {
    return 'available';
  }

  /** There is no breaker: an account that does not answer is waited for by `open`. */
  onAvailability(): void {}

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort(new ConnectError('the connection to Snowflake was closed'));
    await Promise.all(this.#sessions.map((session) => session.close()));
    await this.#localFiles.remove();
  }

  #newSession(): SnowflakeSession {
    const { account, reread, logger, warehouse } = this.#options;
    return new SnowflakeSession({
      account,
      reread,
      logger,
      connectTimeoutMs: 30_000,
      statementTimeoutMs,
      // without autocommit nothing that slips out of its transaction is kept
      prepare: [
        ...(warehouse === null ? [] : [`USE WAREHOUSE ${quoteIdentifier(storedName(warehouse))}`]),
        `ALTER SESSION SET AUTOCOMMIT = FALSE, LOCK_TIMEOUT = ${lockTimeoutSeconds}`,
      ],
    });
  }

  /** One after another: a session has one transaction. */
  #inLane<T>(lane: number, work: (session: SnowflakeSession) => Promise<T>): Promise<T> {
    this.#sessions[lane] ??= this.#newSession();
    const session = this.#sessions[lane];
    const turn = (this.#turns[lane] ?? Promise.resolve()).then(() => work(session));
    this.#turns[lane] = turn.catch(() => {});
    return turn;
  }

  async #makeObjects(session: SnowflakeSession, statements: CopyStatements): Promise<void> {
    this.#objects ??= (async () => {
      for (const statement of statements.makeObjects()) await session.execute(statement);
    })();
    try {
      await this.#objects;
    } catch (error) {
      this.#objects = null;
      throw error;
    }
  }

  async #take(session: SnowflakeSession, statements: CopyStatements, epoch: string): Promise<OffsetsRow> {
    await this.#makeObjects(session, statements);
    return await session.transaction(async (execute) => {
      await execute(statements.lock());
      if (rowsUpdated(await execute(statements.fence(epoch))) === 0) {
        // marked, because a token says nothing of what was written by another method (offsets/resume.ts)
        const made = { ...emptyRow, incarnation: `staged-copy:${epoch}` };
        await execute(statements.insert(epoch, made));
        return made;
      }
      // A statement of its own, behind the fence: it sees what a load that held the row's lock committed.
      const [found = {}] = await execute(statements.read());
      return offsetsRow(found);
    });
  }

  async #load(
    session: SnowflakeSession,
    { spec, lane, statements, epoch, folder }: Held,
    batch: RowBatch,
    before: OffsetsRow,
    signal: AbortSignal,
  ): Promise<OffsetsRow> {
    const name = `${batch.firstOffset}-${batch.lastOffset}-${epoch}`;
    try {
      const described = await session.execute(statements.describe());
      const columns = described.map(targetColumn).filter((column) => column !== null);
      const files = await this.#upload({ session, statements, folder, name, columns }, batch);
      signal.throwIfAborted();
      const after = await session.transaction(async (execute) => {
        let loaded = 0;
        for (const file of files) loaded += rowsLoaded(await execute(statements.copy(folder, file, columns)));
        const row = {
          token: String(batch.lastOffset),
          incarnation: before.incarnation,
          rowsInserted: before.rowsInserted + loaded,
          rowsRejected: before.rowsRejected + batch.rowCount - loaded,
        };
        const changed = rowsUpdated(await execute(statements.advance(epoch, before, row)));
        if (changed !== 1) {
          const message = `somebody else opened channel ${spec.channelName} or moved its offset`;
          throw new ChannelInvalidError('STALE_EPOCH', message);
        }
        return row;
      });
      this.#count('accepted');
      this.#tidy(lane, statements, `${folder}/${name}`);
      return after;
    } catch (error) {
      throw this.#failed(error, spec);
    }
  }

  /** A file for all rows, or one for each choice of columns that fill themselves. */
  async #upload(
    { session, statements, folder, name, columns }: Upload,
    batch: RowBatch,
  ): Promise<readonly (FileOfRows & { readonly file: string })[]> {
    const fillThemselves = columns.filter(({ fallback }) => fallback !== null).map((column) => column.name);
    const parts = await rowsByColumns(batch, fillThemselves);
    const files = parts.map((part, index) => ({ ...part, file: `${name}-${index}.${fileSuffix(part.encoding)}` }));
    for (const { file, encoding, chunks } of files) {
      const refused = await this.#localFiles.upload(file, chunks, (local) =>
        session.execute(statements.put(local, folder, encoding)),
      );
      if (refused !== null) throw new ChannelInvalidError('PUT_FAILED', `PUT of ${file} answered ${refused}`);
    }
    return files;
  }

  /** Whether it was committed is known by nobody here: the channel's next open tells. */
  #failed(error: unknown, { channelName, table }: ChannelSpec): unknown {
    const isLost = error instanceof ChannelInvalidError || isInDoubt(error) || contendedCodes.has(errorCode(error));
    this.#count(isLost ? 'channel-invalid' : 'refused');
    if (error instanceof ChannelInvalidError || this.#closing.signal.aborted) return error;
    if (isLost) {
      const message = `Channel ${channelName}: a load into ${table} did not end well (${errorMessage(error)})`;
      return new ChannelInvalidError('LOAD_IN_DOUBT', message, { cause: error });
    }
    return this.#explained(`load rows into table ${table}`, error);
  }

  #explained(wish: string, error: unknown): unknown {
    return error instanceof ConnectError || errorCode(error) === ''
      ? error
      : explainSqlError(this.#options.account, wish, error, 'CREATE TABLE, CREATE STAGE');
  }

  async #lastingOut<T>(asked: AbortSignal, wish: string, work: () => Promise<T>): Promise<T> {
    const { clock, logger, timing } = this.#options;
    const outage = { clock, logger, outageMs: timing?.outageMs ?? defaultOutageMs, passingCodes: contendedCodes };
    const signal = AbortSignal.any([asked, this.#closing.signal]);
    try {
      return await lastOut(outage, wish, work, signal);
    } catch (error) {
      throw this.#explained(wish, error);
    }
  }

  /** Files that are left cost storage and nothing else. */
  #tidy(lane: number, statements: CopyStatements, path: string): void {
    this.#inLane(lane, (session) => session.execute(statements.remove(path))).catch((error: unknown) => {
      this.#options.logger.debug({}, `Staged files stay behind: ${errorMessage(error)}`);
    });
  }

  #count(outcome: 'accepted' | 'channel-invalid' | 'refused'): void {
    const { connector, task } = this.#options.taskId;
    this.#options.metrics.increment('snowsink_appends_total', { connector, task: String(task), outcome });
  }
}

const numberIn = (rows: readonly SqlRow[], column: string): number =>
  rows.reduce((sum, row) => sum + Number(row[column] ?? 0), 0);
const rowsLoaded = (rows: readonly SqlRow[]): number => numberIn(rows, 'rows_loaded');
const rowsUpdated = (rows: readonly SqlRow[]): number => numberIn(rows, 'number of rows updated');

/** Throws a ConfigError where the private key cannot be used; logs in at the first `open`. */
export const createStagedCopy = (options: StagedCopyOptions): StagedCopy => new StagedCopy(options);
