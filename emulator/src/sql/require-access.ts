import { schemaAccess, tableAccess } from '../catalog/access-control.ts';
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
  privilege: string,
): void => {
  if (!catalog.enforceGrants || table.name.schema === 'INFORMATION_SCHEMA') return;
  const access = tableAccess(session.role, privilege, table, catalog);
  if (access === 'unknown object') throw doesNotExist('Object', displayIdentifier(table.name.table));
  if (access === 'insufficient') throw insufficient('table', table.name.table);
};

export const requireSchemaAccess = (
  session: Session,
  catalog: EmulatorCatalog,
  schema: { readonly database: string; readonly schema: string },
  privilege: string,
): void => {
  if (!catalog.enforceGrants) return;
  const access = schemaAccess(session.role, privilege, schema, catalog);
  if (access === 'unknown object') throw doesNotExist('Schema', displayIdentifier(schema.schema));
  if (access === 'insufficient') throw insufficient('schema', schema.schema);
};
