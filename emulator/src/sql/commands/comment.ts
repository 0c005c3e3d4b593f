import type { ObjectKind } from '../../catalog/account-object.ts';
import { displayIdentifier } from '../../catalog/identifier.ts';
import { objectName, requireObject } from '../account-object-lookup.ts';
import { requireTableAccess } from '../require-access.ts';
import { statusResult } from '../result-set.ts';
import { doesNotExist, invalidIdentifier, notEmulated } from '../sql-error.ts';
import type { Command } from './command.ts';
import { requireNamespace } from './namespaces.ts';

const objectKinds: ReadonlySet<string> = new Set<ObjectKind>(['SEQUENCE', 'STREAM', 'TASK', 'WAREHOUSE', 'USER']);

/** COMMENT [IF EXISTS] ON TABLE | VIEW | COLUMN | SEQUENCE | … name IS 'text'. [documented] */
export const comment: Command = async (context, cursor) => {
  const { session, catalog } = context;
  const done = statusResult('Statement executed successfully.');
  const ifExists = cursor.accept('IF', 'EXISTS');
  cursor.expect('ON');
  const kind = cursor.identifier();
  const parts = cursor.name();
  cursor.expect('IS');
  const text = cursor.string();
  cursor.expectEnd();
  if (objectKinds.has(kind)) {
    const objectKind = kind as ObjectKind;
    if (ifExists && catalog.object(objectKind, objectName(session, objectKind, parts)) === null) return done;
    await catalog.saveObject({ ...requireObject(context, objectKind, parts), comment: text });
    return done;
  }
  if (kind === 'SCHEMA' || kind === 'DATABASE') {
    const name = requireNamespace(context, kind, parts, ifExists);
    if (name !== null) await catalog.saveComment({ name, comment: text });
    return done;
  }
  if (!['TABLE', 'VIEW', 'COLUMN'].includes(kind)) throw notEmulated(`COMMENT ON ${kind}`);
  const tableParts = kind === 'COLUMN' ? parts.slice(0, -1) : parts;
  const table = tableParts.length === 0 ? null : catalog.table(session.tableName(tableParts));
  if (table === null) {
    if (ifExists) return done;
    throw doesNotExist(kind === 'VIEW' ? 'View' : 'Table', tableParts.map(displayIdentifier).join('.'));
  }
  requireTableAccess(session, catalog, table, 'OWNERSHIP');
  if (kind !== 'COLUMN') {
    await catalog.alterTable({ ...table, comment: text }, []);
    return done;
  }
  const name = parts.at(-1) ?? '';
  if (!table.columns.some((column) => column.name === name)) throw invalidIdentifier(displayIdentifier(name));
  const columns = table.columns.map((column) => (column.name === name ? { ...column, comment: text } : column));
  await catalog.alterTable({ ...table, columns }, []);
  return done;
};
