import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import {
  asLastOffset,
  ChannelInvalidError,
  type ChannelSpec,
  type LastOffset,
  type SnowflakeAccount,
} from '../../api/index.ts';
import { storedName } from '../../util/stored-name.ts';
import { identifier, quoteIdentifier } from '../snowflake-identifier.ts';
import type { LocalFiles } from '../sql/local-files.ts';
import type { SqlRow } from '../sql/snowflake-session.ts';
import { qualifiedName, textLiteral } from '../sql/table-statements.ts';
import { stage as ownStage } from '../staged-copy/copy-statements.ts';
import { filePrefix, pipeName, readFileName, type StagedFile, stageName } from './snowpipe-names.ts';

/** How far a partition is loaded: what outlives its owner. Counters are cumulative for the incarnation. */
export interface LoadedSoFar {
  readonly incarnation: string;
  readonly token: LastOffset | null;
  readonly rowsInserted: number;
  readonly rowsRejected: number;
}

export interface PartitionStageOptions {
  readonly account: SnowflakeAccount;
  /** As it stands in names of objects. */
  readonly connector: string;
  readonly spec: ChannelSpec;
  /** Other topics go to the table as well. */
  readonly isShared: boolean;
  readonly localFiles: LocalFiles;
  execute(sql: string): Promise<readonly SqlRow[]>;
}

const markName = ({ incarnation, token, rowsInserted, rowsRejected }: LoadedSoFar): string =>
  `${incarnation}_${token ?? 'none'}_${rowsInserted}_${rowsRejected}.offset`;

const readMarkName = (name: string): LoadedSoFar | null => {
  const [, incarnation = '', token = '', inserted, rejected] =
    /^([0-9a-f-]+)_(none|\d+)_(\d+)_(\d+)\.offset$/.exec(name) ?? [];
  if (inserted === undefined) return null;
  return {
    incarnation,
    token: token === 'none' ? null : asLastOffset(BigInt(token)),
    rowsInserted: Number(inserted),
    rowsRejected: Number(rejected),
  };
};

/** As the Snowflake connector makes it. */
export const createStage = (stage: string): string => `CREATE STAGE IF NOT EXISTS ${stage}`;

/** As the Snowflake connector makes it. */
export const createPipe = (pipe: string, table: string, stage: string): string =>
  `CREATE PIPE IF NOT EXISTS ${pipe} AS COPY INTO ${table}(RECORD_METADATA, RECORD_CONTENT) ` +
  `FROM (SELECT $1:meta, $1:content FROM @${stage} t) FILE_FORMAT = (TYPE = 'json')`;

/** Lines of a file of rows. */
const linesIn = (gzip: Uint8Array): number =>
  gunzipSync(gzip)
    .toString('latin1')
    .split('\n')
    .filter((line) => line.trim() !== '').length;

/**
 * Where the files of one topic partition are: on the connector's stage, which its pipe loads from. How far they are loaded is noted in the
 * name of a file on a stage of our own, because the Snowflake connector takes no other files than its own on its stages.
 */
export class PartitionStage {
  /** As REST calls name it. */
  readonly pipe: string;
  readonly #options: PartitionStageOptions;
  readonly #schema: string;
  readonly #stage: string;
  readonly #prefix: string;
  readonly #marks: string;

  /** @throws RangeError for a partition above 32767 */
  constructor(options: PartitionStageOptions) {
    const { account, connector, spec, isShared } = options;
    this.#options = options;
    const names = [account.database, account.schema].map(storedName);
    this.#schema = names.map(quoteIdentifier).join('.');
    const table = spec.table.replaceAll('"', '');
    // the connector writes them without quotes
    this.#stage = `${this.#schema}.${quoteIdentifier(stageName(connector, table).toUpperCase())}`;
    const pipe = pipeName(connector, table, spec.partition).toUpperCase();
    this.pipe = [...names, pipe].map(identifier).join('.');
    this.#prefix = filePrefix({ connector, table, partition: spec.partition, topic: isShared ? spec.topic : null });
    const key = createHash('sha256').update(`${this.#stage}\n${this.#prefix}`).digest('hex').slice(0, 16);
    this.#marks = `${this.#schema}.${ownStage}/snowpipe/${key}/`;
  }

