import { randomUUID } from 'node:crypto';
import { withFingerprints } from '../../auth/public-keys.ts';
import { isAccountLevel, type ObjectKind } from '../../catalog/account-object.ts';
import { displayIdentifier, quoteIdentifier } from '../../catalog/identifier.ts';
import type { TableDefinition } from '../../catalog/table-definition.ts';
import { objectName, requireObject, shownKind } from '../account-object-lookup.ts';
import { type ResultSet, statusResult } from '../result-set.ts';
import { alreadyExists, doesNotExist, notEmulated, SqlError } from '../sql-error.ts';
import { newSnapshot, trackChanges } from '../streams.ts';
import type { TokenCursor } from '../token-cursor.ts';
import { createSequenceSql, readSequence } from './column-parser.ts';
import type { Command, CommandContext } from './command.ts';
import { requireSchema } from './namespaces.ts';
import { readFormatOptions } from './stage-location.ts';

interface Parsed {
  readonly properties: Readonly<Record<string, string>>;
  /** What DuckDB must do for it. */
  readonly statements?: readonly string[];
  /** A table that must keep the ids of its rows first. */
  readonly tracks?: TableDefinition;
}

/** CREATE SEQUENCE | STREAM | TASK | FILE FORMAT | WAREHOUSE | USER. */
export const createObject = async (
  context: CommandContext,
  cursor: TokenCursor,
  kind: ObjectKind,
  { orReplace }: { readonly orReplace: boolean },
): Promise<ResultSet> => {
  const { session, catalog, nowMs } = context;
  const ifNotExists = cursor.accept('IF', 'NOT', 'EXISTS');
  const parts = cursor.name();
  const name = objectName(session, kind, parts);
  const [database = '', schema = ''] = name;
  if (!isAccountLevel(kind)) requireSchema(context, { database, schema });
  const shown = displayIdentifier(name.at(-1) ?? '');
  if (catalog.object(kind, name) !== null) {
    if (ifNotExists) return statusResult(`${shown} already exists, statement succeeded.`);
    if (!orReplace) throw alreadyExists(shown);
  }
  const { properties, statements = [], tracks } = parsers[kind](context, cursor);
  cursor.expectEnd();
  if (tracks !== undefined && tracks.tracksChanges !== true)
    await catalog.alterTable({ ...tracks, tracksChanges: true }, trackChanges(tracks));
  const replaced = catalog.object(kind, name);
  if (replaced !== null) await catalog.dropObject(replaced);
  await catalog.saveObject(
    {
      kind,
      name,
      properties,
      owner: session.role ?? 'ACCOUNTADMIN',
      comment: properties['COMMENT'] ?? '',
      createdOnMs: nowMs,
    },
    statements,
  );
  return statusResult(`${shownKind[kind]} ${shown} successfully created.`);
};

/** Null: there is none of that name. */
export const dropObject = async (
  { session, catalog }: CommandContext,
  kind: ObjectKind,
  parts: readonly string[],
): Promise<string | null> => {
  const found = catalog.object(kind, objectName(session, kind, parts));
  if (found !== null) await catalog.dropObject(found);
  return found === null ? shownKind[kind] : null;
};

/**
 * ALTER TASK … RESUME | SUSPEND, ALTER TASK | WAREHOUSE | USER | SEQUENCE | FILE FORMAT … SET | UNSET: kept; of all that, a user's public keys
 * have an effect.
 */
export const alterObject =
  (kind: ObjectKind): Command =>
  async (context, cursor) => {
    const done = statusResult('Statement executed successfully.');
    const ifExists = cursor.accept('IF', 'EXISTS');
    const parts = cursor.name();
    const { catalog, session } = context;
    if (ifExists && catalog.object(kind, objectName(session, kind, parts)) === null) return done;
    const found = requireObject(context, kind, parts);
    let changed: Readonly<Record<string, string>> = {};
    let removed: readonly string[] = [];
    if (cursor.accept('RESUME')) {
      cursor.accept('IF', 'SUSPENDED');
      changed = { STATE: 'started' };
    } else if (cursor.accept('SUSPEND')) changed = { STATE: 'suspended' };
    else if (cursor.accept('SET')) changed = kind === 'USER' ? readUserProperties(cursor) : readProperties(cursor);
    else if (cursor.accept('UNSET')) removed = readNames(cursor);
    else throw notEmulated(`ALTER ${kind} … ${cursor.peek().text}`);
    cursor.expectEnd();
    const kept = Object.entries(found.properties).filter(([name]) => !removed.includes(name.replace(/_FP$/, '')));
    const properties = { ...Object.fromEntries(kept), ...changed };
    await catalog.saveObject({ ...found, properties, comment: properties['COMMENT'] ?? '' });
    return done;
  };

