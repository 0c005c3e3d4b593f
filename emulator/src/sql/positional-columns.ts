import { quoteIdentifier } from '../catalog/identifier.ts';
import { tokenize } from './tokenizer.ts';

/** `$1` as the name `"$1"`, which the parser takes; strings and comments stay as they are. */
export const quotePositionalColumns = (sql: string): string => {
  const tokens = tokenize(sql);
  let text = '';
  let at = 0;
  for (const [index, token] of tokens.entries()) {
    const number = tokens[index + 1];
    if (token.kind !== 'symbol' || token.text !== '$') continue;
    if (number?.kind !== 'number' || number.from !== token.to) continue;
    text += `${sql.slice(at, token.from)}${quoteIdentifier(`$${number.text}`)}`;
    at = number.to;
  }
  return text + sql.slice(at);
};
