import { displayIdentifier } from '../../catalog/identifier.ts';
import type { TableDefinition } from '../../catalog/table-definition.ts';
import { doesNotExist } from '../sql-error.ts';
import type { TokenCursor } from '../token-cursor.ts';
import type { CommandContext } from './command.ts';

/** LIKE, IN, STARTS WITH and LIMIT of a SHOW. */
export interface Filter {
  readonly like: RegExp | null;
  /** Null: the whole account. */
  readonly database: string | null;
  readonly schema: string | null;
  readonly table: TableDefinition | null;
  readonly startsWith: string;
  readonly limit: number;
}

const likePattern = (pattern: string): RegExp => {
  const body = pattern.replace(/\\(.)|[%_]|[.*+?^${}()|[\]\\]/g, (found, escaped: string | undefined) => {
    if (escaped !== undefined) return `\\${escaped}`;
    return found === '%' ? '.*' : found === '_' ? '.' : `\\${found}`;
  });
  return new RegExp(`^${body}$`, 'is');
};

export const parseFilter = (context: CommandContext, cursor: TokenCursor): Filter => {
  const { session } = context;
  const like = cursor.accept('LIKE') ? likePattern(cursor.string()) : null;
  let scope: Pick<Filter, 'database' | 'schema' | 'table'> = {
    database: session.database,
    schema: session.schema,
    table: null,
  };
  if (cursor.accept('IN') || cursor.accept('FOR')) scope = parseScope(context, cursor);
  const startsWith = cursor.accept('STARTS', 'WITH') ? cursor.string() : '';
  const limit = cursor.accept('LIMIT') ? cursor.number() : Number.POSITIVE_INFINITY;
  cursor.expectEnd();
  return { ...scope, like, startsWith, limit };
};

const parseScope = (
  { session, catalog }: CommandContext,
  cursor: TokenCursor,
): Pick<Filter, 'database' | 'schema' | 'table'> => {
  const named = (): boolean => !cursor.atEnd && !['STARTS', 'LIMIT'].includes(cursor.peek().text);
  if (cursor.accept('ACCOUNT')) return { database: null, schema: null, table: null };
  if (cursor.accept('DATABASE'))
    return { database: named() ? cursor.identifier() : session.database, schema: null, table: null };
  if (cursor.accept('TABLE') || cursor.accept('VIEW')) {
    const parts = cursor.name();
    const table = catalog.table(session.tableName(parts));
    if (table === null) throw doesNotExist('Table', parts.map(displayIdentifier).join('.'));
    return { database: table.name.database, schema: table.name.schema, table };
  }
  cursor.accept('SCHEMA');
  if (!named()) return { database: session.database, schema: session.schema, table: null };
  const parts = cursor.name();
  const [only = ''] = parts;
  if (parts.length === 1 && catalog.hasDatabase(only)) return { database: only, schema: null, table: null };
  const name = session.schemaName(parts);
  if (!catalog.hasSchema(name)) throw doesNotExist('Schema', parts.map(displayIdentifier).join('.'));
  return { ...name, table: null };
};

export const createdOn = (ms: number): string => new Date(ms).toISOString();
export const within = (filter: Filter, database: string, schema: string): boolean =>
  (filter.database === null || filter.database === database) && (filter.schema === null || filter.schema === schema);
export const selects = (filter: Filter, name: string): boolean =>
  (filter.like === null || filter.like.test(name)) && name.startsWith(filter.startsWith);
