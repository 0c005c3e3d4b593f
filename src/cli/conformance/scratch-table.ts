import { randomUUID } from 'node:crypto';
import { type SnowflakeAccount, silentLogger } from '../../api/index.ts';
import { explainSqlError, qualifiedName, SnowflakeSession } from '../../destinations/index.ts';

const limits = { connectTimeoutMs: 20_000, statementTimeoutMs: 60_000 };

/** A table of the probes' own: made, counted, dropped. */
export class ScratchTable {
  readonly name = `SNOWSINK_CONFORMANCE_${randomUUID().slice(0, 8).toUpperCase()}`;
  readonly #account: SnowflakeAccount;
  readonly #session: SnowflakeSession;

  constructor(account: SnowflakeAccount) {
    this.#account = account;
    this.#session = new SnowflakeSession({ account, logger: silentLogger, ...limits });
  }

  async create(): Promise<void> {
    await this.#execute(
      'make a scratch table',
      `CREATE TABLE ${this.#qualified} (CHANNEL VARCHAR, ID NUMBER NOT NULL)`,
    );
  }

  /** IDs that a channel's rows have in the table, in ascending order, as often as they are there. */
  async ids(channel: string): Promise<readonly number[]> {
    const rows = await this.#execute(
      'read the scratch table',
      `SELECT ID FROM ${this.#qualified} WHERE CHANNEL = '${channel}' ORDER BY ID`,
    );
    return rows.map((row) => Number(row['ID']));
  }

  async drop(): Promise<void> {
    await this.#execute('drop the scratch table', `DROP TABLE IF EXISTS ${this.#qualified}`);
  }

  close(): Promise<void> {
    return this.#session.close();
  }

  get #qualified(): string {
    return qualifiedName(this.#account, this.name);
  }

  async #execute(wish: string, statement: string) {
    try {
      return await this.#session.execute(statement);
    } catch (error) {
      throw explainSqlError(this.#account, wish, error);
    }
  }
}
