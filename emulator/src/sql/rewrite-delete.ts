import { type Token, tokenize } from './tokenizer.ts';

/**
 * `DELETE FROM t USING s WHERE …` as `DELETE FROM t WHERE EXISTS (SELECT 1 FROM s WHERE …)`, which means the same and which
 * the parser reads whatever `s` is; every other statement as it is.
 */
export const withoutDeleteUsing = (sql: string): string => {
  const tokens = tokenize(sql);
  if (tokens[0]?.text !== 'DELETE' || tokens[0].kind !== 'word') return sql;
  let depth = 0;
  let using: Token | null = null;
  let where: Token | null = null;
  for (const token of tokens) {
    if (token.kind === 'symbol' && token.text === '(') depth += 1;
    if (token.kind === 'symbol' && token.text === ')') depth -= 1;
    if (depth !== 0 || token.kind !== 'word') continue;
    if (token.text === 'USING') using ??= token;
    if (token.text === 'WHERE' && using !== null) where ??= token;
  }
  if (using === null) return sql;
  const end = tokens.at(-1)?.from ?? sql.length;
  const body = sql.slice(using.to, where?.from ?? end).replace(/;\s*$/, '');
  const condition = where === null ? '' : ` WHERE ${sql.slice(where.to, end).replace(/;\s*$/, '')}`;
  return `${sql.slice(0, using.from)}WHERE EXISTS (SELECT 1 FROM ${body}${condition})`;
};
