import type { TableDefinition } from './table-definition.ts';

/** One GRANT of a privilege on an object to a role. Names as stored. */
export interface PrivilegeGrant {
  readonly privilege: string;
  /** TABLE, VIEW, SCHEMA, DATABASE, STAGE, PIPE, WAREHOUSE, … */
  readonly kind: string;
  /** Parts of the object's name; with `future` of the schema or database that it will be created in. */
  readonly name: readonly string[];
  readonly future: boolean;
  readonly role: string;
  readonly createdOnMs: number;
}

/** GRANT ROLE role TO ROLE | USER grantee. */
export interface RoleGrant {
  readonly role: string;
  readonly granteeKind: 'ROLE' | 'USER';
  readonly grantee: string;
  readonly createdOnMs: number;
}

/** Roles that exist in every account. [documented] The first may do everything here. */
export const systemRoles = ['ACCOUNTADMIN', 'ORGADMIN', 'PUBLIC', 'SECURITYADMIN', 'SYSADMIN', 'USERADMIN'] as const;

export interface AccessRules {
  readonly grants: () => readonly PrivilegeGrant[];
  readonly roleGrants: () => readonly RoleGrant[];
}

/** The role and every role granted to it; PUBLIC is granted to all. [documented] */
const rolesOf = (role: string, rules: AccessRules): ReadonlySet<string> => {
  const roles = new Set([role, 'PUBLIC']);
  for (const reached of roles)
    for (const grant of rules.roleGrants())
      if (grant.granteeKind === 'ROLE' && grant.grantee === reached) roles.add(grant.role);
  return roles;
};

/** PUBLIC is everybody's, and here ACCOUNTADMIN too; others are by a grant to the user or to another role of the user. [documented] */
export const mayAssumeRole = (user: string, role: string, rules: AccessRules): boolean => {
  const granted = rules.roleGrants().filter(({ granteeKind, grantee }) => granteeKind === 'USER' && grantee === user);
  return (
    role === 'ACCOUNTADMIN' ||
    ['PUBLIC', ...granted.map((grant) => grant.role)].some((own) => rolesOf(own, rules).has(role))
  );
};

const sameName = (a: readonly string[], b: readonly string[]): boolean => JSON.stringify(a) === JSON.stringify(b);

export type Access = 'granted' | 'insufficient' | 'unknown object';

/**
 * What a role may do with a table, by one of the privileges: nothing on database, schema or table makes the table unknown to it; another privilege
 * than the one needed is not enough. [documented: USAGE on both, then the privilege on the object or its ownership]
 */
export const tableAccess = (
  role: string | null,
  privileges: readonly string[],
  table: TableDefinition,
  rules: AccessRules,
): Access => {
  if (role === null) return 'unknown object';
  if (role === 'ACCOUNTADMIN') return 'granted';
  const roles = rolesOf(role, rules);
  if (table.owner !== undefined && roles.has(table.owner)) return 'granted';
  const held = rules.grants().filter((grant) => roles.has(grant.role));
  const { database, schema, table: name } = table.name;
  const sees = (kind: string, parts: readonly string[]): boolean =>
    held.some((grant) => grant.kind === kind && !grant.future && sameName(grant.name, parts));
  if (!sees('DATABASE', [database]) || !sees('SCHEMA', [database, schema])) return 'unknown object';
  const kind = table.viewQuery === undefined ? 'TABLE' : 'VIEW';
  const onTable = held.filter((grant) => {
    if (grant.kind !== kind) return false;
    if (!grant.future) return sameName(grant.name, [database, schema, name]);
    const within = grant.name.length === 1 ? [database] : [database, schema];
    return sameName(grant.name, within) && table.createdOnMs >= grant.createdOnMs;
  });
  if (onTable.length === 0) return 'unknown object';
  return onTable.some((grant) => ['OWNERSHIP', 'ALL', ...privileges].includes(grant.privilege))
    ? 'granted'
    : 'insufficient';
};

/**
 * A database, schema, stage or pipe, or the account itself: one of the privileges on it, or its ownership; with none at all
 * it is unknown to the role. [documented]
 */
export const objectAccess = (
  role: string | null,
  privileges: readonly string[],
  kind: string,
  name: readonly string[],
  rules: AccessRules,
): Access => {
  if (role === 'ACCOUNTADMIN') return 'granted';
  if (role === null) return 'unknown object';
  const roles = rolesOf(role, rules);
  const onObject = rules
    .grants()
    .filter((grant) => roles.has(grant.role) && grant.kind === kind && !grant.future && sameName(grant.name, name));
  if (onObject.length === 0) return kind === 'ACCOUNT' ? 'insufficient' : 'unknown object';
  return onObject.some((grant) => ['OWNERSHIP', 'ALL', ...privileges].includes(grant.privilege))
    ? 'granted'
    : 'insufficient';
};
