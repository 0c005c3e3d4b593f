import { displayIdentifier } from '../../catalog/identifier.ts';
import { ownNew, requireAccess } from '../require-access.ts';
import { type ResultSet, statementType, statusResult } from '../result-set.ts';
import { alreadyExists, doesNotExist } from '../sql-error.ts';
import type { TokenCursor } from '../token-cursor.ts';
import type { Command, CommandContext } from './command.ts';

export const requireSchema = (context: CommandContext, name: { database: string; schema: string }): void => {
  if (!context.catalog.hasDatabase(name.database)) throw doesNotExist('Database', displayIdentifier(name.database));
  if (!context.catalog.hasSchema(name))
    throw doesNotExist('Schema', `${displayIdentifier(name.database)}.${displayIdentifier(name.schema)}`);
};

/** The parts of a schema's or database's name; null: there is none, and IF EXISTS was said. */
export const requireNamespace = (
  { session, catalog }: CommandContext,
  kind: 'SCHEMA' | 'DATABASE',
  parts: readonly string[],
  ifExists: boolean,
): readonly string[] | null => {
  if (kind === 'DATABASE') {
    const [database = ''] = parts;
    if (catalog.hasDatabase(database)) return [database];
    if (ifExists) return null;
    throw doesNotExist('Database', displayIdentifier(database));
  }
  const name = session.schemaName(parts);
  if (catalog.hasSchema(name)) return [name.database, name.schema];
  if (ifExists) return null;
  throw doesNotExist('Schema', parts.map(displayIdentifier).join('.'));
};

/** All but the comment is accepted without effect. */
const readComment = (cursor: TokenCursor): string => {
  let comment = '';
  while (!cursor.atEnd) {
    if (cursor.accept('COMMENT', '=')) comment = cursor.string();
    else cursor.next();
  }
  return comment;
};

/** CREATE DATABASE makes its schema PUBLIC and becomes the session's database. [documented] */
export const createDatabase = async (
  { session, catalog, nowMs }: CommandContext,
  cursor: TokenCursor,
  { orReplace }: { readonly orReplace: boolean },
): Promise<ResultSet> => {
  const ifNotExists = cursor.accept('IF', 'NOT', 'EXISTS');
  const name = cursor.identifier();
  const comment = readComment(cursor);
  if (catalog.hasDatabase(name)) {
    if (ifNotExists) return statusResult(`${displayIdentifier(name)} already exists, statement succeeded.`);
    if (!orReplace) throw alreadyExists(displayIdentifier(name));
    requireAccess(session, catalog, 'DATABASE', [name], 'OWNERSHIP');
    await catalog.dropDatabase(name);
  }
  requireAccess(session, catalog, 'ACCOUNT', [], 'CREATE DATABASE');
  await catalog.createDatabase(name);
  await catalog.saveComment({ name: [name], comment });
  await ownNew(session, catalog, 'DATABASE', [name], nowMs);
  await ownNew(session, catalog, 'SCHEMA', [name, 'PUBLIC'], nowMs);
  session.database = name;
  session.schema = 'PUBLIC';
  return statusResult(`Database ${displayIdentifier(name)} successfully created.`);
};

export const createSchema = async (
  { session, catalog, nowMs }: CommandContext,
  cursor: TokenCursor,
  { orReplace }: { readonly orReplace: boolean },
): Promise<ResultSet> => {
  const ifNotExists = cursor.accept('IF', 'NOT', 'EXISTS');
  const name = session.schemaName(cursor.name());
  const comment = readComment(cursor);
  if (!catalog.hasDatabase(name.database)) throw doesNotExist('Database', displayIdentifier(name.database));
  if (catalog.hasSchema(name)) {
    if (ifNotExists) return statusResult(`${displayIdentifier(name.schema)} already exists, statement succeeded.`);
    if (!orReplace) throw alreadyExists(displayIdentifier(name.schema));
    requireAccess(session, catalog, 'SCHEMA', [name.database, name.schema], 'OWNERSHIP');
    await catalog.dropSchema(name);
  }
  requireAccess(session, catalog, 'DATABASE', [name.database], 'CREATE SCHEMA');
  await catalog.createSchema(name);
  await catalog.saveComment({ name: [name.database, name.schema], comment });
  await ownNew(session, catalog, 'SCHEMA', [name.database, name.schema], nowMs);
  session.database = name.database;
  session.schema = name.schema;
  return statusResult(`Schema ${displayIdentifier(name.schema)} successfully created.`);
};

/** USE [DATABASE|SCHEMA|WAREHOUSE|ROLE] name. Warehouses and roles are taken by any name. */
export const use: Command = async ({ session, catalog }, cursor) => {
  const done = statusResult('Statement executed successfully.', statementType.command);
  if (cursor.accept('WAREHOUSE')) session.warehouse = cursor.identifier();
  else if (cursor.accept('ROLE')) {
    const role = cursor.identifier();
    if (catalog.enforceGrants && !catalog.hasRole(role)) throw doesNotExist('Role', displayIdentifier(role));
    session.role = role;
  } else if (cursor.accept('SECONDARY', 'ROLES')) cursor.next();
  else if (cursor.accept('SCHEMA')) {
    const name = session.schemaName(cursor.name());
    if (!catalog.hasSchema(name)) throw doesNotExist('Schema', `${name.database}.${displayIdentifier(name.schema)}`);
    session.database = name.database;
    session.schema = name.schema;
  } else {
    cursor.accept('DATABASE');
    const parts = cursor.name();
    const [database = '', schema] = parts;
    if (!catalog.hasDatabase(database)) throw doesNotExist('Database', displayIdentifier(database));
    if (schema !== undefined && !catalog.hasSchema({ database, schema }))
      throw doesNotExist('Schema', `${database}.${displayIdentifier(schema)}`);
    session.database = database;
    session.schema = schema ?? (catalog.hasSchema({ database, schema: 'PUBLIC' }) ? 'PUBLIC' : null);
  }
  cursor.expectEnd();
  return done;
};

/** ALTER SESSION SET|UNSET: stored, and given back in SHOW PARAMETERS; they change no behaviour. */
export const alterSession: Command = async ({ session }, cursor) => {
  if (cursor.accept('UNSET')) {
    do session.parameters.delete(cursor.identifier());
    while (cursor.accept(','));
  } else {
    cursor.expect('SET');
    while (!cursor.atEnd) {
      const name = cursor.identifier();
      cursor.expect('=');
      session.parameters.set(name, cursor.next().text);
      cursor.accept(',');
    }
  }
  return statusResult('Statement executed successfully.', statementType.command);
};
