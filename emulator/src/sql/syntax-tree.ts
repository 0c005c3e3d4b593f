import { Dialect, generate, parse, transpile } from '@polyglot-sql/sdk';
import { foldMark } from '../catalog/table-definition.ts';
import { notEmulated, syntaxError } from './sql-error.ts';

/** A node of polyglot-sql's tree: `{"select": {…}}`, `{"column": {…}}`; lists and leaves lie in its properties. */
export interface TreeNode {
  readonly [key: string]: unknown;
}

export const isNode = (value: unknown): value is TreeNode =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const child = (node: unknown, ...path: readonly string[]): unknown =>
  path.reduce<unknown>((value, key) => (isNode(value) ? value[key] : undefined), node);

/** Rebuilds the tree from the leaves up; `visit` sees each node with its children already rebuilt. */
export const mapTree = (value: unknown, visit: (node: TreeNode) => unknown): unknown => {
  if (Array.isArray(value)) return value.map((item) => mapTree(item, visit));
  if (!isNode(value)) return value;
  return visit(Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapTree(item, visit)])));
};

export const call = (name: string, ...args: readonly unknown[]): TreeNode => ({
  function: {
    name,
    args,
    distinct: false,
    trailing_comments: [],
    use_bracket_syntax: false,
    no_parens: false,
    quoted: false,
  },
});

export const identifierNode = (name: string): TreeNode => ({ name, quoted: true, trailing_comments: [] });

/** Stands for a quote inside a name while it goes through the generator, which takes doubled quotes for something else. */
const quoteMark = '\ue022';
export const headingNode = (heading: string): TreeNode => identifierNode(heading.replaceAll('"', quoteMark));
export const headingOf = (name: string): string =>
  name.replaceAll(quoteMark, '"').replace(new RegExp(`${foldMark}\\d+$`), '');
export const tableNode = (name: TreeNode): TreeNode => ({ table: { ...emptyTable, name } });
export const emptyTable: TreeNode = {
  alias: null,
  alias_explicit_as: true,
  column_aliases: [],
  trailing_comments: [],
  when: null,
  only: false,
  final_: false,
  hints: [],
};
export const stringNode = (value: string): TreeNode => ({ literal: { literal_type: 'string', value } });
export const numberNode = (value: number): TreeNode => ({ literal: { literal_type: 'number', value: String(value) } });
export const booleanNode = (value: boolean): TreeNode => ({ boolean: { value } });
export const columnNode = (name: string, table: string | null): TreeNode => ({
  column: {
    name: identifierNode(name),
    table: table === null ? null : identifierNode(table),
    join_mark: false,
    trailing_comments: [],
  },
});
export const castNode = (value: unknown, to: TreeNode): TreeNode => ({
  cast: { this: value, to, trailing_comments: [], double_colon_syntax: false },
});

/** One Snowflake statement as a tree. */
export const parseSnowflake = (sql: string): TreeNode => {
  if (/^\s*SELECT\s*;?\s*$/i.test(sql)) throw syntaxError(1, sql.length, '');
  const parsed = parse(sql, Dialect.Snowflake);
  if (!parsed.success) {
    const { errorLine = 1, errorStart = 0, errorEnd = 0 } = parsed;
    throw syntaxError(errorLine, errorStart, sql.slice(errorStart, errorEnd));
  }
  const [statement, ...rest] = Array.isArray(parsed.ast) ? parsed.ast : [parsed.ast];
  if (rest.length > 0) throw notEmulated('several statements in one query without MULTI_STATEMENT_COUNT');
  if (!isNode(statement)) throw notEmulated('an empty statement');
  return statement;
};

/** The rewritten tree in DuckDB's dialect. */
export const toDuckDb = (tree: TreeNode): string => {
  const snowflake = generate([tree], Dialect.Snowflake);
  const [sql] = snowflake.success ? (snowflake.sql ?? []) : [];
  if (sql === undefined) throw notEmulated(`this form of statement: ${snowflake.error}`);
  const duckDb = transpile(sql, Dialect.Snowflake, Dialect.DuckDB);
  const [result] = duckDb.success ? (duckDb.sql ?? []) : [];
  if (result === undefined) throw notEmulated(`this form of statement: ${duckDb.error}`);
  return result;
};
