import { noMetrics, silentLogger } from '../../api/index.ts';
import type { SinkSettings } from '../../connector/sink-settings.ts';
import {
  createSnowpipeStreaming,
  createTableService,
  explainSqlError,
  pipeName,
  qualifiedName,
  quoteIdentifier,
  SnowflakeSession,
  type SqlRow,
  storedName,
  tableAddress,
  textLiteral,
} from '../../destinations/index.ts';
import { systemClock } from '../../util/system-clock.ts';
import type { HighestRows, MigrationAccount, ShownChannel } from './ports.ts';

type Account = SinkSettings['account'];

const limits = { connectTimeoutMs: 30_000, statementTimeoutMs: 600_000 };

/**
 * https://docs.snowflake.com/en/sql-reference/functions/system_snowpipe_streaming_update_channel_offset_token (needs INSERT on the table)
 */
export const updateTokenStatement = (
  account: Pick<Account, 'database' | 'schema'>,
  table: string,
  channel: string,
  token: bigint,
): string =>
  `SELECT SYSTEM$SNOWPIPE_STREAMING_UPDATE_CHANNEL_OFFSET_TOKEN(${textLiteral(qualifiedName(account, table))}, ${textLiteral(channel)}, '${token}')`;

/** Of rows that name the topic, and of those that name none. */
const highestRowsStatement = (account: Account, table: string, topic: string | null): string => {
  const partition = 'RECORD_METADATA:"partition"::NUMBER';
  const named = topic === null ? `''` : 'RECORD_METADATA:"topic"::VARCHAR';
  const ofTopic = topic === null ? '' : ` WHERE ${named} = ${textLiteral(topic)} OR ${named} IS NULL`;
  return `SELECT ${partition} AS P, ${named} AS T, MAX(RECORD_METADATA:"offset"::NUMBER)::VARCHAR AS O, COUNT(RECORD_METADATA:"offset") AS N, COUNT(*) AS C FROM ${qualifiedName(account, table)}${ofTopic} GROUP BY ${partition}, ${named}`;
};

/** A row that lacks its topic, partition or offset may be of any. */
const highestRowsOf = (groups: readonly SqlRow[]): HighestRows => {
  const isTold = ({ P, T, N, C }: SqlRow): boolean => P !== null && T !== null && Number(N) === Number(C);
  return {
    byPartition: new Map(
      groups
        .filter((row) => row['O'] !== null && row['T'] !== null)
        .map((row) => [Number(row['P']), BigInt(String(row['O']))]),
    ),
    isComplete: groups.every(isTold),
  };
};

/** The account of a connector, by SQL. */
export const openSnowflakeAccount = (account: Account): MigrationAccount => {
  const session = new SnowflakeSession({ account, logger: silentLogger, ...limits });
  const tables = createTableService({ account, logger: silentLogger, ...limits });
  const explained = async <T>(wish: string, act: () => Promise<T>): Promise<T> => {
    try {
      return await act();
    } catch (error) {
      throw explainSqlError(account, wish, error);
    }
  };
  const channelsOfSchema = async (table: string) => {
    const { database, schema } = tableAddress(account, table);
    const where = [database, schema].map(storedName).map(quoteIdentifier).join('.');
    return explained(`list the channels of schema ${where}`, () => session.execute(`SHOW CHANNELS IN SCHEMA ${where}`));
  };
  return {
    hasTable: async (table) => (await tables.describe(table)) !== null,
    channels: async (table) => {
      const { table: bare } = tableAddress(account, table);
      return (await channelsOfSchema(table)).flatMap((row): ShownChannel[] => {
        const pipe = String(row['pipe_name'] ?? '');
        const isClassic = row['table_name'] === bare && pipe === '';
        if (!isClassic && row['table_name'] !== bare && pipe !== bare && pipe !== `${bare}-STREAMING`) return [];
        const token = row['offset_token'];
        return [{ name: String(row['name']), token: token == null ? null : String(token), isClassic }];
      });
    },
    highestRows: async (table, topic) => {
      try {
        return highestRowsOf(await session.execute(highestRowsStatement(account, table, topic)));
      } catch {
        const rows = await session
          .execute(`SELECT 1 AS ANY_ROW FROM ${qualifiedName(account, table)} LIMIT 1`)
          .catch(() => null);
        return { byPartition: new Map(), isComplete: rows?.length === 0 }; // a table of another shape, or one that the role may not read
      }
    },
    pendingFiles: async (table, connector, partition) => {
      const { database, schema, table: bare } = tableAddress(account, table);
      const pipe = [storedName(database), storedName(schema), pipeName(connector, bare, partition).toUpperCase()];
      const name = textLiteral(pipe.map(quoteIdentifier).join('.'));
      try {
        const [row] = await session.execute(`SELECT SYSTEM$PIPE_STATUS(${name}) AS S`);
        const { pendingFileCount } = JSON.parse(String(row?.['S'])) as { readonly pendingFileCount?: number };
        return pendingFileCount ?? null;
      } catch {
        return null; // what cannot be seen stays a doubt
      }
    },
    moveToken: async (table, channel, token) => {
      await explained(`set the offset token of channel ${channel}`, () =>
        session.execute(updateTokenStatement(account, table, channel, token)),
      );
    },
    dropChannel: async (table, channelName) => {
      const destination = createSnowpipeStreaming({
        ...{ account, clock: systemClock, random: Math.random, logger: silentLogger, metrics: noMetrics },
        ...{ taskId: { connector: 'migrate', task: 0 }, maxConcurrentAppends: 1 },
      });
      try {
        const signal = AbortSignal.timeout(limits.connectTimeoutMs);
        await destination.drop({ topic: '', partition: 0, table, channelName }, signal);
      } finally {
        await destination.close();
      }
    },
    close: async () => {
      await Promise.all([session.close(), tables.close()]);
    },
  };
};
