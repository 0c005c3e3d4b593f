import { displayIdentifier } from '../../catalog/identifier.ts';
import { requireAccess, requireTableAccess } from '../require-access.ts';
import { statusResult } from '../result-set.ts';
import { alreadyExists, doesNotExist, notEmulated } from '../sql-error.ts';
import type { Command } from './command.ts';
import { requireNamespace } from './namespaces.ts';
import { readStageProperties } from './stage-location.ts';

const done = statusResult('Statement executed successfully.');

/** ALTER VIEW v RENAME TO | SET COMMENT | UNSET COMMENT | SET SECURE | UNSET SECURE. [documented] */
export const alterView: Command = async ({ session, catalog }, cursor) => {
  const ifExists = cursor.accept('IF', 'EXISTS');
  const parts = cursor.name();
  const view = catalog.table(session.tableName(parts));
  if (view?.viewQuery === undefined) {
    if (ifExists && view === null) return done;
    throw doesNotExist('View', parts.map(displayIdentifier).join('.'));
  }
  requireTableAccess(session, catalog, view, 'OWNERSHIP');
  if (cursor.accept('RENAME', 'TO')) {
    const target = session.tableName(cursor.name());
    if (catalog.table(target) !== null) throw alreadyExists(displayIdentifier(target.table));
    await catalog.renameTable(view.name, target);
  } else if (cursor.accept('SET', 'COMMENT', '=')) await catalog.alterTable({ ...view, comment: cursor.string() }, []);
  else if (cursor.accept('UNSET', 'COMMENT')) await catalog.alterTable({ ...view, comment: null }, []);
  else if (!cursor.accept('SET', 'SECURE') && !cursor.accept('UNSET', 'SECURE'))
    throw notEmulated(`ALTER VIEW … ${cursor.peek().text}`);
  cursor.expectEnd();
  return done;
};

/** ALTER STAGE s RENAME TO | SET FILE_FORMAT, COMMENT, URL, … | UNSET COMMENT. [documented] */
export const alterStage: Command = async (context, cursor) => {
  const { session, catalog } = context;
  const ifExists = cursor.accept('IF', 'EXISTS');
  const parts = cursor.name();
  const { table: name, ...schema } = session.tableName(parts);
  const stage = catalog.stage({ ...schema, stage: name });
  if (stage === null) {
    if (ifExists) return done;
    throw doesNotExist('Stage', parts.map(displayIdentifier).join('.'));
  }
  requireAccess(session, catalog, 'STAGE', [schema.database, schema.schema, name], 'OWNERSHIP');
  if (cursor.accept('RENAME', 'TO')) {
    const { table: to, ...target } = session.tableName(cursor.name());
    if (catalog.stage({ ...target, stage: to }) !== null) throw alreadyExists(displayIdentifier(to));
    await catalog.saveStage({ ...stage, name: { ...target, stage: to } });
    await catalog.dropStage(stage.name);
    return done;
  }
  if (cursor.accept('UNSET', 'COMMENT')) await catalog.saveStage({ ...stage, comment: '' });
  else if (cursor.accept('SET')) await catalog.saveStage({ ...stage, ...readStageProperties(context, cursor) });
  else throw notEmulated(`ALTER STAGE … ${cursor.peek().text}`);
  cursor.expectEnd();
  return done;
};

/** ALTER PIPE p SET COMMENT | UNSET COMMENT. [documented] Pausing and REFRESH are not emulated. */
export const alterPipe: Command = async ({ session, catalog }, cursor) => {
  const ifExists = cursor.accept('IF', 'EXISTS');
  const parts = cursor.name();
  const { table: name, ...schema } = session.tableName(parts);
  const pipe = catalog.pipe({ ...schema, pipe: name });
  if (pipe === null) {
    if (ifExists) return done;
    throw doesNotExist('Pipe', parts.map(displayIdentifier).join('.'));
  }
  requireAccess(session, catalog, 'PIPE', [schema.database, schema.schema, name], 'OWNERSHIP');
  if (cursor.accept('SET', 'COMMENT', '=')) await catalog.createPipe({ ...pipe, comment: cursor.string() });
  else if (cursor.accept('UNSET', 'COMMENT')) await catalog.createPipe({ ...pipe, comment: '' });
  else throw notEmulated(`ALTER PIPE … ${cursor.peek().text} ${cursor.peek(1).text}`.trim());
  cursor.expectEnd();
  return done;
};

/** Parameters that change nothing here. */
const withoutEffect = new Set([
  'DATA_RETENTION_TIME_IN_DAYS',
  'MAX_DATA_EXTENSION_TIME_IN_DAYS',
  'LOG_LEVEL',
  'TRACE_LEVEL',
  'ENABLE_SCHEMA_EVOLUTION',
]);

/** ALTER SCHEMA | DATABASE n SET COMMENT, DATA_RETENTION_TIME_IN_DAYS, … | UNSET the same. [documented] */
export const alterNamespace =
  (kind: 'SCHEMA' | 'DATABASE'): Command =>
  async (context, cursor) => {
    const { session, catalog } = context;
    const ifExists = cursor.accept('IF', 'EXISTS');
    const parts = cursor.name();
    const name = requireNamespace(context, kind, parts, ifExists);
    if (name === null) return done;
    requireAccess(session, catalog, kind, name, 'OWNERSHIP');
    const sets = cursor.accept('SET');
    if (!sets && !cursor.accept('UNSET')) throw notEmulated(`ALTER ${kind} … ${cursor.peek().text}`);
    while (!cursor.atEnd) {
      if (cursor.accept(',')) continue;
      const property = cursor.identifier();
      if (property !== 'COMMENT' && !withoutEffect.has(property)) throw notEmulated(`ALTER ${kind} … ${property}`);
      if (sets) cursor.expect('=');
      const value = sets ? cursor.next().text : '';
      if (property === 'COMMENT') await catalog.saveComment({ name, comment: value });
    }
    return done;
  };
