import snowflake from 'snowflake-sdk';

snowflake.configure({ logLevel: 'OFF', additionalLogToConsole: false });
process.env['SF_TELEMETRY_DISABLE_CONNECTION_SHAPE'] = '1';

export type Row = Record<string, unknown>;

export interface SqlClient {
  query(sqlText: string, binds?: snowflake.Binds): Promise<Row[]>;
  close(): Promise<void>;
}

/** The real driver, through `accessUrl`. */
export const connectSql = async (
  accessUrl: string,
  options: Partial<snowflake.ConnectionOptions> = {},
): Promise<SqlClient> => {
  const connection = snowflake.createConnection({
    account: 'acct',
    username: 'u',
    accessUrl,
    database: 'DB',
    schema: 'PUBLIC',
    ...options,
  });
  // connectAsync resolves even when the login was refused; only the callback tells.
  await new Promise<void>((resolve, reject) => {
    connection.connect((error) => (error ? reject(error) : resolve()));
  });
  return {
    query: (sqlText, binds) =>
      new Promise((resolve, reject) => {
        connection.execute({
          sqlText,
          ...(binds === undefined ? {} : { binds }),
          complete: (error, _statement, rows) => (error ? reject(error) : resolve(rows ?? [])),
        });
      }),
    close: () => new Promise((resolve) => connection.destroy(() => resolve())),
  };
};
