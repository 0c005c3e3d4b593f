import { ConfigError } from '../api/index.ts';

/** One rule of response.http.headers.config. */
export interface HeaderRule {
  readonly action: 'set' | 'add' | 'setDate' | 'addDate';
  readonly name: string;
  /** Dates: milliseconds from now. */
  readonly value: string;
}

const key = 'response.http.headers.config';
const actions = ['set', 'add', 'setDate', 'addDate'] as const;

const refuse = (message: string): never => {
  throw new ConfigError([{ key, message }]);
};

/** Items between commas; a double quote holds one together (Jetty's StringUtil.csvSplit). */
const itemsOf = (text: string): readonly string[] =>
  [...text.matchAll(/\s*(?:"((?:[^"\\]|\\.)*)"|([^,]*))\s*(?:,|$)/g)]
    .map(([, quoted, plain]) => (quoted?.replaceAll(/\\(.)/g, '$1') ?? plain ?? '').trim())
    .filter((item) => item !== '');

/**
 * `[action] [header name]:[header value]`, several between commas. Refusals in the words of
 * org.apache.kafka.connect.runtime.rest.RestServerConfig.
 */
export const readResponseHeaders = (text = ''): readonly HeaderRule[] =>
  itemsOf(text).map((item): HeaderRule => {
    const [, given, header] =
      /^(\S+)\s+(\S.*)$/s.exec(item) ??
      refuse(`Invalid format of header config '${item}'. Expected: '[action] [header name]:[header value]'`);
    const action = actions.find((known) => known.toLowerCase() === String(given).toLowerCase());
    if (action === undefined)
      return refuse(`Invalid header config action: '${given}'. Expected one of [${actions.join(', ')}]`);
    const [name = '', value, ...more] = String(header).split(':');
    if (value === undefined || more.length > 0)
      return refuse(
        `Invalid format of header name and header value pair '${header}'. Expected: '[header name]:[header value]'`,
      );
    if (name.trim() === '' || /\s/.test(name.trim()))
      return refuse(`Invalid header name '${name}'. The '[header name]' cannot contain whitespace`);
    if (action.endsWith('Date') && !/^\s*-?\d+\s*$/.test(value))
      return refuse(`Invalid header value '${value}' of ${action}: give milliseconds from now`);
    return { action, name: name.trim(), value: value.trim() };
  });

interface Reply {
  header(name: string, value: string): unknown;
  getHeader(name: string): unknown;
}

/** As Jetty's HeaderFilter, before anything else is written. */
export const writeResponseHeaders = (rules: readonly HeaderRule[], nowMs: number, reply: Reply): void => {
  for (const { action, name, value } of rules) {
    const text = action.endsWith('Date') ? new Date(nowMs + Number(value)).toUTCString() : value;
    const present = reply.getHeader(name);
    reply.header(name, action.startsWith('add') && present !== undefined ? `${present}, ${text}` : text);
  }
};
