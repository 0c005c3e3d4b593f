import { objectAccess, tableAccess } from '../catalog/access-control.ts';
import type { EmulatorCatalog } from '../catalog/catalog.ts';
import { displayIdentifier } from '../catalog/identifier.ts';
import type { TableDefinition } from '../catalog/table-definition.ts';
import type { Session } from './session.ts';
import { doesNotExist, SqlError } from './sql-error.ts';

/** 003001. [documented] */
const insufficient = (kind: string, name: string): SqlError =>
  new SqlError(
    '003001',
    '42501',
    `SQL access control error:\nInsufficient privileges to operate on ${kind} '${displayIdentifier(name)}'.`,
  );

/** With `--enforce-grants`: refuses what the session's role may not do; without, nothing. */
export const requireTableAccess = (
  session: Session,
  catalog: EmulatorCatalog,
  table: TableDefinition,
  ...privileges: readonly string[]
): void => {
  if (!catalog.enforceGrants || table.name.schema === 'INFORMATION_SCHEMA') return;
  const access = tableAccess(session.role, privileges, table, catalog);
  if (access === 'unknown object') throw doesNotExist('Object', displayIdentifier(table.name.table));
  if (access === 'insufficient') throw insufficient('table', table.name.table);
};

const shownKinds: Readonly<Record<string, string>> = {
  DATABASE: 'Database',
  SCHEMA: 'Schema',
  STAGE: 'Stage',
  PIPE: 'Pipe',
};

/** The same for a database, schema, stage or pipe (`name`: its parts), or for the account (no parts). */
export const requireAccess = (
  session: Session,
  catalog: EmulatorCatalog,
  kind: 'ACCOUNT' | 'DATABASE' | 'SCHEMA' | 'STAGE' | 'PIPE',
  name: readonly string[],
  ...privileges: readonly string[]
): void => {
  if (!catalog.enforceGrants) return;
  const access = objectAccess(session.role, privileges, kind, name, catalog);
  const shown = name.at(-1) ?? '';
  if (access === 'unknown object') throw doesNotExist(shownKinds[kind] ?? 'Object', displayIdentifier(shown));
  if (access === 'insufficient') throw insufficient(kind.toLowerCase(), shown);
};

export const requireSchemaAccess = (
  session: Session,
  catalog: EmulatorCatalog,
  { database, schema }: { readonly database: string; readonly schema: string },
  privilege: string,
): void => requireAccess(session, catalog, 'SCHEMA', [database, schema], privilege);

/** Whoever makes an object owns it. [documented] */
export const ownNew = async (
  { role }: Session,
  catalog: EmulatorCatalog,
  kind: 'DATABASE' | 'SCHEMA' | 'STAGE' | 'PIPE',
  name: readonly string[],
  nowMs: number,
): Promise<void> => {
  if (role === null || role === 'ACCOUNTADMIN') return;
  await catalog.saveGrant({ privilege: 'OWNERSHIP', kind, name, future: false, role, createdOnMs: nowMs });
};
