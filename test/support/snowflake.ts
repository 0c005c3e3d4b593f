import type { Connection } from 'snowflake-sdk';
import snowflake from 'snowflake-sdk';
import { createKeyPair } from './key-pair.ts';

/** Who writes and reads in tests: the connector's properties and the checks' own session. */
export interface SnowflakeLogin {
  /** scheme://host:port */
  readonly url: string;
  readonly user: string;
  readonly privateKey: string;
  readonly database: string;
  readonly schema: string;
  readonly role: string;
}

export const emulatorLogin = (url: string, database = 'SNOWSINK_TEST', role = 'SNOWSINK_ROLE'): SnowflakeLogin => ({
  url,
  user: 'SNOWSINK',
  privateKey: createKeyPair().privateKey,
  database,
  schema: 'PUBLIC',
  role,
});

export type SnowflakeRow = Readonly<Record<string, unknown>>;

/** A session of the official driver: what the tests read the tables with. */
export interface SnowflakeSession {
  query(sql: string, binds?: readonly (string | number)[]): Promise<SnowflakeRow[]>;
  close(): Promise<void>;
}

// the driver writes a log file into the current folder unless told not to
snowflake.configure({ logLevel: 'OFF', additionalLogToConsole: false, disableOCSPChecks: true });

export const connectSnowflake = async (login: SnowflakeLogin): Promise<SnowflakeSession> => {
  const connection: Connection = snowflake.createConnection({
    account: 'snowsink',
    accessUrl: login.url,
    username: login.user,
    authenticator: 'SNOWFLAKE_JWT',
    privateKey: login.privateKey,
    role: login.role,
  });
  await new Promise<void>((resolve, reject) => {
    connection.connect((error) => (error ? reject(error) : resolve()));
  });
  const query: SnowflakeSession['query'] = (sqlText, binds = []) =>
    new Promise((resolve, reject) => {
      connection.execute({
        sqlText,
        binds: [...binds],
        complete: (error, _statement, rows) => (error ? reject(error) : resolve((rows ?? []) as SnowflakeRow[])),
      });
    });
  await query(`CREATE DATABASE IF NOT EXISTS "${login.database}"`);
  await query(`CREATE SCHEMA IF NOT EXISTS "${login.database}"."${login.schema}"`);
  await query(`USE SCHEMA "${login.database}"."${login.schema}"`);
  return {
    query,
    close: () => new Promise((resolve) => connection.destroy(() => resolve())),
  };
};

/** `CREATE`d names as SQL stores them: quoted, verbatim. */
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
