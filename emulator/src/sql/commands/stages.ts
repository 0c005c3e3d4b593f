import { randomUUID } from 'node:crypto';
import { basename } from 'node:path';
import { displayIdentifier } from '../../catalog/identifier.ts';
import { stageBucket } from '../../storage/stage-files.ts';
import { ownNew, requireAccess } from '../require-access.ts';
import { fixedColumn, type ResultSet, statementType, statusResult, textColumn } from '../result-set.ts';
import { alreadyExists, notEmulated, syntaxError } from '../sql-error.ts';
import type { TokenCursor } from '../token-cursor.ts';
import type { Command, CommandContext } from './command.ts';
import { requireSchema } from './namespaces.ts';
import {
  fullPattern,
  readStageLocation,
  readStageProperties,
  requireInternal,
  requireStage,
  stageLocation,
} from './stage-location.ts';

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
  requireInternal(location);
  requireStage(context, location, 'READ');
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
  requireInternal(location);
  requireStage(context, location, 'WRITE');
  const { shown, prefix, path } = location;
  const pattern = readPattern(cursor);
  const removed = await removeFiles(context, `${prefix}${path}`, (file) => pattern?.test(file) ?? true);
  return {
    columns: [textColumn('name'), textColumn('result')],
    rows: removed.map((one) => [shown + one.slice(prefix.length), 'removed']),
    statementTypeId: statementType.command,
  };
};

const getPattern = /^\s*GET\s+(?:'(@[^']+)'|(@\S+))\s+(?:'(file:\/\/[^']+)'|(file:\/\/\S+))\s*([^;]*);?\s*$/i;
export const isGet = (sql: string): boolean => /^\s*GET\s/i.test(sql);

/** GET @stage[/path] file:///folder: the driver downloads by itself, told from where. [seen on the wire] */
export const get = (context: CommandContext, sql: string): ResultSet => {
  const [, quotedStage, stage = quotedStage ?? '', quotedFolder, folder = quotedFolder ?? '', options = ''] =
    getPattern.exec(sql) ?? [];
  if (stage === '') throw syntaxError(1, 4, sql.slice(4, 20));
  const location = stageLocation(context, stage);
  requireInternal(location);
  requireStage(context, location, 'READ');
  const { prefix, path } = location;
  const chosen = /PATTERN\s*=\s*'([^']*)'/i.exec(options)?.[1];
  const pattern = chosen === undefined ? null : fullPattern(chosen);
  const from = path.slice(0, path.lastIndexOf('/') + 1);
  const files = context.stageFiles
    .list(`${prefix}${path}`)
    .filter((file) => pattern === null || pattern.test(file.path))
    .map((file) => file.path.slice(prefix.length + from.length));
  return {
    columns: [],
    rows: [],
    statementTypeId: statementType.command,
    transfer: {
      command: 'DOWNLOAD',
      operation: 'Node',
      src_locations: files,
      presignedUrls: files.map(() => ''),
      localLocation: decodeURI(folder.slice('file://'.length)),
      parallel: Number(/PARALLEL\s*=\s*(\d+)/i.exec(options)?.[1] ?? 10),
      overwrite: true,
      clientShowEncryptionParameter: true,
      encryptionMaterial: null,
      stageInfo: stageInfo(context, prefix, from),
    },
  };
};

const stageInfo = ({ origin, stageFiles }: CommandContext, prefix: string, folder: string): object => ({
  locationType: 'GCS',
  location: `${stageBucket}/${prefix}${folder}`,
  path: folder,
  region: 'local',
  storageAccount: null,
  endPoint: origin,
  isClientSideEncrypted: false,
  presignedUrl: null,
  creds: { GCS_ACCESS_TOKEN: stageFiles.uploadToken },
});

const putPattern = /^\s*PUT\s+(?:'(file:\/\/[^']+)'|(file:\/\/\S+))\s+(?:'(@[^']+)'|(@\S+))\s*([^;]*);?\s*$/i;
export const isPut = (sql: string): boolean => /^\s*PUT\s/i.test(sql);

/**
 * PUT file:///path @stage: the driver uploads by itself, told where to; storage looks like Google's, which drivers reach
 * over plain http. [seen on the wire]
 */
export const put = (context: CommandContext, sql: string): ResultSet => {
  const [, quotedFile, file = quotedFile ?? '', quotedStage, stage = quotedStage ?? '', options = ''] =
    putPattern.exec(sql) ?? [];
  if (file === '') throw syntaxError(1, 4, sql.slice(4, 20));
  const location = stageLocation(context, stage);
  requireInternal(location);
  requireStage(context, location, 'WRITE');
  const { prefix, path } = location;
  const folder = path === '' || path.endsWith('/') ? path : `${path}/`;
  const option = (name: string): string | null => new RegExp(`${name}\\s*=\\s*(\\w+)`, 'i').exec(options)?.[1] ?? null;
  const source = decodeURI(file.slice('file://'.length));
  if (basename(source) === '') throw syntaxError(1, 4, file);
  return {
    columns: [],
    rows: [],
    statementTypeId: statementType.command,
    transfer: {
      command: 'UPLOAD',
      operation: 'Node',
      src_locations: [source],
      parallel: Number(option('PARALLEL') ?? 4),
      threshold: 209_715_200,
      autoCompress: option('AUTO_COMPRESS')?.toUpperCase() !== 'FALSE',
      overwrite: option('OVERWRITE')?.toUpperCase() === 'TRUE',
      sourceCompression: (option('SOURCE_COMPRESSION') ?? 'auto_detect').toLowerCase(),
      clientShowEncryptionParameter: true,
      encryptionMaterial: null,
      stageInfo: stageInfo(context, prefix, folder),
    },
  };
};
