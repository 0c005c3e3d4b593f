/** A replacement does not fit its pattern; the message tells how. */
export class TemplateError extends Error {
  override readonly name: string = 'TemplateError';
}

/**
 * Matcher.replaceFirst's replacement text: `$1` and `${name}` stand for groups (one that did not take part is empty), `\x` for x.
 * `$12` is group 12 if there are so many, else group 1 and a 2. Throws TemplateError.
 */
export const fillTemplate = (template: string, match: RegExpExecArray): string => {
  let filled = '';
  for (let at = 0; at < template.length; ) {
    const rest = template.slice(at);
    if (rest.startsWith('\\')) {
      if (rest.length === 1) throw new TemplateError('a backslash at the end escapes nothing');
      filled += rest.charAt(1);
      at += 2;
    } else if (rest.startsWith('$')) {
      const { text, length } = groupReference(rest, match);
      filled += text;
      at += length;
    } else {
      filled += rest.charAt(0);
      at++;
    }
  }
  return filled;
};

const groupReference = (rest: string, match: RegExpExecArray): { readonly text: string; readonly length: number } => {
  const name = /^\$\{([a-zA-Z][a-zA-Z0-9]*)\}/.exec(rest);
  if (name !== null) {
    const [whole, group = ''] = name;
    if (match.groups === undefined || !(group in match.groups)) {
      throw new TemplateError(`there is no group named ${group} in the pattern`);
    }
    return { text: match.groups[group] ?? '', length: whole.length };
  }
  const digits = /^\$(\d+)/.exec(rest)?.[1];
  if (digits === undefined) throw new TemplateError('a $ that is meant literally must be written \\$');
  const groups = match.length - 1;
  if (Number(digits[0]) > groups) throw new TemplateError(`there is no group ${digits[0]} in the pattern`);
  let used = 1;
  while (used < digits.length && Number(digits.slice(0, used + 1)) <= groups) used++;
  return { text: match[Number(digits.slice(0, used))] ?? '', length: used + 1 };
};
