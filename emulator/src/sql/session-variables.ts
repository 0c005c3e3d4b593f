import type { Command, CommandContext } from './commands/command.ts';
import { createdOn, type Filter, selects } from './commands/show-filter.ts';
import { runQuery } from './query.ts';
import { listResult, type ResultSet, statementType, statusResult } from './result-set.ts';
import { notEmulated, SqlError } from './sql-error.ts';
import { tokenize } from './tokenizer.ts';

/** What `SET name = value` keeps: the value as a literal of SQL. */
export interface SessionVariable {
  readonly literal: string;
  readonly text: string;
  readonly type: 'fixed' | 'real' | 'text' | 'boolean';
  readonly setOnMs: number;
}

const done = (): ResultSet => statusResult('Statement executed successfully.', statementType.command);

/** SET a = 1; SET (a, b) = (1, 'x'); SET a = (SELECT …). Values are constants, kept until the session ends. [documented] */
export const setVariable: Command = async (context, cursor) => {
  const names: string[] = [];
  const isList = cursor.accept('(');
  do names.push(cursor.identifier());
  while (isList && cursor.accept(','));
  if (isList) cursor.expect(')');
  cursor.expect('=');
  const value = cursor.sql.slice(cursor.peek().from).replace(/;\s*$/, '');
  const result = await runQuery(context, `SELECT ${isList ? value.trim().slice(1, -1) : value}`);
  if (result.columns.length !== names.length || result.rows.length !== 1)
    throw new SqlError(
      '001003',
      '42000',
      `SQL compilation error:\nSET needs one value for each of ${names.join(', ')}.`,
    );
  for (const [index, name] of names.entries())
    context.session.variables.set(name, variableOf(result, index, context.nowMs));
  return done();
};

const variableOf = ({ columns, rows }: ResultSet, index: number, setOnMs: number): SessionVariable => {
  const [type, text] = [columns[index]?.type ?? 'text', rows[0]?.[index] ?? null];
  if (text === null) throw notEmulated('session variables that are NULL');
  switch (type) {
    case 'fixed':
    case 'real':
      return { literal: text, text, type, setOnMs };
    case 'boolean':
      return { literal: text === '1' ? 'TRUE' : 'FALSE', text: text === '1' ? 'true' : 'false', type, setOnMs };
    case 'text':
      return { literal: `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`, text, type, setOnMs };
    default:
      throw notEmulated(`session variables of type ${type}`);
  }
};

export const unsetVariable: Command = async ({ session }, cursor) => {
  const isList = cursor.accept('(');
  do session.variables.delete(cursor.identifier());
  while (isList && cursor.accept(','));
  if (isList) cursor.expect(')');
  cursor.expectEnd();
  return done();
};

/** The statement with `$name` written as the literal that it stands for; strings and comments stay as they are. */
export const applyVariables = (sql: string, variables: ReadonlyMap<string, SessionVariable>): string => {
  const tokens = tokenize(sql);
  let text = '';
  let at = 0;
  for (const [index, token] of tokens.entries()) {
    const name = tokens[index + 1];
    if (token.kind !== 'symbol' || token.text !== '$' || name?.kind !== 'word' || name.from !== token.to) continue;
    const variable = variables.get(name.text);
    // [the code is observed]
    if (variable === undefined)
      throw new SqlError('002211', '02000', `SQL compilation error:\nSession variable '$${name.text}' does not exist`);
    text += sql.slice(at, token.from) + variable.literal;
    at = name.to;
  }
  return text + sql.slice(at);
};

/** [documented columns] */
export const showVariables = ({ session }: CommandContext, filter: Filter): ResultSet =>
  listResult(
    ['session_id', 'created_on', 'updated_on', 'name', 'value', 'type', 'comment'],
    [...session.variables]
      .filter(([name]) => selects(filter, name))
      .map(([name, { setOnMs, text, type }]) => {
        const on = createdOn(setOnMs);
        return [String(session.id), on, on, name, text, type, ''];
      }),
  );
