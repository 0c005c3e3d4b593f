import {
  type DataType,
  dataTypeOf,
  icebergDataTypeOf,
  type StructureMember,
  type TypeName,
} from '../../catalog/data-type.ts';
import { quoteIdentifier, quoteLiteral } from '../../catalog/identifier.ts';
import type { ColumnDefinition } from '../../catalog/table-definition.ts';
import { rewriteQuery } from '../rewrite-query.ts';
import { notEmulated, SqlError } from '../sql-error.ts';
import { parseSnowflake, toDuckDb } from '../syntax-tree.ts';
import type { TokenCursor } from '../token-cursor.ts';
import type { CommandContext } from './command.ts';

export interface ParsedColumn {
  readonly column: ColumnDefinition;
  /** DuckDB statements that must run before the column exists. */
  readonly prelude: readonly string[];
}

/** `NUMBER(10, 2)`, `DOUBLE PRECISION`, `TIMESTAMP WITH TIME ZONE`, … */
export const parseDataType = (cursor: TokenCursor, isIceberg = false): DataType => {
  let name = cursor.identifier();
  while (['PRECISION', 'VARYING', 'WITH', 'WITHOUT', 'LOCAL', 'TIME', 'ZONE'].includes(cursor.peek().text)) {
    name += ` ${cursor.next().text}`;
  }
  if (['ARRAY', 'OBJECT', 'MAP'].includes(name) && cursor.peek().text === '(')
    return { name: name as TypeName, structure: readStructure(cursor, name, isIceberg) };
  const parameters: number[] = [];
  if (cursor.accept('(')) {
    do parameters.push(cursor.number());
    while (cursor.accept(','));
    cursor.expect(')');
  }
  const type = (isIceberg ? icebergDataTypeOf : dataTypeOf)(name, parameters);
  if (type === null) throw new SqlError('002040', '42601', `SQL compilation error:\nUnsupported data type '${name}'.`);
  return type;
};

/** `(INT NOT NULL)` of ARRAY, `(a INT, b VARCHAR)` or `()` of OBJECT, `(VARCHAR, INT)` of MAP. [documented] */
const readStructure = (cursor: TokenCursor, kind: string, isIceberg: boolean): readonly StructureMember[] => {
  const members: StructureMember[] = [];
  cursor.expect('(');
  if (kind === 'OBJECT' && cursor.accept(')')) return members;
  do {
    const name = kind === 'OBJECT' ? readKey(cursor) : null;
    const type = parseDataType(cursor, isIceberg);
    members.push({ name, type, nullable: !cursor.accept('NOT', 'NULL') });
  } while (cursor.accept(','));
  cursor.expect(')');
  return members;
};

/** Keys of an OBJECT keep their case. [documented] */
const readKey = (cursor: TokenCursor): string => {
  const { from, to, kind } = cursor.peek();
  const stored = cursor.identifier();
  return kind === 'quoted' ? stored : cursor.sql.slice(from, to);
};

/** PRIMARY KEY, UNIQUE and FOREIGN KEY are accepted and, as in Snowflake, not enforced; a primary key is NOT NULL. */
export const acceptConstraint = (cursor: TokenCursor, keys: Set<string>): boolean => {
  if (cursor.accept('CONSTRAINT')) cursor.identifier();
  if (cursor.accept('PRIMARY', 'KEY')) {
    cursor.expect('(');
    do keys.add(cursor.identifier());
    while (cursor.accept(','));
    cursor.expect(')');
  } else if (cursor.accept('UNIQUE')) cursor.skipGroup();
  else if (cursor.accept('FOREIGN', 'KEY')) {
    cursor.skipGroup();
    cursor.expect('REFERENCES');
    cursor.name();
    if (cursor.peek().text === '(') cursor.skipGroup();
  } else return false;
  // [NOT] ENFORCED, RELY, DEFERRABLE and the like change nothing here.
  while (!cursor.atEnd && cursor.peek().text !== ',' && cursor.peek().text !== ')') cursor.next();
  return true;
};

/** What follows DEFAULT, as written and as DuckDB evaluates it. */
export const parseDefault = (
  context: CommandContext,
  cursor: TokenCursor,
  type: DataType,
): { readonly defaultSql: string; readonly storedDefaultSql: string } => {
  const defaultSql = readExpression(cursor);
  const value = expressionForDuckDb(context, defaultSql);
  return { defaultSql, storedDefaultSql: type.name === 'TIMESTAMP_TZ' ? `sf_to_tz(${value})` : value };
};

