import { quoteIdentifier, quoteLiteral } from '../catalog/identifier.ts';
import { tokenize } from './tokenizer.ts';

/**
 * `$1` as the name `"$1"`, and `@stage/path` as `'@stage/path'`, which the parser takes; strings and comments stay as they
 * are.
 */
export const quotePositionalColumns = (sql: string): string => {
  const tokens = tokenize(sql);
  let text = '';
  let at = 0;
  for (const [index, token] of tokens.entries()) {
    if (token.kind !== 'symbol' || token.from < at) continue;
    const stage = token.text === '@' ? /^@[^\s;,()]+/.exec(sql.slice(token.from))?.[0] : undefined;
    const number = tokens[index + 1];
    const isPosition = token.text === '$' && number?.kind === 'number' && number.from === token.to;
    if (stage === undefined && !isPosition) continue;
    text += sql.slice(at, token.from);
    text += stage === undefined ? quoteIdentifier(`$${number?.text}`) : quoteLiteral(stage);
    at = stage === undefined ? (number?.to ?? token.to) : token.from + stage.length;
  }
  return text + sql.slice(at);
};
