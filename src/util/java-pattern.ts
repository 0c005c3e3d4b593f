import { JavaPatternError, JavaPatternParser } from './java-pattern-parser.ts';

export { JavaPatternError } from './java-pattern-parser.ts';

/** java.util.regex.Pattern, as far as JavaScript's engine can do the same. */
export interface JavaPattern {
  /** Matches whole texts only, as Matcher.matches does. */
  readonly whole: RegExp;
  matches(text: string): boolean;
  /** Matcher.replaceFirst: `$1`, `${name}`, `\` escapes. Throws ReplacementError. The text as it is where nothing is found. */
  replaceFirst(text: string, replacement: string): string;
}

/** A replacement that names no group of the pattern, with Java's class and words. */
export class ReplacementError extends Error {
  override readonly name: string = 'ReplacementError';
  readonly javaClass: string;
  constructor(javaClass: string, message: string) {
    super(message);
    this.javaClass = javaClass;
  }
}

/** Throws JavaPatternError: wrong syntax (in Java's words), or a construct that JavaScript has not (with what to write instead). */
export const compileJavaPattern = (java: string): JavaPattern => {
  const { source, groups, names } = new JavaPatternParser(java).parse();
  const [whole, first] = [compiled(java, `^(?:${source})$`), compiled(java, source)];
  return {
    whole,
    matches: (text) => whole.test(text),
    replaceFirst: (text, replacement) => {
      const match = first.exec(text);
      if (match === null) return text;
      const groupAt = (group: number): string => match[groups[group - 1] ?? 0] ?? '';
      const expanded = expand(replacement, {
        count: groups.length,
        text: (group) => (group === 0 ? match[0] : groupAt(group)),
        named: (name) => names.get(name) ?? null,
      });
      return text.slice(0, match.index) + expanded + text.slice(match.index + match[0].length);
    },
  };
};

const compiled = (java: string, source: string): RegExp => {
  try {
    return new RegExp(source, 'v');
  } catch (cause) {
    throw new JavaPatternError(`${cause instanceof Error ? cause.message : String(cause)}\n${java}`, { cause });
  }
};

interface Groups {
  readonly count: number;
  text(group: number): string;
  named(name: string): number | null;
}

const illegalArgument = (message: string): ReplacementError =>
  new ReplacementError('java.lang.IllegalArgumentException', message);

const expand = (replacement: string, groups: Groups): string => {
  let result = '';
  for (let at = 0; at < replacement.length; ) {
    const character = replacement.charAt(at);
    if (character === '\\') {
      if (at + 1 === replacement.length) throw illegalArgument('character to be escaped is missing');
      result += replacement.charAt(at + 1);
      at += 2;
    } else if (character === '$') {
      const reference = groupReference(replacement, at + 1, groups);
      result += groups.text(reference.group);
      at = reference.end;
    } else {
      result += character;
      at++;
    }
  }
  return result;
};

const groupReference = (replacement: string, start: number, groups: Groups): { group: number; end: number } => {
  if (start === replacement.length) throw illegalArgument('Illegal group reference: group index is missing');
  if (replacement.charAt(start) === '{') return namedReference(replacement, start + 1, groups);
  if (!/\d/.test(replacement.charAt(start))) throw illegalArgument('Illegal group reference');
  let group = Number(replacement.charAt(start));
  if (group > groups.count) throw new ReplacementError('java.lang.IndexOutOfBoundsException', `No group ${group}`);
  let end = start + 1;
  // Further digits count as long as there is such a group.
  for (; /\d/.test(replacement.charAt(end)); end++) {
    const longer = group * 10 + Number(replacement.charAt(end));
    if (longer > groups.count) break;
    group = longer;
  }
  return { group, end };
};

const namedReference = (replacement: string, start: number, groups: Groups): { group: number; end: number } => {
  const name = /^[a-zA-Z0-9]*/.exec(replacement.slice(start))?.[0] ?? '';
  if (name === '') throw illegalArgument('named capturing group has 0 length name');
  if (replacement.charAt(start + name.length) !== '}') {
    throw illegalArgument("named capturing group is missing trailing '}'");
  }
  if (/^\d/.test(name)) throw illegalArgument(`capturing group name {${name}} starts with digit character`);
  const group = groups.named(name);
  if (group === null) throw illegalArgument(`No group with name {${name}}`);
  return { group, end: start + name.length + 1 };
};
