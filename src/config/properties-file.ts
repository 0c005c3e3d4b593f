import { ConfigError } from '../api/index.ts';

interface LogicalLine {
  readonly text: string;
  /** 1-based, of its first natural line. */
  readonly line: number;
}

const trailingBackslashes = /\\+$/;

/** Natural lines joined where they end in an odd number of backslashes; comments and blank lines left out. */
function* logicalLines(text: string): Generator<LogicalLine> {
  const lines = text.split(/\r\n|\n|\r/);
  for (let at = 0; at < lines.length; at++) {
    let current = (lines[at] ?? '').replace(/^[ \t\f]+/, '');
    if (current === '' || current.startsWith('#') || current.startsWith('!')) continue;
    const line = at + 1;
    while ((trailingBackslashes.exec(current)?.[0].length ?? 0) % 2 === 1) {
      current = current.slice(0, -1);
      if (++at >= lines.length) break;
      current += (lines[at] ?? '').replace(/^[ \t\f]+/, '');
    }
    yield { text: current, line };
  }
}

const escapes: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' };

const withoutEscapes = (text: string, file: string, line: number): string =>
  text.replaceAll(/\\(u[0-9a-fA-F]{4}|[\s\S])/g, (_, code: string) => {
    if (code.length === 5) return String.fromCharCode(Number.parseInt(code.slice(1), 16));
    if (code === 'u') {
      throw new ConfigError([
        {
          key: '',
          message:
            `${file}, line ${line}: \\u must be followed by four hexadecimal digits (as in \\u00e9). ` +
            'Write \\\\u for a backslash before a u, or / in Windows paths.',
        },
      ]);
    }
    return escapes[code] ?? code;
  });

/** Where the key ends: the first `=`, `:`, or white space that no backslash protects. */
const keyEnd = (text: string): number => {
  for (let at = 0; at < text.length; at++) {
    const char = text[at] ?? '';
    if (char === '\\') at++;
    else if ('=: \t\f'.includes(char)) return at;
  }
  return text.length;
};

/**
 * java.util.Properties.load: `#` and `!` comments, `=`, `:` or white space between key and value, backslash continuation and
 * escapes. The last of two equal keys wins. `file` is only for messages.
 */
export const parseProperties = (text: string, file: string): Record<string, string> => {
  const properties: Record<string, string> = {};
  for (const { text: logical, line } of logicalLines(text.replace(/^\uFEFF/, ''))) {
    const end = keyEnd(logical);
    const value = logical.slice(end).replace(/^[ \t\f]*[=:]?[ \t\f]*/, '');
    properties[withoutEscapes(logical.slice(0, end), file, line)] = withoutEscapes(value, file, line);
  }
  return properties;
};
