/** What is found in Terraform files: attributes of blocks, as far as they are literals or plain references. */
export interface HclBlock {
  /** `resource`, `"confluent_connector"`, `"sink"` without their quotes. */
  readonly labels: readonly string[];
  /** Raw expressions. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly blocks: readonly HclBlock[];
}

const comment = /#[^\n]*|\/\/[^\n]*|\/\*[\s\S]*?\*\//;
const token = new RegExp(
  `\\s+|${comment.source}|"(?:[^"\\\\]|\\\\.)*"|<<-?(\\w+)\\n[\\s\\S]*?\\n\\s*\\1|[\\w.-]+|[^\\s\\w]`,
  'g',
);

const tokensOf = (text: string): readonly string[] =>
  (text.match(token) ?? []).filter(
    (part) => /^\n|^\s*\n/.test(part) || !(/^\s/.test(part) || new RegExp(`^(?:${comment.source})`).test(part)),
  );

const unquoted = (text: string): string =>
  text.startsWith('"')
    ? text.slice(1, -1).replaceAll('\\"', '"').replaceAll('\\n', '\n').replaceAll('\\\\', '\\')
    : text;

/** HashiCorp's configuration language, best effort: blocks and maps alike become blocks, expressions stay text. */
export const parseHcl = (text: string): HclBlock => {
  const tokens = tokensOf(text);
  let at = 0;
  const isBreak = (part: string | undefined): boolean => part !== undefined && /^\s/.test(part);
  const skipBreaks = (): void => {
    while (isBreak(tokens[at]) || tokens[at] === ',') at++;
  };
  const expression = (): string => {
    const parts: string[] = [];
    for (let depth = 0; at < tokens.length; at++) {
      const part = tokens[at] ?? '';
      if (depth === 0 && (isBreak(part) || part === ',' || part === '}')) break;
      if ('([{'.includes(part)) depth++;
      if (')]}'.includes(part)) depth--;
      if (!isBreak(part)) parts.push(part);
    }
    return parts.join(' ');
  };
  const body = (labels: readonly string[]): HclBlock => {
    const attributes = new Map<string, string>();
    const blocks: HclBlock[] = [];
    for (skipBreaks(); at < tokens.length && tokens[at] !== '}'; skipBreaks()) {
      const names = [unquoted(tokens[at++] ?? '')];
      while (at < tokens.length && !['=', '{', ':'].includes(tokens[at] ?? '') && !isBreak(tokens[at]))
        names.push(unquoted(tokens[at++] ?? ''));
      const sign = tokens[at];
      if (sign === '=' || sign === ':') at++;
      if (tokens[at] === '{') {
        at++;
        blocks.push(body(names));
        at++;
      } else if (sign === '=' || sign === ':') attributes.set(names.join(''), expression());
    }
    return { labels, attributes, blocks };
  };
  return body([]);
};
