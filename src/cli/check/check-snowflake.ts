import { randomUUID } from 'node:crypto';
import { ConnectError, errorMessage, silentLogger, type TableService } from '../../api/index.ts';
import type { SinkSettings } from '../../connector/sink-settings.ts';
import { TargetTables } from '../../connector/target-tables.ts';
import { TopicToTable } from '../../connector/topic-to-table.ts';
import {
  createSnowpipeStreaming,
  createTableService,
  explainSqlError,
  identifier,
  qualifiedName,
  quoteIdentifier,
  SnowflakeSession,
  storedName,
  textLiteral,
} from '../../destinations/index.ts';
import { createMetrics } from '../../metrics/index.ts';
import { systemClock } from '../../util/system-clock.ts';
import type { ConnectorSetup } from '../connector-setup.ts';
import type { Report } from './finding.ts';

const limits = { connectTimeoutMs: 20_000, statementTimeoutMs: 60_000 };
const openLimitMs = 30_000;

/** Login, role, database, schema, tables, and whether rows could be sent: all but sending one. */
export const checkSnowflake = async (
  { settings, name }: ConnectorSetup,
  topics: readonly string[],
  report: Report,
): Promise<void> => {
  const { account } = settings;
  const session = new SnowflakeSession({ account, logger: silentLogger, ...limits });
  const tables = createTableService({ account, logger: silentLogger, ...limits });
  try {
    const role = await checkLogin(session, settings, report);
    if (role === null || !(await checkSchema(session, settings, report))) return;
    const names = new Set(topics.map((topic) => new TopicToTable(settings).tableFor(topic)));
    for (const table of names) {
      const exists = await checkTable(session, tables, settings, table, role, report);
      if (exists && settings.destination === 'snowpipe-streaming') await checkChannel(settings, name, table, report);
    }
  } catch (error) {
    report('fail', 'Snowflake', errorMessage(error));
  } finally {
    await session.close();
    await tables.close();
  }
};

/** The role that the login gave. */
const checkLogin = async (
  session: SnowflakeSession,
  { account }: SinkSettings,
  report: Report,
): Promise<string | null> => {
  try {
    const [row] = await session.execute('SELECT CURRENT_ROLE() AS ROLE');
    const role = String(row?.['ROLE']);
    report('ok', 'login', `${account.url} takes the key of ${account.user}, role ${identifier(role)}`);
    return role;
  } catch (error) {
    report('fail', 'login', explained(account, 'log in', error));
    return null;
  }
};

const explained = (account: SinkSettings['account'], wish: string, error: unknown): string =>
  (error instanceof ConnectError ? error : explainSqlError(account, wish, error)).message;

const checkSchema = async (session: SnowflakeSession, { account }: SinkSettings, report: Report): Promise<boolean> => {
  const database = storedName(account.database);
  const schema = storedName(account.schema);
  const subject = `schema ${identifier(database)}.${identifier(schema)}`;
  try {
    const like = textLiteral(schema.replaceAll(/[_%\\]/g, '\\$&'));
    const shown = await session.execute(`SHOW SCHEMAS LIKE ${like} IN DATABASE ${quoteIdentifier(database)}`);
    if (shown.some((row) => row['name'] === schema)) {
      report('ok', subject, 'is there');
      return true;
    }
    const role = account.role === null ? '<role>' : identifier(storedName(account.role));
    report(
      'fail',
      subject,
      `does not exist, or the role may not see it: mend snowflake.database.name or snowflake.schema.name, or CREATE SCHEMA ${identifier(database)}.${identifier(schema)}; GRANT USAGE ON SCHEMA ${identifier(database)}.${identifier(schema)} TO ROLE ${role};`,
    );
  } catch (error) {
    report('fail', subject, explained(account, 'see the schema', error));
  }
  return false;
};

