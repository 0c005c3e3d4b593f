import { connectorObjectName } from '../../connector/channel-name.ts';
import type { SinkSettings } from '../../connector/sink-settings.ts';
import {
  explainSqlError,
  qualifiedName,
  quoteIdentifier,
  type SnowflakeSession,
  storedName,
  tableAddress,
  textLiteral,
} from '../../destinations/index.ts';
import type { FoundChannel } from './plan-partition.ts';

interface ShownChannel extends FoundChannel {
  /** Of the classic architecture; '' where it is a pipe's. */
  readonly table: string;
  readonly pipe: string;
}

type Account = SinkSettings['account'];

/** All channels of the schema that a table lies in (SHOW CHANNELS: both architectures). */
const channelsOfSchema = async (
  session: SnowflakeSession,
  account: Account,
  table: string,
): Promise<readonly ShownChannel[]> => {
  const { database, schema } = tableAddress(account, table);
  const where = [database, schema].map(storedName).map(quoteIdentifier).join('.');
  try {
    const rows = await session.execute(`SHOW CHANNELS IN SCHEMA ${where}`);
    return rows.map((row) => ({
      name: String(row['name']),
      token: row['offset_token'] === null || row['offset_token'] === undefined ? null : String(row['offset_token']),
      table: String(row['table_name'] ?? ''),
      pipe: String(row['pipe_name'] ?? ''),
    }));
  } catch (error) {
    throw explainSqlError(account, `list the channels of schema ${where}`, error);
  }
};

/** Channels that a connector of this name has in a table: `<topic>_<p>` and `<connector>_<topic>_<p>`, in any case. */
export const readChannels = async (
  session: SnowflakeSession,
  account: Account,
  connector: string,
  table: string,
): Promise<(topic: string, partition: number) => readonly FoundChannel[]> => {
  const { table: bare } = tableAddress(account, table);
  const shown = (await channelsOfSchema(session, account, table)).filter(
    (channel) => channel.table === bare || channel.pipe === bare || channel.pipe === `${bare}-STREAMING`,
  );
  const prefixes = (['v3', 'v4'] as const).map((generation) =>
    connectorObjectName({ connectorName: connector, generation }),
  );
  return (topic, partition) => {
    const own = `${topic}_${partition}`;
    const names = new Set([own, ...prefixes.map((prefix) => `${prefix}_${own}`)].map((name) => name.toUpperCase()));
    return shown.filter(({ name }) => names.has(name.toUpperCase()));
  };
};

/** Highest offset of a row, by partition; null where the table cannot be read or does not say. */
export const readHighestRows = async (
  session: SnowflakeSession,
  account: Account,
  table: string,
  topic: string | null,
): Promise<ReadonlyMap<number, bigint> | null> => {
  const ofTopic = topic === null ? '' : ` WHERE RECORD_METADATA:"topic"::VARCHAR = ${textLiteral(topic)}`;
  const sql = `SELECT RECORD_METADATA:"partition"::NUMBER AS P, MAX(RECORD_METADATA:"offset"::NUMBER)::VARCHAR AS O FROM ${qualifiedName(account, table)}${ofTopic} GROUP BY RECORD_METADATA:"partition"::NUMBER`;
  try {
    const rows = await session.execute(sql);
    return new Map(
      rows.flatMap((row) => (row['O'] === null ? [] : [[Number(row['P']), BigInt(String(row['O']))] as const])),
    );
  } catch {
    return null; // told of as a proof that is missing
  }
};
