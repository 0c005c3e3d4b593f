import { quoteIdentifier } from '../catalog/identifier.ts';
import { TokenCursor } from './token-cursor.ts';
import { tokenize } from './tokenizer.ts';

/** `IDENTIFIER('db.s.t')` as the name that it stands for, wherever a name may be. [documented] */
export const plainIdentifiers = (sql: string): string => {
  const tokens = tokenize(sql);
  let text = '';
  let at = 0;
  for (const [index, token] of tokens.entries()) {
    const [open, name, close] = tokens.slice(index + 1, index + 4);
    if (token.kind !== 'word' || token.text !== 'IDENTIFIER' || open?.text !== '(') continue;
    if (name?.kind !== 'string' || close?.text !== ')') continue;
    text += sql.slice(at, token.from) + new TokenCursor(name.text).name().map(quoteIdentifier).join('.');
    at = close.to;
  }
  return text + sql.slice(at);
};
