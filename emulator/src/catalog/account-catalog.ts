import type { Database } from '../storage/database.ts';
import { type PrivilegeGrant, type RoleGrant, systemRoles } from './access-control.ts';
import { type AccountObject, type ObjectKind, storedSnapshot } from './account-object.ts';
import type { LoadedFile, StageDefinition } from './stage-definition.ts';
import { StoredObjects } from './stored-objects.ts';

/** COMMENT of a database or schema, by the parts of its name. */
export interface NamespaceComment {
  readonly name: readonly string[];
  readonly comment: string;
}

const keyOf = (...parts: readonly string[]): string => JSON.stringify(parts);
const grantKey = ({ privilege, kind, name, future, role }: PrivilegeGrant): string =>
  keyOf(privilege, kind, ...name, String(future), role);
const roleGrantKey = ({ role, granteeKind, grantee }: RoleGrant): string => keyOf(role, granteeKind, grantee);
const stageKey = (name: StageDefinition['name']): string => keyOf(name.database, name.schema, name.stage);
const objectKey = (kind: ObjectKind, name: readonly string[]): string => keyOf(kind, ...name);

/** What the catalog has beside databases, schemas, tables and pipes: roles, grants, stages, streams and the like. */
export class AccountCatalog {
  readonly #roles: StoredObjects<string>;
  readonly #grants: StoredObjects<PrivilegeGrant>;
  readonly #roleGrants: StoredObjects<RoleGrant>;
  readonly #stages: StoredObjects<StageDefinition>;
  readonly #loadedFiles: StoredObjects<LoadedFile>;
  readonly #objects: StoredObjects<AccountObject>;
  readonly #comments: StoredObjects<NamespaceComment>;

  protected constructor(database: Database) {
    this.#roles = new StoredObjects(database, 'role', (role) => keyOf(role));
    this.#grants = new StoredObjects(database, 'grant', grantKey);
    this.#roleGrants = new StoredObjects(database, 'role grant', roleGrantKey);
    this.#stages = new StoredObjects(database, 'stage', ({ name }) => stageKey(name));
    this.#loadedFiles = new StoredObjects(database, 'loaded', ({ tableId, path }) => keyOf(tableId, path));
    this.#comments = new StoredObjects(database, 'comment', ({ name }) => keyOf(...name));
    this.#objects = new StoredObjects(database, 'object', ({ kind, name }) => objectKey(kind, name));
  }

  roles(): readonly string[] {
    return [...systemRoles, ...this.#roles.values()].sort();
  }

  hasRole(role: string): boolean {
    return this.roles().includes(role);
  }

  createRole(role: string): Promise<void> {
    return this.#roles.save(role);
  }

  /** Its grants go with it. [documented] */
  async dropRole(role: string): Promise<void> {
    for (const grant of this.grants()) if (grant.role === role) await this.forgetGrant(grant);
    for (const grant of this.roleGrants())
      if (grant.role === role || (grant.granteeKind === 'ROLE' && grant.grantee === role))
        await this.forgetRoleGrant(grant);
    await this.#roles.forget(keyOf(role));
  }

  grants(): readonly PrivilegeGrant[] {
    return this.#grants.values();
  }

  roleGrants(): readonly RoleGrant[] {
    return this.#roleGrants.values();
  }

  saveGrant(grant: PrivilegeGrant): Promise<void> {
    return this.#grants.save(grant);
  }

  forgetGrant(grant: PrivilegeGrant): Promise<void> {
    return this.#grants.forget(grantKey(grant));
  }

  saveRoleGrant(grant: RoleGrant): Promise<void> {
    return this.#roleGrants.save(grant);
  }

  forgetRoleGrant(grant: RoleGrant): Promise<void> {
    return this.#roleGrants.forget(roleGrantKey(grant));
  }

  stages(): readonly StageDefinition[] {
    return this.#stages.values();
  }

  stage(name: StageDefinition['name']): StageDefinition | null {
    return this.#stages.get(stageKey(name));
  }

  saveStage(stage: StageDefinition): Promise<void> {
    return this.#stages.save(stage);
  }

  dropStage(name: StageDefinition['name']): Promise<void> {
    return this.#stages.forget(stageKey(name));
  }

  objects(kind: ObjectKind): readonly AccountObject[] {
    return this.#objects.values().filter((object) => object.kind === kind);
  }

  object(kind: ObjectKind, name: readonly string[]): AccountObject | null {
    return this.#objects.get(objectKey(kind, name));
  }

  /** `statements`: what DuckDB must do for it. */
  saveObject(object: AccountObject, statements: readonly string[] = []): Promise<void> {
    return this.#objects.save(object, statements);
  }

  dropObject({ kind, name }: Pick<AccountObject, 'kind' | 'name'>): Promise<void> {
    const found = this.object(kind, name);
    const hasSnapshot = kind === 'STREAM' && found?.properties['STORED'] !== undefined;
    return this.#objects.forget(objectKey(kind, name), hasSnapshot ? [`DROP TABLE ${storedSnapshot(found)}`] : []);
  }

  /** Of a database or schema; empty: none. */
  comment(name: readonly string[]): string {
    return this.#comments.get(keyOf(...name))?.comment ?? '';
  }

  async saveComment(comment: NamespaceComment): Promise<void> {
    if (comment.comment === this.comment(comment.name)) return;
    await this.#comments.save(comment);
  }

  isLoaded(tableId: string, { path, md5 }: { readonly path: string; readonly md5: string }): boolean {
    return this.#loadedFiles.get(keyOf(tableId, path))?.md5 === md5;
  }

  saveLoadedFile(file: LoadedFile): Promise<void> {
    return this.#loadedFiles.save(file);
  }

  protected allObjects(): readonly AccountObject[] {
    return this.#objects.values();
  }

  /** One that was read back. */
  protected restoreObject(kind: string, definition: unknown): void {
    for (const stored of [
      this.#roles,
      this.#grants,
      this.#roleGrants,
      this.#stages,
      this.#loadedFiles,
      this.#objects,
      this.#comments,
    ])
      stored.restore(kind, definition);
  }
}
