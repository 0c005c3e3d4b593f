import type { IcebergTableOptions, OffsetQuery, SnowflakeAccount, TableChange, TableShape } from '../../api/index.ts';
import { storedName } from '../../util/stored-name.ts';
import { quoteIdentifier, tableAddress } from '../snowflake-identifier.ts';

const comments = {
  created: 'created by automatic table creation from snowsink',
  added: 'column created by schema evolution from snowsink',
  relaxed: 'column altered to be nullable by schema evolution from snowsink',
};

/** A text constant: quotes doubled, and backslashes, which Snowflake reads as escapes. */
export const textLiteral = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;

const comment = (text: string): string => `COMMENT ${textLiteral(text)}`;

const shapes: Readonly<Record<TableShape, string>> = {
  'record-content': '(RECORD_METADATA VARIANT, RECORD_CONTENT VARIANT)',
  schematized: `(RECORD_METADATA VARIANT ${comment(comments.created)}) ENABLE_SCHEMA_EVOLUTION = TRUE ERROR_LOGGING = TRUE`,
};

/** `database.schema.table`, each quoted: no name is changed by Snowflake or read as SQL. */
export const qualifiedName = (account: Pick<SnowflakeAccount, 'database' | 'schema'>, target: string): string => {
  const { database, schema, table } = tableAddress(account, target);
  return [storedName(database), storedName(schema), table].map(quoteIdentifier).join('.');
};

export const describeTable = (qualified: string): string => `DESCRIBE TABLE ${qualified}`;

/** As the Snowflake connector makes them, in one statement. */
export const createTable = (qualified: string, shape: TableShape): string =>
  `CREATE TABLE IF NOT EXISTS ${qualified} ${shapes[shape]}`;

/**
 * A Snowflake-managed Iceberg table, as v4 makes it (but with RECORD_CONTENT from the start where rows need it). Its RECORD_METADATA is a
 * VARIANT, which format 3 has, else `metadataType`.
 */
export const createIcebergTable = (
  qualified: string,
  shape: TableShape,
  { clauses, metadataType }: IcebergTableOptions,
  hasVariant: boolean,
): string => {
  const content = shape === 'record-content' ? ', RECORD_CONTENT VARIANT' : '';
  const columns = `(RECORD_METADATA ${hasVariant ? 'VARIANT' : metadataType}${content})`;
  const options = clauses.trim() === '' ? '' : `${clauses.trim()} `;
  return `CREATE ICEBERG TABLE IF NOT EXISTS ${qualified} ${columns} ${options}CATALOG = 'SNOWFLAKE' ENABLE_SCHEMA_EVOLUTION = TRUE ERROR_LOGGING = TRUE`;
};

/** Runs of offsets without a gap: as many rows as there are gaps, and one, however long the stretch. */
export const selectOffsets = (qualified: string, { topic, partition, from, to }: OffsetQuery): string => {
  const offset = 'RECORD_METADATA:"offset"::NUMBER';
  const ofTopic = topic === null ? '' : ` AND RECORD_METADATA:"topic"::VARCHAR = ${textLiteral(topic)}`;
  const stored =
    `SELECT DISTINCT ${offset} AS O FROM ${qualified} WHERE RECORD_METADATA:"partition"::NUMBER = ${partition}${ofTopic}` +
    ` AND ${offset} BETWEEN ${from} AND ${to}`;
  const grouped = `SELECT O, O - ROW_NUMBER() OVER (ORDER BY O) AS G FROM (${stored})`;
  return `SELECT MIN(O)::VARCHAR AS F, MAX(O)::VARCHAR AS L FROM (${grouped}) GROUP BY G ORDER BY MIN(O)`;
};

/** LIKE's wildcards stand for themselves. The driver's text literals need each backslash twice. */
export const showTable = (
  account: Pick<SnowflakeAccount, 'database' | 'schema'>,
  target: string,
  kind: 'TABLES' | 'ICEBERG TABLES' = 'TABLES',
): string => {
  const { table, ...address } = tableAddress(account, target);
  const schema = [address.database, address.schema].map(storedName).map(quoteIdentifier).join('.');
  return `SHOW ${kind} LIKE ${textLiteral(table.replaceAll(/[_%\\]/g, '\\$&'))} IN SCHEMA ${schema}`;
};

export const showGrants = (qualified: string): string => `SHOW GRANTS ON TABLE ${qualified}`;

/**
 * In v4's order: columns are added, then widened, then made nullable; one statement each. IF NOT EXISTS: another task may have been
 * first.
 */
export const alterTable = (qualified: string, { add, widen, dropNotNull, iceberg }: TableChange): readonly string[] => {
  const table = iceberg === true ? 'ICEBERG TABLE' : 'TABLE';
  const alter = (parts: readonly string[], verb: string): string[] =>
    parts.length === 0 ? [] : [`ALTER ${table} ${qualified} ${verb} ${parts.join(', ')}`];
  return [
    ...alter(
      add.map(
        ({ name, type, comment: doc }) =>
          `IF NOT EXISTS ${quoteIdentifier(name)} ${type} ${comment(doc ?? comments.added)}`,
      ),
      'ADD COLUMN',
    ),
    ...alter(
      widen.map(({ name, type }) => `${quoteIdentifier(name)} SET DATA TYPE ${type}`),
      'ALTER',
    ),
    ...alter(
      dropNotNull.flatMap((name) => [
        `${quoteIdentifier(name)} DROP NOT NULL`,
        `${quoteIdentifier(name)} ${comment(comments.relaxed)}`,
      ]),
      'ALTER',
    ),
  ];
};