/** A column of CREATE TABLE or ALTER TABLE ADD: name, type and what follows it. */
export const parseColumn = (
  context: CommandContext,
  cursor: TokenCursor,
  sequencePrefix: string,
  isIceberg = false,
): ParsedColumn => {
  const name = cursor.identifier();
  const type = parseDataType(cursor, isIceberg);
  let nullable = true;
  let primaryKey = false;
  let comment: string | null = null;
  let defaultSql: string | null = null;
  let storedDefaultSql: string | null = null;
  const prelude: string[] = [];
  while (!cursor.atEnd && cursor.peek().text !== ',' && cursor.peek().text !== ')') {
    if (cursor.accept('NOT', 'NULL')) nullable = false;
    else if (cursor.accept('NULL')) nullable = true;
    else if (cursor.accept('COMMENT')) comment = cursor.string();
    else if (cursor.accept('PRIMARY', 'KEY')) {
      primaryKey = true;
      nullable = false;
    } else if (cursor.accept('UNIQUE') || cursor.accept('ENFORCED') || cursor.accept('NOT', 'ENFORCED')) continue;
    else if (cursor.accept('CONSTRAINT')) cursor.identifier();
    else if (cursor.accept('REFERENCES') || cursor.accept('FOREIGN', 'KEY', 'REFERENCES')) {
      cursor.name();
      if (cursor.peek().text === '(') cursor.skipGroup();
    } else if (cursor.accept('COLLATE')) throw notEmulated('collations');
    else if (cursor.accept('DEFAULT')) ({ defaultSql, storedDefaultSql } = parseDefault(context, cursor, type));
    else if (cursor.accept('AUTOINCREMENT') || cursor.accept('IDENTITY')) {
      const { start, increment } = readSequence(cursor);
      const sequence = `_emulator.${quoteIdentifier(`${sequencePrefix}.${name}`)}`;
      prelude.push(createSequenceSql(sequence, start, increment));
      defaultSql = `IDENTITY START ${start} INCREMENT ${increment}`;
      storedDefaultSql = `nextval(${quoteLiteral(sequence)})`;
    } else cursor.fail();
  }
  return { column: { name, type, nullable, defaultSql, storedDefaultSql, primaryKey, comment }, prelude };
};

const endsDefault = new Set(['NOT', 'COMMENT', 'PRIMARY', 'UNIQUE', 'COLLATE', 'CONSTRAINT', 'REFERENCES']);

const readExpression = (cursor: TokenCursor): string => {
  const start = cursor.peek();
  do cursor.skipGroup();
  while (!cursor.atEnd && ![',', ')'].includes(cursor.peek().text) && !endsDefault.has(cursor.peek().text));
  return cursor.textFrom(start);
};

/** A constant expression in DuckDB's words. */
const expressionForDuckDb = (context: CommandContext, expression: string): string => {
  const sql = `SELECT ${expression}`;
  const now = /^(CURRENT_TIMESTAMP|SYSDATE|GETDATE|LOCALTIMESTAMP)(\s*\(\s*\))?$/i.exec(expression);
  if (now !== null) return 'now()';
  const { tree } = rewriteQuery(parseSnowflake(sql), '', context.session, context.catalog, context.nowMs);
  return `(${toDuckDb(tree).slice('SELECT '.length)})`;
};

export const createSequenceSql = (stored: string, start: number, increment: number): string =>
  `CREATE SEQUENCE ${stored} START ${start} INCREMENT ${increment} MINVALUE -9223372036854775808 MAXVALUE 9223372036854775807`;

export const readSequence = (cursor: TokenCursor): { start: number; increment: number } => {
  let start = 1;
  let increment = 1;
  if (cursor.accept('(')) {
    start = signed(cursor);
    cursor.expect(',');
    increment = signed(cursor);
    cursor.expect(')');
  }
  for (;;) {
    if (cursor.accept('START')) {
      cursor.accept('WITH');
      cursor.accept('=');
      start = signed(cursor);
    } else if (cursor.accept('INCREMENT')) {
      cursor.accept('BY');
      cursor.accept('=');
      increment = signed(cursor);
    } else if (!cursor.accept('ORDER') && !cursor.accept('NOORDER')) return { start, increment };
  }
};

const signed = (cursor: TokenCursor): number => (cursor.accept('-') ? -cursor.number() : cursor.number());
