import type { ChannelSpec, ContentEncoding, SnowflakeAccount } from '../../api/index.ts';
import { storedName } from '../../util/stored-name.ts';
import { quoteIdentifier } from '../snowflake-identifier.ts';
import { describeTable, qualifiedName, textLiteral } from '../sql/table-statements.ts';
import { columnLists, type TargetColumn } from './target-column.ts';

/** Made in the connector's schema where they are missing. */
export const offsetsTable = 'SNOWSINK_OFFSETS';
export const stage = 'SNOWSINK_STAGE';

/** One row of the offsets table. Counters are cumulative for the incarnation, as Snowpipe Streaming's are. */
export interface OffsetsRow {
  readonly token: string | null;
  readonly incarnation: string;
  readonly rowsInserted: number;
  readonly rowsRejected: number;
}

const compressions: Readonly<Record<ContentEncoding, { readonly name: string; readonly suffix: string }>> = {
  identity: { name: 'NONE', suffix: 'json' },
  gzip: { name: 'GZIP', suffix: 'json.gz' },
  zstd: { name: 'ZSTD', suffix: 'json.zst' },
};

export const fileSuffix = (encoding: ContentEncoding): string => compressions[encoding].suffix;

/** What a transaction of the staged COPY consists of, for one channel. Values are text constants of ours; names are quoted. */
export class CopyStatements {
  readonly #offsets: string;
  readonly #stage: string;
  readonly #table: string;
  readonly #where: string;
  readonly #key: string;

  constructor(account: SnowflakeAccount, { table, channelName }: ChannelSpec) {
    const schema = [account.database, account.schema].map((name) => quoteIdentifier(storedName(name))).join('.');
    this.#offsets = `${schema}.${offsetsTable}`;
    this.#stage = `${schema}.${stage}`;
    this.#table = qualifiedName(account, table);
    this.#key = `${textLiteral(this.#table)}, ${textLiteral(channelName)}`;
    this.#where = `WHERE TABLE_NAME = ${textLiteral(this.#table)} AND CHANNEL_NAME = ${textLiteral(channelName)}`;
  }

  /**
   * The table comes with the one row that openers lock, in one statement: of several that make it at once one does, and there is never a
   * table without that row.
   */
  makeObjects(): readonly string[] {
    const columns = ['TABLE_NAME', 'CHANNEL_NAME', 'EPOCH', 'OFFSET_TOKEN', 'INCARNATION'].map(
      (name) => `''::VARCHAR AS ${name}`,
    );
    const counters = ['ROWS_INSERTED', 'ROWS_REJECTED'].map((name) => `0::NUMBER(38,0) AS ${name}`);
    return [
      `CREATE TABLE IF NOT EXISTS ${this.#offsets} AS SELECT ${[...columns, ...counters].join(', ')}`,
      `CREATE STAGE IF NOT EXISTS ${this.#stage}`,
    ];
  }

  /** Openers wait here for each other until COMMIT, so that none makes a row that another one makes too. */
  lock(): string {
    return `UPDATE ${this.#offsets} SET ROWS_INSERTED = ROWS_INSERTED + 1 WHERE TABLE_NAME = ''`;
  }

  read(): string {
    return `SELECT OFFSET_TOKEN, INCARNATION, ROWS_INSERTED, ROWS_REJECTED FROM ${this.#offsets} ${this.#where}`;
  }

  insert(epoch: string, { incarnation }: OffsetsRow): string {
    return `INSERT INTO ${this.#offsets} SELECT ${this.#key}, ${textLiteral(epoch)}, NULL, ${textLiteral(incarnation)}, 0, 0`;
  }

  fence(epoch: string): string {
    return `UPDATE ${this.#offsets} SET EPOCH = ${textLiteral(epoch)} ${this.#where}`;
  }

  /** Changes the row only if nobody opened the channel since. */
  keep(epoch: string, { token, incarnation, rowsInserted, rowsRejected }: OffsetsRow): string {
    const offset = token === null ? 'NULL' : textLiteral(token);
    return (
      `UPDATE ${this.#offsets} SET OFFSET_TOKEN = ${offset}, INCARNATION = ${textLiteral(incarnation)}, ` +
      `ROWS_INSERTED = ${rowsInserted}, ROWS_REJECTED = ${rowsRejected} ${this.#where} AND EPOCH = ${textLiteral(epoch)}`
    );
  }

  forget(): string {
    return `DELETE FROM ${this.#offsets} ${this.#where}`;
  }

  put(localFile: string, folder: string, encoding: ContentEncoding): string {
    const source = textLiteral(`file://${localFile}`);
    const { name } = compressions[encoding];
    return `PUT ${source} @${this.#stage}/${folder} AUTO_COMPRESS = FALSE SOURCE_COMPRESSION = ${name} OVERWRITE = TRUE`;
  }

  describe(): string {
    return describeTable(this.#table);
  }

  /**
   * Rows that a column does not take are left out and counted; FORCE, because the offsets and not the load metadata decide. As the stream
   * has it and COPY has not by itself: bytes are base64, no text means NULL, the last of repeated names wins (CREATE FILE FORMAT's page).
   * By name a column without a value becomes NULL whatever its DEFAULT, so rows that leave such columns out are copied by a SELECT.
   */
  copy(
    folder: string,
    {
      file,
      encoding,
      leftOut,
    }: { readonly file: string; readonly encoding: ContentEncoding; readonly leftOut: readonly string[] },
    columns: readonly TargetColumn[],
  ): string {
    const stage = `@${this.#stage}/${folder}/`;
    const lists = columnLists(columns, leftOut);
    const source =
      leftOut.length === 0 ? `FROM ${stage}` : `(${lists.columns}) FROM (SELECT ${lists.values} FROM ${stage})`;
    return (
      `COPY INTO ${this.#table} ${source} FILES = (${textLiteral(file)}) ` +
      `FILE_FORMAT = (TYPE = JSON COMPRESSION = ${compressions[encoding].name} BINARY_FORMAT = BASE64 NULL_IF = () ALLOW_DUPLICATE = TRUE) ` +
      `${leftOut.length === 0 ? 'MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE ' : ''}ON_ERROR = CONTINUE FORCE = TRUE`
    );
  }

  /** Compare-and-set: changes the row only if nobody opened the channel since, and nothing came in between. */
  advance(epoch: string, before: OffsetsRow, after: OffsetsRow): string {
    const expected = before.token === null ? 'OFFSET_TOKEN IS NULL' : `OFFSET_TOKEN = ${textLiteral(before.token)}`;
    return (
      `UPDATE ${this.#offsets} SET OFFSET_TOKEN = ${textLiteral(after.token ?? '')}, ROWS_INSERTED = ${after.rowsInserted}, ` +
      `ROWS_REJECTED = ${after.rowsRejected} ${this.#where} AND EPOCH = ${textLiteral(epoch)} AND ${expected}`
    );
  }

  remove(path: string): string {
    return `REMOVE @${this.#stage}/${path}`;
  }
}