/** Answers whether the table is there. */
const checkTable = async (
  session: SnowflakeSession,
  tables: TableService,
  settings: SinkSettings,
  table: string,
  role: string,
  report: Report,
): Promise<boolean> => {
  const { account } = settings;
  const subject = `table ${table}`;
  try {
    if ((await tables.describe(table)) === null) {
      if (!settings.autocreate)
        report(
          'fail',
          subject,
          `does not exist, and snowflake.autocreate.table.type=none: CREATE TABLE ${qualifiedName(account, table)} (RECORD_METADATA VARIANT, RECORD_CONTENT VARIANT);`,
        );
      else await checkMayCreate(session, settings, subject, role, report);
      return false;
    }
    const target = new TargetTables(lookingOnly(tables, subject, report), settings, () => {});
    await target.ready(table);
    report('ok', subject, 'is there, its columns fit');
    if (settings.schematization && settings.evolution.policy === 'evolve')
      await checkEvolution(tables, settings, table, report);
    return true;
  } catch (error) {
    report('fail', subject, explained(account, `look at table ${table}`, error));
    return false;
  }
};

/** Says what would be altered, and alters nothing. */
const lookingOnly = (tables: TableService, subject: string, report: Report): TableService => ({
  describe: (table) => tables.describe(table),
  evolution: (table) => tables.evolution(table),
  isIceberg: (table) => tables.isIceberg(table),
  plan: (table, change) => tables.plan(table, change),
  offsets: (table, query) => tables.offsets(table, query),
  create: async () => {},
  alter: async (table, change) => {
    for (const statement of await tables.plan(table, change))
      report('note', subject, `the connector will run: ${statement}`);
  },
  close: async () => {},
});

const checkMayCreate = async (
  session: SnowflakeSession,
  { account, iceberg }: SinkSettings,
  subject: string,
  role: string,
  report: Report,
): Promise<void> => {
  const schema = [account.database, account.schema].map(storedName);
  const grants = await session.execute(`SHOW GRANTS ON SCHEMA ${schema.map(quoteIdentifier).join('.')}`);
  const privilege = iceberg.create === null ? 'CREATE TABLE' : 'CREATE ICEBERG TABLE';
  const creating = ['OWNERSHIP', 'ALL', privilege];
  const may = grants.some((row) => row['grantee_name'] === role && creating.includes(String(row['privilege'])));
  if (may) report('ok', subject, 'does not exist yet: the connector makes it at the first record');
  else
    report(
      'warn',
      subject,
      `does not exist, and role ${identifier(role)} has no ${privilege} of its own: GRANT ${privilege} ON SCHEMA ${schema.map(identifier).join('.')} TO ROLE ${identifier(role)}; (a role that it inherits from may have it)`,
    );
};

const checkEvolution = async (
  tables: TableService,
  { account }: SinkSettings,
  table: string,
  report: Report,
): Promise<void> => {
  const evolution = await tables.evolution(table);
  const name = qualifiedName(account, table);
  const role = account.role === null ? '<role>' : identifier(storedName(account.role));
  if (evolution === 'disabled')
    report(
      'warn',
      `table ${table}`,
      `does not evolve: records with new fields fail; ALTER TABLE ${name} SET ENABLE_SCHEMA_EVOLUTION = TRUE;`,
    );
  if (evolution === 'forbidden')
    report(
      'warn',
      `table ${table}`,
      `the role may not evolve it: GRANT EVOLVE SCHEMA ON TABLE ${name} TO ROLE ${role};`,
    );
};

/** A channel of a name of its own in the table's pipe is opened and dropped: then rows could be sent. Disturbs nobody. */
const checkChannel = async (
  settings: SinkSettings,
  connector: string,
  table: string,
  report: Report,
): Promise<void> => {
  const destination = createSnowpipeStreaming({
    account: settings.account,
    clock: systemClock,
    random: Math.random,
    logger: silentLogger,
    metrics: createMetrics(),
    taskId: { connector, task: 0 },
    maxConcurrentAppends: 1,
  });
  const spec = { topic: 'check', partition: 0, table, channelName: `SNOWSINK_CHECK_${randomUUID().slice(0, 8)}` };
  try {
    const signal = AbortSignal.timeout(openLimitMs);
    (await destination.open(spec, signal)).close();
    await destination.drop(spec, signal);
    report('ok', `pipe of ${table}`, 'a channel could be opened: rows can be sent');
  } catch (error) {
    report('fail', `pipe of ${table}`, errorMessage(error));
  } finally {
    await destination.close();
  }
};
