import { randomUUID } from 'node:crypto';
import { displayIdentifier } from '../../catalog/identifier.ts';
import { ownNew, requireAccess } from '../require-access.ts';
import { fixedColumn, type ResultSet, statementType, statusResult, textColumn } from '../result-set.ts';
import { alreadyExists, notEmulated } from '../sql-error.ts';
import type { TokenCursor } from '../token-cursor.ts';
import type { Command, CommandContext } from './command.ts';
import { requireSchema } from './namespaces.ts';
import { fullPattern, readStageLocation, readStageProperties, requireInternalStage } from './stage-location.ts';

/** CREATE STAGE s [URL = '…'] [FILE_FORMAT = (…)] [COMMENT = '…']; external stages are kept, their files out of reach. */
export const createStage = async (
  context: CommandContext,
  cursor: TokenCursor,
  { orReplace }: { readonly orReplace: boolean },
): Promise<ResultSet> => {
  const ifNotExists = cursor.accept('IF', 'NOT', 'EXISTS');
  // Drivers then send bulk binds in the request, which the emulator reads.
  if (cursor.peek().text === 'SYSTEM$BIND') throw notEmulated('stages for bind variables');
  const { table: stage, ...schema } = context.session.tableName(cursor.name());
  requireSchema(context, schema);
  const display = displayIdentifier(stage);
  const existing = context.catalog.stage({ ...schema, stage });
  if (existing !== null && ifNotExists) return statusResult(`${display} already exists, statement succeeded.`);
  if (existing !== null && !orReplace) throw alreadyExists(display);
  const { fileFormat = {}, comment = '', url } = readStageProperties(context, cursor);
  requireAccess(context.session, context.catalog, 'SCHEMA', [schema.database, schema.schema], 'CREATE STAGE');
  if (existing !== null) await removeFiles(context, existing.prefix);
  await context.catalog.saveStage({
    name: { ...schema, stage },
    prefix: `stages/${randomUUID()}/`,
    fileFormat,
    comment,
    ...(url === undefined ? {} : { url }),
    createdOnMs: context.nowMs,
  });
  await ownNew(context.session, context.catalog, 'STAGE', [schema.database, schema.schema, stage], context.nowMs);
  return statusResult(`Stage area ${display} successfully created.`);
};

export const removeFiles = async (
  { stageFiles }: CommandContext,
  prefix: string,
  chosen: (path: string) => boolean = () => true,
): Promise<readonly string[]> => {
  const files = stageFiles.list(prefix).filter(({ path }) => chosen(path));
  for (const { path } of files) await stageFiles.remove(path);
  return files.map(({ path }) => path);
};

/** Behind the location: PATTERN = 'regex' on the path. */
const readPattern = (cursor: TokenCursor): RegExp | null => {
  const pattern = cursor.accept('PATTERN', '=') ? fullPattern(cursor.string()) : null;
  cursor.expectEnd();
  return pattern;
};

/** LIST @stage[/path] [PATTERN = '…']. [documented columns] */
export const list: Command = async (context, cursor) => {
  const location = readStageLocation(context, cursor);
  requireInternalStage(context, location, 'READ');
  const { shown, prefix, path } = location;
  const pattern = readPattern(cursor);
  return {
    columns: [textColumn('name'), fixedColumn('size'), textColumn('md5'), textColumn('last_modified')],
    rows: context.stageFiles
      .list(`${prefix}${path}`)
      .filter((file) => pattern === null || pattern.test(file.path))
      .map((file) => [
        shown + file.path.slice(prefix.length),
        String(file.sizeBytes),
        file.md5,
        new Date(file.modifiedMs).toUTCString(),
      ]),
    statementTypeId: statementType.command,
  };
};

/** REMOVE @stage[/path] [PATTERN = '…']. [documented columns] */
export const remove: Command = async (context, cursor) => {
  const location = readStageLocation(context, cursor);
  requireInternalStage(context, location, 'WRITE');
  const { shown, prefix, path } = location;
  const pattern = readPattern(cursor);
  const removed = await removeFiles(context, `${prefix}${path}`, (file) => pattern?.test(file) ?? true);
  return {
    columns: [textColumn('name'), textColumn('result')],
    rows: removed.map((one) => [shown + one.slice(prefix.length), 'removed']),
    statementTypeId: statementType.command,
  };
};
