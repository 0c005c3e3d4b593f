const opens = new Set(['{', '[']);
const closes = new Set(['}', ']']);
const isSpace = (character: string): boolean => /\s/.test(character);
const token = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/gs;

/** JSON as result sets show VARIANT, OBJECT and ARRAY: a line for each member, indented by two spaces. [documented] */
export const prettyJson = (text: string): string => {
  const first = text[0] ?? '';
  if (!opens.has(first) && !isSpace(first)) return text;
  const tokens = text.match(token) ?? [];
  let result = '';
  let indent = '\n';
  for (const [index, one] of tokens.entries()) {
    if (closes.has(one)) {
      const isEmpty = opens.has(tokens[index - 1] ?? '');
      indent = indent.slice(0, -2);
      result += isEmpty ? one : indent + one;
    } else if (opens.has(one)) {
      indent += '  ';
      result += closes.has(tokens[index + 1] ?? '') ? one : one + indent;
    } else if (one === ',') result += one + indent;
    else result += one === ':' ? ': ' : one;
  }
  return result;
};
