import { basename } from 'node:path';
import { type StageFiles, stageBucket } from '../../storage/stage-files.ts';
import { type ResultSet, statementType } from '../result-set.ts';
import { syntaxError } from '../sql-error.ts';
import type { CommandContext } from './command.ts';
import { fullPattern, requireInternalStage, stageLocation } from './stage-location.ts';

/** Clients that reach Google's storage by https alone, whatever the endpoint says, or list it by Google's own SDK. [seen on the wire] */
const needsSignedUrls = /^(?:JDBC |PythonConnector [1-4]\.)/;

/**
 * Where files are. A token opens the whole stage; those who cannot use it here get a signed URL per file instead, and ask
 * by one more PUT for each file's. With signed URLs drivers do not look which files exist: they replace. [seen on the wire]
 */
const stageInfo = (
  { origin, stageFiles, session }: CommandContext,
  folder: string,
  path: string,
  file: string | null,
): object => ({
  locationType: 'GCS',
  location: `${stageBucket}/${folder}`,
  path,
  region: 'local',
  storageAccount: null,
  endPoint: origin,
  isClientSideEncrypted: false,
  presignedUrl:
    needsSignedUrls.test(session.client) && file !== null ? signedUrl(origin, stageFiles, `${folder}${file}`) : null,
  creds: needsSignedUrls.test(session.client) ? {} : { GCS_ACCESS_TOKEN: stageFiles.uploadToken },
});

const signedUrl = (origin: string, stageFiles: StageFiles, path: string): string =>
  `${origin}/${stageBucket}/${path.split('/').map(encodeURIComponent).join('/')}?X-Goog-Signature=${stageFiles.signatureOf(path)}`;

const getPattern = /^\s*GET\s+(?:'(@[^']+)'|(@\S+))\s+(?:'(file:\/\/[^']+)'|(file:\/\/\S+))\s*([^;]*);?\s*$/i;
export const isGet = (sql: string): boolean => /^\s*GET\s/i.test(sql);

/** GET @stage[/path] file:///folder: the driver downloads by itself, told from where. [seen on the wire] */
export const get = (context: CommandContext, sql: string): ResultSet => {
  const [, quotedStage, stage = quotedStage ?? '', quotedFolder, folder = quotedFolder ?? '', options = ''] =
    getPattern.exec(sql) ?? [];
  if (stage === '') throw syntaxError(1, 4, sql.slice(4, 20));
  const location = stageLocation(context, stage);
  requireInternalStage(context, location, 'READ');
  const { prefix, path } = location;
  const chosen = /PATTERN\s*=\s*'([^']*)'/i.exec(options)?.[1];
  const pattern = chosen === undefined ? null : fullPattern(chosen);
  const from = path.slice(0, path.lastIndexOf('/') + 1);
  const files = context.stageFiles
    .list(`${prefix}${path}`)
    .filter((file) => pattern === null || pattern.test(file.path));
  return {
    columns: [],
    rows: [],
    statementTypeId: statementType.command,
    transfer: {
      command: 'DOWNLOAD',
      operation: 'Node',
      src_locations: files.map((file) => file.path.slice(prefix.length + from.length)),
      presignedUrls: files.map((file) => signedUrl(context.origin, context.stageFiles, file.path)),
      localLocation: decodeURI(folder.slice('file://'.length)),
      parallel: Number(/PARALLEL\s*=\s*(\d+)/i.exec(options)?.[1] ?? 10),
      overwrite: true,
      clientShowEncryptionParameter: true,
      encryptionMaterial: null,
      stageInfo: stageInfo(context, `${prefix}${from}`, from, null),
    },
  };
};

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
  requireInternalStage(context, location, 'WRITE');
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
      stageInfo: stageInfo(context, `${prefix}${folder}`, folder, basename(source)),
    },
  };
};
