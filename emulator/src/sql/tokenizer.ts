import { storedIdentifier } from '../catalog/identifier.ts';
import { syntaxError } from './sql-error.ts';

export type TokenKind = 'word' | 'quoted' | 'string' | 'number' | 'symbol' | 'end';

export interface Token {
  readonly kind: TokenKind;
  /** Words upper-cased, quoted names and strings unescaped, everything else as written. */
  readonly text: string;
  readonly from: number;
  readonly to: number;
}

const pattern =
  /\s+|--[^\n]*|\/\/[^\n]*|\/\*[\s\S]*?\*\/|(?<quoted>"(?:[^"]|"")*")|(?<string>'(?:[^'\\]|''|\\[\s\S])*'|\$\$[\s\S]*?\$\$)|(?<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?<word>[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*)|(?<symbol>::|=>|<>|!=|<=|>=|\|\||\S)/gy;

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f', '0': '\0' };

const stringText = (written: string): string =>
  written.startsWith('$$')
    ? written.slice(2, -2)
    : written
        .slice(1, -1)
        .replace(/''|\\([\s\S])/g, (whole, escaped: string | undefined) =>
          escaped === undefined ? (whole === "''" ? "'" : whole) : (escapes[escaped] ?? escaped),
        );

/** Snowflake's tokens, comments and white space left out, an `end` token behind the last. */
export const tokenize = (sql: string): readonly Token[] => {
  const tokens: Token[] = [];
  for (const match of sql.matchAll(pattern)) {
    const from = match.index;
    const to = from + match[0].length;
    const { quoted, string, number, word, symbol } = match.groups ?? {};
    if (quoted !== undefined) tokens.push({ kind: 'quoted', text: storedIdentifier(quoted), from, to });
    else if (string !== undefined) tokens.push({ kind: 'string', text: stringText(string), from, to });
    else if (number !== undefined) tokens.push({ kind: 'number', text: number, from, to });
    else if (word !== undefined) tokens.push({ kind: 'word', text: word.toUpperCase(), from, to });
    else if (symbol !== undefined) tokens.push({ kind: 'symbol', text: symbol, from, to });
  }
  return [...tokens, { kind: 'end', text: '', from: sql.length, to: sql.length }];
};

/** The statements of a script, split at semicolons that are not inside strings, names or comments. */
export const splitStatements = (script: string): readonly string[] => {
  const statements: string[] = [];
  let start = 0;
  for (const token of tokenize(script)) {
    if (token.kind !== 'end' && !(token.kind === 'symbol' && token.text === ';')) continue;
    const statement = script.slice(start, token.from).trim();
    if (tokenize(statement).length > 1) statements.push(statement);
    start = token.to;
  }
  return statements;
};

export const positionError = (sql: string, token: Token): Error => {
  const before = sql.slice(0, token.from).split('\n');
  return syntaxError(before.length, before.at(-1)?.length ?? 0, sql.slice(token.from, token.to));
};