const readProperties = (cursor: TokenCursor): Readonly<Record<string, string>> => {
  const properties: Record<string, string> = {};
  while (!cursor.atEnd && cursor.peek().text !== 'AS' && cursor.peek().text !== 'WHEN') {
    if (cursor.accept(',')) continue;
    const property = cursor.identifier();
    cursor.accept('=');
    const from = cursor.peek();
    cursor.skipGroup();
    while (cursor.accept('.')) cursor.next();
    properties[property] = from.kind === 'string' ? from.text : cursor.textFrom(from);
  }
  return properties;
};

const readNames = (cursor: TokenCursor): readonly string[] => {
  const names: string[] = [];
  while (!cursor.atEnd) {
    names.push(cursor.identifier());
    cursor.accept(',');
  }
  return names;
};

/** The password is not kept. A key that is none is refused. [documented; its code is inferred] */
const readUserProperties = (cursor: TokenCursor): Readonly<Record<string, string>> => {
  const { PASSWORD: _password, ...properties } = readProperties(cursor);
  try {
    return withFingerprints(properties);
  } catch {
    throw new SqlError('003065', '22023', "New public key rejected by current policy. Reason: 'Invalid public key'");
  }
};

const sequence = (_context: CommandContext, cursor: TokenCursor): Parsed => {
  cursor.accept('WITH');
  const { start, increment } = readSequence(cursor);
  const hasComment = cursor.accept('COMMENT');
  if (hasComment) cursor.expect('=');
  const comment = hasComment ? cursor.string() : '';
  const stored = `sequence ${randomUUID()}`;
  return {
    properties: { START: String(start), INCREMENT: String(increment), COMMENT: comment, STORED: stored },
    statements: [createSequenceSql(`_emulator.${quoteIdentifier(stored)}`, start, increment)],
  };
};

/** ON TABLE | VIEW t …: the source must exist. */
const stream = ({ session, catalog }: CommandContext, cursor: TokenCursor): Parsed => {
  cursor.accept('COPY', 'GRANTS');
  cursor.expect('ON');
  const isTable = cursor.accept('TABLE') || cursor.accept('VIEW');
  if (!isTable) throw notEmulated(`streams on ${cursor.peek().text}`);
  const parts = cursor.name();
  const source = catalog.table(session.tableName(parts));
  if (source === null) throw doesNotExist('Table', parts.map(displayIdentifier).join('.'));
  const { database, schema, table } = source.name;
  const given = readProperties(cursor);
  if (given['AT'] !== undefined || given['BEFORE'] !== undefined) throw notEmulated('streams that begin in the past');
  const properties = { ...given, TABLE: `${database}.${schema}.${table}` };
  if (source.viewQuery !== undefined) return { properties };
  const { stored, statements } = newSnapshot(source, given['SHOW_INITIAL_ROWS'] === 'TRUE');
  return { properties: { ...properties, TABLE_ID: source.id, STORED: stored }, statements, tracks: source };
};

/** Properties, WHEN condition and AS statement are kept as written; the emulator never runs a task. */
const task = (_context: CommandContext, cursor: TokenCursor): Parsed => {
  const properties: Record<string, string> = { STATE: 'suspended' };
  while (!cursor.atEnd && cursor.peek().text !== 'WHEN' && cursor.peek().text !== 'AS') {
    if (cursor.accept('AFTER')) {
      const from = cursor.peek();
      do cursor.name();
      while (cursor.accept(','));
      properties['AFTER'] = cursor.textFrom(from);
    } else Object.assign(properties, readOneProperty(cursor));
  }
  if (cursor.accept('WHEN')) {
    const from = cursor.peek();
    while (!cursor.atEnd && cursor.peek().text !== 'AS') cursor.skipGroup();
    properties['CONDITION'] = cursor.textFrom(from);
  }
  cursor.expect('AS');
  properties['DEFINITION'] = cursor.sql.slice(cursor.peek().from).replace(/;\s*$/, '');
  if (properties['DEFINITION'] === '') cursor.fail();
  while (cursor.next().kind !== 'end');
  return { properties };
};

const readOneProperty = (cursor: TokenCursor): Readonly<Record<string, string>> => {
  const property = cursor.identifier();
  cursor.expect('=');
  const value = cursor.peek();
  cursor.skipGroup();
  return { [property]: value.text };
};

const fileFormat = (context: CommandContext, cursor: TokenCursor): Parsed => ({
  properties: { TYPE: 'CSV', ...readFormatOptions(context, cursor) },
});

const warehouse = (_context: CommandContext, cursor: TokenCursor): Parsed => {
  cursor.accept('WITH');
  return { properties: readProperties(cursor) };
};

const user = (_context: CommandContext, cursor: TokenCursor): Parsed => ({ properties: readUserProperties(cursor) });

const parsers: Readonly<Record<ObjectKind, (context: CommandContext, cursor: TokenCursor) => Parsed>> = {
  SEQUENCE: sequence,
  STREAM: stream,
  TASK: task,
  'FILE FORMAT': fileFormat,
  WAREHOUSE: warehouse,
  USER: user,
};
