import type { PrivilegeGrant } from '../../catalog/access-control.ts';
import { displayIdentifier } from '../../catalog/identifier.ts';
import { listResult, type ResultSet, statusResult } from '../result-set.ts';
import { alreadyExists, doesNotExist, notEmulated } from '../sql-error.ts';
import type { TokenCursor } from '../token-cursor.ts';
import type { Command, CommandContext } from './command.ts';

/** CREATE ROLE [IF NOT EXISTS] r. */
export const createRole = async (context: CommandContext, cursor: TokenCursor): Promise<ResultSet> => {
  const ifNotExists = cursor.accept('IF', 'NOT', 'EXISTS');
  const role = cursor.identifier();
  while (!cursor.atEnd) cursor.next();
  const shown = displayIdentifier(role);
  if (context.catalog.hasRole(role)) {
    if (!ifNotExists) throw alreadyExists(shown);
    return statusResult(`${shown} already exists, statement succeeded.`);
  }
  await context.catalog.createRole(role);
  return statusResult(`Role ${shown} successfully created.`);
};

const done = statusResult('Statement executed successfully.');

/** GRANT ROLE r TO ROLE|USER x; GRANT privileges ON [ALL|FUTURE] object TO [ROLE] r [WITH GRANT OPTION]. [documented] */
export const grant: Command = async (context, cursor) => {
  const { catalog, nowMs } = context;
  if (cursor.accept('ROLE')) {
    const role = requireRole(context, cursor);
    cursor.expect('TO');
    const granteeKind = cursor.accept('USER') ? 'USER' : 'ROLE';
    if (granteeKind === 'ROLE') cursor.expect('ROLE');
    const grantee = granteeKind === 'ROLE' ? requireRole(context, cursor) : cursor.identifier();
    cursor.expectEnd();
    await catalog.saveRoleGrant({ role, granteeKind, grantee, createdOnMs: nowMs });
    return done;
  }
  const grants = readPrivileges(context, cursor, 'TO');
  for (const one of grants) await catalog.saveGrant(one);
  return done;
};

export const revoke: Command = async (context, cursor) => {
  const { catalog } = context;
  if (cursor.accept('ROLE')) {
    const role = requireRole(context, cursor);
    cursor.expect('FROM');
    const granteeKind = cursor.accept('USER') ? 'USER' : 'ROLE';
    if (granteeKind === 'ROLE') cursor.expect('ROLE');
    await catalog.forgetRoleGrant({ role, granteeKind, grantee: cursor.identifier(), createdOnMs: 0 });
    return done;
  }
  for (const one of readPrivileges(context, cursor, 'FROM')) await catalog.forgetGrant(one);
  return done;
};

const requireRole = ({ catalog }: CommandContext, cursor: TokenCursor): string => {
  const role = cursor.identifier();
  if (!catalog.hasRole(role)) throw doesNotExist('Role', displayIdentifier(role));
  return role;
};

const readPrivileges = (
  context: CommandContext,
  cursor: TokenCursor,
  direction: 'TO' | 'FROM',
): readonly PrivilegeGrant[] => {
  const privileges: string[] = [];
  do {
    const words = [cursor.identifier()];
    while (![',', 'ON'].includes(cursor.peek().text) && !cursor.atEnd) words.push(cursor.identifier());
    const privilege = words.join(' ');
    privileges.push(privilege === 'ALL PRIVILEGES' ? 'ALL' : privilege);
  } while (cursor.accept(','));
  cursor.expect('ON');
  const objects = readObjects(context, cursor);
  cursor.expect(direction);
  cursor.accept('ROLE');
  const role = requireRole(context, cursor);
  cursor.accept('WITH', 'GRANT', 'OPTION');
  if (cursor.accept('COPY') || cursor.accept('REVOKE')) cursor.expect('CURRENT', 'GRANTS');
  cursor.accept('CASCADE');
  cursor.expectEnd();
  return privileges.flatMap((privilege) =>
    objects.map((object) => ({ privilege, ...object, role, createdOnMs: context.nowMs })),
  );
};