  async makeObjects(): Promise<void> {
    const { account, spec } = this.#options;
    await this.#execute(createStage(this.#stage));
    await this.#execute(createStage(`${this.#schema}.${ownStage}`));
    await this.#execute(createPipe(this.pipe, qualifiedName(account, spec.table), this.#stage));
  }

  /** Below the stage, as insertFiles wants it. */
  pathOf({ name }: StagedFile): string {
    return `${this.#prefix}${name}`;
  }

  /** In the order of their offsets. */
  async files(): Promise<readonly StagedFile[]> {
    const names = await this.#list(`${this.#stage}/${this.#prefix}`);
    return names
      .flatMap((name) => readFileName(name) ?? [])
      .sort((a, b) => Number(a.last - b.last) || Number(a.first - b.first));
  }

  async put({ name }: StagedFile, chunks: readonly Uint8Array[]): Promise<void> {
    await this.#put(`${this.#stage}/${this.#prefix}`, name, chunks);
  }

  async purge({ name }: StagedFile): Promise<void> {
    await this.#execute(`REMOVE ${location(`${this.#stage}/${this.#prefix}${name}`)}`);
  }

  /** Out of the pipe's reach, where the Snowflake connector keeps files that did not load. Answers how many rows it has. */
  async moveToTableStage(file: StagedFile): Promise<number> {
    const { account, spec, localFiles } = this.#options;
    const bytes = await localFiles.download(file.name, (folder) =>
      this.#execute(
        `GET ${location(`${this.#stage}/${this.#prefix}${file.name}`)} ${textLiteral(`file://${folder}/`)}`,
      ),
    );
    const tableStage = qualifiedName(account, spec.table).replace(/"(?:[^"]|"")+"$/, '%$&');
    await this.#put(`${tableStage}/${this.#prefix}`, file.name, [bytes]);
    await this.purge(file);
    return linesIn(bytes);
  }

  /** Null: nobody has opened it since it was made or forgotten. */
  async loadedSoFar(): Promise<LoadedSoFar | null> {
    const marks = (await this.#list(this.#marks)).flatMap((name) => readMarkName(name) ?? []);
    return marks.sort((a, b) => Number((b.token ?? -1n) - (a.token ?? -1n)))[0] ?? null;
  }

  async note(loaded: LoadedSoFar, before: LoadedSoFar | null): Promise<void> {
    await this.#put(this.#marks, markName(loaded), [gzipSync('')]);
    if (before !== null) await this.#execute(`REMOVE ${location(this.#marks + markName(before))}`);
  }

  /** Its files go too: their rows are read again. */
  async forget(): Promise<void> {
    await this.#execute(`REMOVE ${location(`${this.#stage}/${this.#prefix}`)}`);
    await this.#execute(`REMOVE ${location(this.#marks)}`);
  }

  async #put(folder: string, name: string, chunks: readonly Uint8Array[]): Promise<void> {
    const refused = await this.#options.localFiles.upload(name, chunks, (local) =>
      this.#execute(
        `PUT ${textLiteral(`file://${local}`)} ${location(folder)} AUTO_COMPRESS = FALSE SOURCE_COMPRESSION = GZIP OVERWRITE = TRUE`,
      ),
    );
    if (refused !== null) throw new ChannelInvalidError('PUT_FAILED', `PUT of ${name} answered ${refused}`);
  }

  /** Names without the folder. */
  async #list(folder: string): Promise<readonly string[]> {
    const rows = await this.#execute(`LIST ${location(folder)}`);
    return rows.map(({ name }) => String(name).slice(String(name).lastIndexOf('/') + 1));
  }

  #execute(sql: string): Promise<readonly SqlRow[]> {
    return this.#options.execute(sql);
  }
}

/** Quoted, for whatever the table's name holds. */
const location = (path: string): string => textLiteral(`@${path}`);
