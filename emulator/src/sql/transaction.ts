import type { DuckDBConnection } from '@duckdb/node-api';
import type { LockHolder, TableActivity } from '../storage/table-activity.ts';

/** What a statement touches, by table id. */
export interface Touched {
  /** Tables that it names. */
  readonly tables: readonly string[];
  /** Tables whose rows it changes. */
  readonly changes: readonly string[];
  /** Write locks that it needs: of the table that it updates, deletes from or merges into, of streams that it consumes. */
  readonly locks: readonly string[];
}

/**
 * A session's transaction as Snowflake has it, over DuckDB's snapshots. READ COMMITTED: each statement sees what was
 * committed before it began [documented]; writers of one table wait for each other [documented]; a failed statement
 * leaves the transaction as it was [documented]. DuckDB's transaction starts at the first change and, when a table that
 * a statement names has changed since, or when a statement failed, is rolled back and its changes are made again.
 */
export class Transaction implements LockHolder {
  readonly sessionId: number;
  readonly #connection: DuckDBConnection;
  readonly #activity: TableActivity;
  readonly #changed = new Set<string>();
  /** The changes so far, to be made again. */
  #changes: (() => Promise<unknown>)[] = [];
  #afterCommit: (() => Promise<unknown>)[] = [];
  readonly #beforeCommit = new Map<string, () => Promise<unknown>>();
  #hasBegun = false;
  #statements = 0;
  #atWork = false;
  #snapshot = 0;
  #startedOnMs: number | null = null;

  /** Set by the session: rolls back when its turn comes. */
  abort: () => Promise<void> = () => this.rollback();

  constructor(sessionId: number, connection: DuckDBConnection, activity: TableActivity) {
    this.sessionId = sessionId;
    this.#connection = connection;
    this.#activity = activity;
  }

  get id(): string {
    return `${this.#startedOnMs ?? 0}${String(this.sessionId).padStart(6, '0')}`;
  }

  get idleSince(): number | null {
    return this.#atWork ? null : this.#statements;
  }

  get isOpen(): boolean {
    return this.#startedOnMs !== null;
  }

  /** Null: none is open. */
  get startedOnMs(): number | null {
    return this.#startedOnMs;
  }

  begin(nowMs: number): void {
    this.#startedOnMs ??= nowMs;
    this.#activity.opened(this);
  }

  /** What is done once the transaction is committed, and not done if it is rolled back. */
  afterCommit(work: () => Promise<unknown>): void {
    this.#afterCommit.push(work);
  }

  /** What is done once, before the commit and as part of it. */
  beforeCommit(key: string, work: () => Promise<unknown>): void {
    this.#beforeCommit.set(key, work);
  }

  /** Runs one statement within the transaction or, if none is open, in one of its own. */
  async run<T>(touched: Touched, lockTimeoutMs: number, work: () => Promise<T>): Promise<T> {
    const isOwn = !this.isOpen;
    this.#statements += 1;
    this.#atWork = true;
    try {
      for (const id of touched.locks) await this.#activity.lock(id, this, lockTimeoutMs);
      if (this.#hasBegun && this.#activity.changedSince(touched.tables, this.#snapshot)) await this.#again();
      if (touched.changes.length === 0) return await work();
      if (!this.#hasBegun) await this.#beginDuckDb();
      const value = await work();
      for (const id of touched.changes) this.#changed.add(id);
      if (isOwn) await this.commit();
      else this.#changes.push(work);
      return value;
    } catch (error) {
      if (isOwn) await this.rollback();
      else if (this.#hasBegun) await this.#again();
      throw error;
    } finally {
      this.#atWork = false;
    }
  }

  async commit(): Promise<void> {
    const changed = [...this.#changed];
    const after = this.#afterCommit;
    try {
      if (this.#hasBegun) await this.#commitDuckDb();
      if (changed.length > 0) this.#activity.changed(changed);
    } finally {
      this.#end();
    }
    for (const work of after) await work();
  }

  async rollback(): Promise<void> {
    try {
      if (this.#hasBegun) await this.#connection.run('ROLLBACK');
    } finally {
      this.#end();
    }
  }

  async #beginDuckDb(): Promise<void> {
    this.#snapshot = this.#activity.now;
    await this.#connection.run('BEGIN');
    this.#hasBegun = true;
  }

  async #commitDuckDb(): Promise<void> {
    try {
      for (const work of this.#beforeCommit.values()) await work();
    } catch (error) {
      await this.#connection.run('ROLLBACK');
      throw error;
    }
    await this.#connection.run('COMMIT');
  }

  async #again(): Promise<void> {
    await this.#connection.run('ROLLBACK');
    this.#hasBegun = false;
    this.#afterCommit = [];
    this.#beforeCommit.clear();
    if (this.#changes.length === 0) return;
    await this.#beginDuckDb();
    for (const change of this.#changes) await change();
  }

  #end(): void {
    this.#hasBegun = false;
    this.#startedOnMs = null;
    this.#changes = [];
    this.#afterCommit = [];
    this.#beforeCommit.clear();
    this.#changed.clear();
    this.#activity.ended(this);
    this.#activity.release(this);
  }
}
