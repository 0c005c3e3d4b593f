import type { CommitOutcome, PipeName } from './streaming/index.ts';

export interface TableThroughput {
  appends: number;
  rows: number;
  /** Before compression. */
  bytes: number;
  wireBytes: number;
  committedRows: number;
  rowErrors: number;
  firstRowAtMs: number | null;
  lastRowAtMs: number | null;
}

/** Rows and bytes that appends brought, by `DATABASE.SCHEMA.PIPE`; retries that were not taken do not count. */
export class ThroughputStats {
  readonly #pipes = new Map<string, TableThroughput>();

  accepted(pipe: PipeName, rows: { rowCount: number; rawBytes: number }, wireBytes: number, nowMs: number): void {
    const stats = this.#of(pipe);
    stats.appends += 1;
    stats.rows += rows.rowCount;
    stats.bytes += rows.rawBytes;
    stats.wireBytes += wireBytes;
    stats.firstRowAtMs ??= nowMs;
    stats.lastRowAtMs = nowMs;
  }

  committed(pipe: PipeName, outcome: CommitOutcome): void {
    const stats = this.#of(pipe);
    stats.committedRows += outcome.rowsInserted;
    stats.rowErrors += outcome.rowsErrorCount;
  }

  snapshot(): Readonly<Record<string, TableThroughput>> {
    return Object.fromEntries(this.#pipes);
  }

  reset(): void {
    this.#pipes.clear();
  }

  #of(pipe: PipeName): TableThroughput {
    const table = pipe.pipe.replace(/-STREAMING$/i, '');
    const name = `${pipe.database}.${pipe.schema}.${table}`;
    const known = this.#pipes.get(name);
    if (known !== undefined) return known;
    const fresh: TableThroughput = {
      appends: 0,
      rows: 0,
      bytes: 0,
      wireBytes: 0,
      committedRows: 0,
      rowErrors: 0,
      firstRowAtMs: null,
      lastRowAtMs: null,
    };
    this.#pipes.set(name, fresh);
    return fresh;
  }
}