/** ALL TABLES IN SCHEMA s stands for the tables that are there now. [documented] */
const readObjects = (
  { session, catalog }: CommandContext,
  cursor: TokenCursor,
): readonly Pick<PrivilegeGrant, 'kind' | 'name' | 'future'>[] => {
  if (cursor.accept('ACCOUNT')) return [{ kind: 'ACCOUNT', name: [], future: false }];
  const future = cursor.accept('FUTURE');
  if (future || cursor.accept('ALL')) {
    const kind = cursor.identifier().replace(/S$/, '');
    cursor.expect('IN');
    const inDatabase = cursor.accept('DATABASE');
    if (!inDatabase) cursor.expect('SCHEMA');
    const schema = inDatabase ? null : session.schemaName(cursor.name());
    const within = schema === null ? [cursor.identifier()] : [schema.database, schema.schema];
    if (future) return [{ kind, name: within, future }];
    if (kind !== 'TABLE' && kind !== 'VIEW') throw notEmulated(`grants on all objects of kind ${kind}`);
    return catalog
      .tables()
      .filter(({ viewQuery }) => (viewQuery === undefined) === (kind === 'TABLE'))
      .map(({ name }) => [name.database, name.schema, name.table])
      .filter((name) => within.every((part, index) => part === name[index]))
      .map((name) => ({ kind, name, future }));
  }
  const kind = cursor.identifier();
  const parts = cursor.name();
  if (kind === 'DATABASE' || kind === 'WAREHOUSE' || kind === 'USER') return [{ kind, name: parts, future }];
  if (kind === 'SCHEMA') {
    const { database, schema } = session.schemaName(parts);
    if (!catalog.hasSchema({ database, schema })) throw doesNotExist('Schema', displayIdentifier(schema));
    return [{ kind, name: [database, schema], future }];
  }
  const name = session.tableName(parts);
  if ((kind === 'TABLE' || kind === 'VIEW') && catalog.table(name) === null)
    throw doesNotExist(kind === 'TABLE' ? 'Table' : 'View', parts.map(displayIdentifier).join('.'));
  return [{ kind, name: [name.database, name.schema, name.table], future }];
};

const isoTime = (ms: number): string => new Date(ms).toISOString();

/** The role that made a table owns it: listed as a grant of OWNERSHIP. [documented] */
const ownershipOf = (
  { catalog }: CommandContext,
  object: Pick<PrivilegeGrant, 'kind' | 'name'> | undefined,
): readonly PrivilegeGrant[] => {
  if (object?.kind !== 'TABLE') return [];
  const [database = '', schema = '', table = ''] = object.name;
  const found = catalog.table({ database, schema, table });
  if (found === null) return [];
  const { owner = 'ACCOUNTADMIN', createdOnMs } = found;
  return [{ privilege: 'OWNERSHIP', kind: 'TABLE', name: object.name, future: false, role: owner, createdOnMs }];
};

/** SHOW GRANTS TO ROLE r | TO USER u | OF ROLE r | ON kind name. [documented columns] */
export const showGrants: Command = async (context, cursor) => {
  const { catalog, session } = context;
  if (cursor.accept('OF', 'ROLE') || cursor.accept('TO', 'USER')) {
    const name = cursor.identifier();
    return listResult(
      ['created_on', 'role', 'granted_to', 'grantee_name', 'granted_by'],
      catalog
        .roleGrants()
        .filter(({ role, granteeKind, grantee }) => role === name || (granteeKind === 'USER' && grantee === name))
        .map(({ role, granteeKind, grantee, createdOnMs }) => [
          isoTime(createdOnMs),
          role,
          granteeKind,
          grantee,
          'ACCOUNTADMIN',
        ]),
    );
  }
  let chosen: (grant: PrivilegeGrant) => boolean = ({ role }) => role === session.role;
  let owned: readonly PrivilegeGrant[] = [];
  if (cursor.accept('TO')) {
    cursor.accept('ROLE');
    const name = cursor.identifier();
    chosen = ({ role }) => role === name;
  } else if (cursor.accept('ON')) {
    const [object] = readObjects(context, cursor);
    chosen = ({ kind, name }) => kind === object?.kind && name.join('.') === object.name.join('.');
    owned = ownershipOf(context, object);
  }
  return listResult(
    ['created_on', 'privilege', 'granted_on', 'name', 'granted_to', 'grantee_name', 'grant_option', 'granted_by'],
    [...owned, ...catalog.grants().filter((one) => chosen(one))].map(({ privilege, kind, name, role, createdOnMs }) => [
      isoTime(createdOnMs),
      privilege,
      kind,
      name.map(displayIdentifier).join('.'),
      'ROLE',
      role,
      'false',
      'ACCOUNTADMIN',
    ]),
  );
};
