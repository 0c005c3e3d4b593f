import { displayIdentifier } from '../../catalog/identifier.ts';
import type { PipeDefinition } from '../../catalog/pipe-definition.ts';
import type { ColumnMatch } from '../../storage/checked-insert.ts';
import { ownNew, requireAccess } from '../require-access.ts';
import { type ResultSet, statusResult } from '../result-set.ts';
import { alreadyExists, doesNotExist, notEmulated } from '../sql-error.ts';
import { TokenCursor } from '../token-cursor.ts';
import type { CommandContext } from './command.ts';
import { readColumns, readCopy } from './copy-into.ts';
import { readColumnMatch } from './copy-options.ts';
import { readAliasAndEnd, readSelectList } from './copy-transform.ts';
import { requireSchema } from './namespaces.ts';

/**
 * CREATE PIPE p [AUTO_INGEST = …] AS COPY INTO t … [documented]: streaming pipes, by MATCH_BY_COLUMN_NAME or with a SELECT
 * over `TABLE(DATA_SOURCE(TYPE => 'STREAMING'))`, and pipes that load files from a stage when `insertFiles` names them.
 */
export const createPipe = async (
  context: CommandContext,
  cursor: TokenCursor,
  { orReplace }: { readonly orReplace: boolean },
): Promise<ResultSet> => {
  const { session, catalog, nowMs } = context;
  const ifNotExists = cursor.accept('IF', 'NOT', 'EXISTS');
  const { table: pipe, ...schema } = session.tableName(cursor.name());
  const name = { ...schema, pipe };
  requireSchema(context, name);
  const display = displayIdentifier(pipe);
  if (catalog.pipe(name) !== null && ifNotExists)
    return statusResult(`${display} already exists, statement succeeded.`);
  if (catalog.pipe(name) !== null && !orReplace) throw alreadyExists(display);
  requireAccess(session, catalog, 'SCHEMA', [schema.database, schema.schema], 'CREATE PIPE');
  let comment = '';
  while (cursor.peek().text !== 'AS') {
    if (cursor.accept('COMMENT', '=')) comment = cursor.string();
    else if (cursor.accept('AUTO_INGEST', '=') || cursor.accept('INTEGRATION', '=')) cursor.next();
    else if (cursor.accept('ERROR_INTEGRATION', '=') || cursor.accept('AWS_SNS_TOPIC', '=')) cursor.next();
    else cursor.fail();
  }
  cursor.expect('AS');
  const definition = cursor.sql.slice(cursor.peek().from).replace(/;\s*$/, '');
  const target = /\bDATA_SOURCE\s*\(/i.test(definition)
    ? readStreaming(context, cursor)
    : { table: readFileCopy(context, definition) };
  await catalog.createPipe({ name, createdOnMs: nowMs, definition, comment, ...target });
  await ownNew(session, catalog, 'PIPE', [schema.database, schema.schema, pipe], nowMs);
  return statusResult(`Pipe ${display} successfully created.`);
};

/** Checked when the pipe is made; run again from its text for each file. */
const readFileCopy = (context: CommandContext, definition: string): PipeDefinition['table'] => {
  const cursor = new TokenCursor(definition);
  cursor.expect('COPY', 'INTO');
  return readCopy(context, cursor).table.name;
};

const readStreaming = (
  { session, catalog }: CommandContext,
  cursor: TokenCursor,
): Pick<PipeDefinition, 'table' | 'streaming'> => {
  cursor.expect('COPY', 'INTO');
  const parts = cursor.name();
  const table = catalog.table(session.tableName(parts));
  if (table === null) throw doesNotExist('Table', parts.map(displayIdentifier).join('.'));
  const columns = readColumns(cursor, table).map(({ name }) => name);
  cursor.expect('FROM');
  const select = cursor.peek().text === '(' ? readSelectList(cursor) : null;
  cursor.expect('TABLE', '(', 'DATA_SOURCE', '(', 'TYPE', '=>');
  if (cursor.string().toUpperCase() !== 'STREAMING') throw notEmulated('pipes that do not stream');
  cursor.expect(')', ')');
  const sql = select === null ? null : readAliasAndEnd(cursor, select);
  let match: ColumnMatch | null = null;
  while (!cursor.atEnd) {
    // A SELECT list excludes matching by name; errors never stop a stream. [documented]
    if (sql === null && cursor.accept('MATCH_BY_COLUMN_NAME', '=')) match = readColumnMatch(cursor);
    else if (cursor.accept('ON_ERROR', '=')) cursor.expect('CONTINUE');
    else if (cursor.accept('CLUSTER_AT_INGEST_TIME', '=')) cursor.next();
    else cursor.fail();
  }
  return {
    table: table.name,
    streaming: sql === null ? { match: match ?? 'CASE_INSENSITIVE' } : { transform: { sql, columns } },
  };
};
