import { silentLogger } from '../../api/index.ts';
import { TopicToTable } from '../../connector/topic-to-table.ts';
import {
  explainSqlError,
  isMissing,
  qualifiedName,
  type RejectedRow,
  rejectedRow,
  SnowflakeSession,
  selectRejectedRows,
  withoutValues,
} from '../../destinations/index.ts';
import { createKafkaAdmin } from '../../kafka/index.ts';
import type { CommandLine } from '../command.ts';
import type { ConnectorSetup } from '../connector-setup.ts';
import { subscribedTopics } from '../subscribed-topics.ts';
import type { PrintOptions } from './print-letters.ts';

const topicsOf = async (setup: ConnectorSetup): Promise<readonly string[]> => {
  if (setup.config['topics.regex'] === undefined) return subscribedTopics(setup, []);
  const admin = await createKafkaAdmin({ properties: setup.properties.admin, logger: silentLogger });
  try {
    return subscribedTopics(setup, await admin.listTopics());
  } finally {
    await admin.close();
  }
};

const rejectedJson = (table: string, rejected: RejectedRow, { values }: PrintOptions): object => {
  const { row, message, ...rest } = rejected;
  return {
    table,
    ...rest,
    message: values ? message : withoutValues(message),
    rowBytes: row.length,
    ...(values && { row }),
  };
};

const rejectedLine = (table: string, rejected: RejectedRow, { values }: PrintOptions): string => {
  const { topic, partition, offset, firstOffset, lastOffset, channel, rejectedAt, code, row } = rejected;
  const from =
    offset === null
      ? `${channel} ${firstOffset ?? '?'} to ${lastOffset ?? '?'}`
      : `${topic ?? channel}-${partition ?? '?'}@${offset}`;
  const message = values ? `${rejected.message}  ${row}` : withoutValues(rejected.message);
  return `${rejectedAt}  ${table}  from ${from}  ${code}  ${message}`;
};

/** What the error tables of a connector's tables hold, the newest `limit` rows of each. */
export const listRejectedRows = async (
  setup: ConnectorSetup,
  { limit, json, values }: PrintOptions & { readonly limit: number; readonly json: boolean },
  io: CommandLine,
): Promise<void> => {
  const { account } = setup.settings;
  const topicToTable = new TopicToTable(setup.settings);
  const tables = new Set((await topicsOf(setup)).map((topic) => topicToTable.tableFor(topic)));
  const timing = { connectTimeoutMs: 30_000, statementTimeoutMs: 300_000 };
  const session = new SnowflakeSession({ account, logger: silentLogger, ...timing });
  try {
    for (const table of tables) {
      const qualified = qualifiedName(account, table);
      try {
        const rows = await session.execute(selectRejectedRows(qualified, limit));
        if (rows.length === 0 && !json) io.out(`The error table of ${table} holds no row.`);
        for (const found of rows) {
          const rejected = rejectedRow(found);
          io.out(
            json
              ? JSON.stringify(rejectedJson(table, rejected, { values }))
              : rejectedLine(table, rejected, { values }),
          );
        }
      } catch (error) {
        if (isMissing(error))
          io.err(
            `Table ${table} does not exist, or has no error table: ALTER TABLE ${qualified} SET ERROR_LOGGING = TRUE;`,
          );
        else
          throw explainSqlError(account, `read the error table of ${qualified} (it needs SELECT on the table)`, error);
      }
    }
  } finally {
    await session.close();
  }
};
