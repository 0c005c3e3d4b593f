/** A run of one pattern letter (`yyyy` is `y` four times), or text that stands for itself. */
export type PatternPart =
  | { readonly letter: string; readonly count: number }
  | { readonly letter: null; readonly text: string };

const known = 'GyMwWDdFEaHkKhmsSzZYuXL';

/** A pattern that java.text.SimpleDateFormat refuses, with its words. */
export class FormatError extends Error {
  override readonly name: string = 'FormatError';
}

/** Cuts a pattern into letters and text; `''` is an apostrophe. @throws FormatError */
export const patternParts = (pattern: string): readonly PatternPart[] => {
  const parts: PatternPart[] = [];
  let text = '';
  const flush = (): void => {
    if (text !== '') parts.push({ letter: null, text });
    text = '';
  };
  for (let at = 0; at < pattern.length; ) {
    const character = pattern.charAt(at);
    if (character === "'") {
      const quoted = /^'((?:[^']|'')*)'/.exec(pattern.slice(at));
      if (quoted === null) throw new FormatError('Unterminated quote');
      const content = quoted[1] ?? '';
      text += content === '' ? "'" : content.replaceAll("''", "'");
      at += quoted[0].length;
    } else if (/[a-zA-Z]/.test(character)) {
      if (!known.includes(character)) throw new FormatError(`Illegal pattern character '${character}'`);
      flush();
      const start = at;
      while (pattern.charAt(at) === character) at++;
      if (character === 'X' && at - start > 3) throw new FormatError(`invalid ISO 8601 format: length=${at - start}`);
      parts.push({ letter: character, count: at - start });
    } else {
      text += character;
      at++;
    }
  }
  flush();
  return parts;
};
