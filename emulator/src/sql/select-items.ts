import { type Token, tokenize } from './tokenizer.ts';

const endsList = new Set([
  'FROM',
  'WHERE',
  'GROUP',
  'HAVING',
  'QUALIFY',
  'ORDER',
  'LIMIT',
  'FETCH',
  'OFFSET',
  'UNION',
  'INTERSECT',
  'EXCEPT',
  'MINUS',
]);

/** The texts of the outermost SELECT's list, as written; null if the statement is no plain SELECT. */
export const selectItemTexts = (sql: string): readonly string[] | null => {
  const tokens = tokenize(sql);
  const items: string[] = [];
  let depth = 0;
  let start: Token | null = null;
  for (const [index, token] of tokens.entries()) {
    if (token.kind === 'symbol' && ['(', '[', '{'].includes(token.text)) depth += 1;
    if (token.kind === 'symbol' && [')', ']', '}'].includes(token.text)) depth -= 1;
    if (depth !== 0) continue;
    if (start === null) {
      if (token.kind === 'word' && token.text === 'SELECT') start = tokens[index + 1] ?? null;
      if (start !== null && (start.text === 'DISTINCT' || start.text === 'ALL')) start = tokens[index + 2] ?? null;
      if (start?.text === 'TOP' && tokens[index + 2]?.kind === 'number') start = tokens[index + 3] ?? null;
      continue;
    }
    // `t.offset` and `v:offset` are names, not clauses.
    const afterName = [':', '.'].includes(tokens[index - 1]?.text ?? '');
    const isAggregates = token.text === 'GROUP' && tokens[index - 1]?.text === 'WITHIN';
    const isClause = token.kind === 'word' && endsList.has(token.text) && !afterName && !isAggregates;
    const ends = token.kind === 'end' || isClause || (token.kind === 'symbol' && token.text === ';');
    const isComma = token.kind === 'symbol' && token.text === ',';
    if (!ends && !isComma) continue;
    items.push(sql.slice(start.from, token.from).trim());
    if (ends) return items;
    start = tokens[index + 1] ?? null;
  }
  return null;
};
