import type { PipeDefinition } from '../catalog/pipe-definition.ts';
import type { Database } from '../storage/database.ts';
import type { CommandContext } from './commands/command.ts';
import type { LoadedFileResult } from './commands/copy-file.ts';
import { loadFiles, readCopy, requireEmulated, statusOf } from './commands/copy-into.ts';
import { skipFileOnError } from './commands/copy-options.ts';
import type { Session } from './session.ts';
import { fromDuckDb, SqlError } from './sql-error.ts';
import { TokenCursor } from './token-cursor.ts';

export interface PipeFile {
  readonly path: string;
  readonly size: number | null;
}

/** One file of `insertReport` and `loadHistoryScan`. [documented fields] */
export interface FileReport {
  readonly path: string;
  readonly stageLocation: string;
  readonly fileSize: number;
  readonly timeReceived: string;
  readonly lastInsertTime: string | null;
  readonly rowsInserted: number;
  readonly rowsParsed: number;
  readonly errorsSeen: number;
  readonly errorLimit: number;
  readonly firstError?: string;
  readonly firstErrorLineNum?: number;
  readonly firstErrorColumnName?: string | null;
  readonly systemError?: string;
  readonly complete: boolean;
  readonly status: 'LOAD_IN_PROGRESS' | 'LOADED' | 'LOAD_FAILED' | 'PARTIALLY_LOADED';
}

export interface FilePipesOptions {
  readonly database: Database;
  readonly openSession: () => Promise<Session>;
  readonly contextOf: (session: Session) => CommandContext;
  readonly nowMs: () => number;
}

const dedupeMs = 14 * 24 * 3_600_000;
const retentionMs = 10 * 60_000;
const maxEvents = 10_000;

/**
 * Pipes that load staged files when a client names them. A file name is loaded once in 14 days, whatever came of it
 * [documented]; a file with an error is skipped whole unless the pipe says ON_ERROR [documented default].
 */
export class FilePipes {
  readonly #options: FilePipesOptions;
  readonly #active = new Map<string, number>();
  #session: Promise<Session> | null = null;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: FilePipesOptions) {
    this.#options = options;
  }

  /** Queues the files; answers when they are noted, not when they are loaded. [documented] */
  async insert(pipe: PipeDefinition, files: readonly PipeFile[]): Promise<void> {
    const { database, nowMs } = this.#options;
    const key = keyOf(pipe);
    const receivedMs = nowMs();
    const fresh = await database.transaction(async (connection) => {
      const added: PipeFile[] = [];
      for (const file of files) {
        const known = await connection.runAndReadAll(
          'SELECT max(received_ms) FROM _emulator.pipe_files WHERE pipe = $1 AND path = $2',
          [key, file.path],
        );
        const last = known.getRowsJson()[0]?.[0];
        if (last !== null && last !== undefined && receivedMs - Number(last) < dedupeMs) continue;
        const report = inProgress(pipe, file, receivedMs);
        await connection.run('INSERT INTO _emulator.pipe_files VALUES ($1, $2, $3::BIGINT, $4)', [
          key,
          file.path,
          String(receivedMs),
          JSON.stringify(report),
        ]);
        added.push(file);
      }
      return added;
    });
    for (const file of fresh) {
      this.#active.set(key, this.activeFiles(pipe) + 1);
      this.#turn = this.#turn.then(() => this.#load(pipe, file, receivedMs));
    }
  }

  activeFiles(pipe: PipeDefinition): number {
    return this.#active.get(keyOf(pipe)) ?? 0;
  }

  /** Reports in the order in which the files came, within the last ten minutes or since `fromMs`. */
  async reports(pipe: PipeDefinition, fromMs = this.#options.nowMs() - retentionMs): Promise<readonly FileReport[]> {
    return this.#options.database.transaction(async (connection) => {
      const rows = await connection.runAndReadAll(
        `SELECT report FROM _emulator.pipe_files WHERE pipe = $1 AND received_ms >= $2::BIGINT ORDER BY rowid LIMIT ${maxEvents}`,
        [keyOf(pipe), String(Math.floor(fromMs))],
      );
      return rows.getRowsJson().map(([report]): FileReport => JSON.parse(String(report)));
    });
  }

  async close(): Promise<void> {
    await this.#turn;
    (await this.#session)?.connection.closeSync();
  }

  async #load(pipe: PipeDefinition, file: PipeFile, receivedMs: number): Promise<void> {
    const { database, contextOf, nowMs } = this.#options;
    const started = inProgress(pipe, file, receivedMs);
    let report: FileReport;
    try {
      this.#session ??= this.#options.openSession();
      const session = await this.#session;
      const context = contextOf(session);
      session.database = pipe.name.database;
      session.schema = pipe.name.schema;
      const cursor = new TokenCursor(pipe.definition);
      cursor.expect('COPY', 'INTO');
      const read = readCopy(context, cursor);
      requireEmulated(read);
      const onError = read.options.onError === 'abort' ? skipFileOnError : read.options.onError;
      const folder =
        read.location.path === '' || read.location.path.endsWith('/') ? read.location.path : `${read.location.path}/`;
      const stageFile = context.stageFiles.find(`${read.location.prefix}${folder}${file.path}`);
      if (stageFile === null) throw new SqlError('091016', '02000', `Remote file '${file.path}' was not found.`);
      const [result] = await loadFiles(context, { ...read, options: { ...read.options, onError } }, [stageFile]);
      report = finished(started, stageFile.sizeBytes, result, nowMs());
    } catch (error) {
      report = { ...started, complete: true, status: 'LOAD_FAILED', systemError: fromDuckDb(error).message };
    }
    await database.transaction(async (connection) => {
      await connection.run(
        'UPDATE _emulator.pipe_files SET report = $3 WHERE pipe = $1 AND path = $2 AND received_ms = $4::BIGINT',
        [keyOf(pipe), file.path, JSON.stringify(report), String(receivedMs)],
      );
    });
    this.#active.set(keyOf(pipe), this.activeFiles(pipe) - 1);
  }
}

/** A pipe that was made again has forgotten its files. [documented] */
const keyOf = ({ name, createdOnMs }: PipeDefinition): string =>
  JSON.stringify([name.database, name.schema, name.pipe, createdOnMs]);

const iso = (ms: number): string => new Date(ms).toISOString();

const inProgress = (pipe: PipeDefinition, { path, size }: PipeFile, receivedMs: number): FileReport => ({
  path,
  stageLocation: `stages/${pipe.name.pipe}/`,
  fileSize: size ?? 0,
  timeReceived: iso(receivedMs),
  lastInsertTime: null,
  rowsInserted: 0,
  rowsParsed: 0,
  errorsSeen: 0,
  errorLimit: 1,
  complete: false,
  status: 'LOAD_IN_PROGRESS',
});

const finished = (
  started: FileReport,
  fileSize: number,
  result: LoadedFileResult | undefined,
  nowMs: number,
): FileReport => {
  if (result === undefined) return { ...started, complete: true, status: 'LOAD_FAILED' };
  const { firstError } = result;
  return {
    ...started,
    fileSize,
    lastInsertTime: iso(nowMs),
    rowsInserted: result.loaded,
    rowsParsed: result.parsed,
    errorsSeen: result.errors,
    errorLimit: result.errors === 0 ? 1 : result.parsed,
    ...(firstError === null
      ? {}
      : {
          firstError: firstError.message,
          firstErrorLineNum: firstError.line,
          firstErrorColumnName: firstError.column,
        }),
    complete: true,
    status: statusOf(result) as FileReport['status'],
  };
};
