/** Why a Java regular expression is no good here; the message names the construct, its place and what to write instead. */
export class PatternError extends Error {
  override readonly name: string = 'PatternError';
}

const leadingFlags = /^\(\?([ims]+)\)/;

/**
 * A topic pattern in Java's syntax as a RegExp that matches whole names. Java's `(?i)` at the start, `(?<name>…)`, `\Q…\E`,
 * lookaround, lazy quantifiers and classes mean the same; what JavaScript lacks (possessive quantifiers, atomic groups, class
 * intersections, `\A \z \G \h \R`) or would read otherwise (an unclosed `{`) is refused. Throws PatternError.
 */
export const topicPattern = (java: string): RegExp => {
  const flags = leadingFlags.exec(java)?.[1] ?? '';
  const source = translate(java.slice(flags === '' ? 0 : flags.length + 3));
  try {
    return new RegExp(`^(?:${source})$`, [...new Set(flags)].join(''));
  } catch (cause) {
    throw new PatternError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
};

const refusals: readonly (readonly [RegExp, string])[] = [
  [/^\(\?>/, 'atomic group (?>…): write an ordinary group (?:…)'],
  [/^\(\?[a-zA-Z-]+[:)]/, 'flags inside the pattern: put (?i) at its start'],
  [/^(?:[*+?]|\{\d+(?:,\d*)?\})\+/, 'possessive quantifier: leave the + out'],
  [/^\{(?!\d+(?:,\d*)?\})/, 'unclosed or empty { }: write \\{ for a brace'],
  [/^\\[AzZGhHRX]/, 'escape that JavaScript lacks'],
  [/^\\[pP]/, 'property class \\p{…}: write the characters, like [A-Za-z]'],
];

const translate = (java: string): string => {
  let source = '';
  let inClass = false;
  for (let at = 0; at < java.length; ) {
    const rest = java.slice(at);
    if (rest.startsWith('\\Q')) {
      const end = rest.indexOf('\\E');
      const literal = rest.slice(2, end < 0 ? undefined : end);
      source += literal.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
      at += literal.length + (end < 0 ? 2 : 4);
      continue;
    }
    refuse(rest, at, inClass);
    const token = rest.startsWith('\\') ? rest.slice(0, 2) : rest.charAt(0);
    if (token === '[') inClass = true;
    if (token === ']') inClass = false;
    source += token;
    at += token.length;
  }
  return source;
};

const refuse = (rest: string, at: number, inClass: boolean): void => {
  if (inClass) {
    if (rest.startsWith('[') || rest.startsWith('&&')) {
      throw new PatternError(`class inside a class or intersection at position ${at}: write one plain class`);
    }
    return;
  }
  for (const [construct, advice] of refusals) {
    if (construct.test(rest)) throw new PatternError(`${advice} (position ${at})`);
  }
};
