import { ConfigError } from '../api/index.ts';
import type { Validator } from '../config/index.ts';
import { compileJavaPattern, type JavaPattern, JavaPatternError } from '../util/java-pattern.ts';
import type { Generation } from './sink-settings.ts';

/** One entry of snowflake.topic2table.map. */
export interface TopicToTableEntry {
  readonly topic: string;
  readonly pattern: JavaPattern;
  readonly table: string;
  /** Was in double quotes (v4): the name is meant verbatim. */
  readonly quoted: boolean;
}

export const mapKey = 'snowflake.topic2table.map';

const v3Format = 'Format: <topic-1>:<table-1>,<topic-2>:<table-2>,...';
const v4Format = 'Format: <topic-1>:<table-1>,<topic-2>:"<table-2>",...';
const v3Table = /^([_a-zA-Z][_$a-zA-Z0-9]+\.){0,2}[_a-zA-Z][_$a-zA-Z0-9]+$/;

type Pair = Omit<TopicToTableEntry, 'pattern'>;

/** `topic:table,…` by v3's grammar: no quotes, a table of plain identifiers. @throws ConfigError */
export const parseV3Map = (text: string): readonly TopicToTableEntry[] => {
  const pairs = splitLikeJava(text, ',').map((entry): Pair => {
    const parts = splitLikeJava(entry, ':').map((part) => part.trim());
    const [topic = '', table = ''] = parts;
    if (parts.length !== 2 || topic === '' || table === '') throw mapError(v3Format);
    if (!v3Table.test(table)) {
      throw mapError(
        `table name '${table}' is none: write a letter or _ and then letters, digits, _ or $ (at least two characters, no quotes)`,
      );
    }
    return { topic, table, quoted: false };
  });
  if (pairs.length === 0) throw mapError(v3Format);
  return withPatterns(pairs);
};

/** `topic:table,…` by v4's grammar: either side may be in double quotes. @throws ConfigError */
export const parseV4Map = (text: string): readonly TopicToTableEntry[] => {
  const pairs: Pair[] = [];
  const tokens = new MapTokens(text);
  while (!tokens.atEnd) {
    const topic = tokens.token();
    tokens.expect(':');
    const table = tokens.token();
    pairs.push({ topic: topic.text, table: table.text, quoted: table.quoted });
    if (!tokens.atEnd) tokens.expect(',');
  }
  return withPatterns(pairs);
};

/** The map's form, as the connector's own definition checks it; what is wrong inside it stands there in full. */
export const topicToTableMap = (generation: Generation): Validator => ({
  check: (value) => {
    const text = String(value ?? '');
    if (text.trim() === '') return null;
    try {
      (generation === 'v3' ? parseV3Map : parseV4Map)(text);
      return null;
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      return error.problems[0]?.message ?? error.message;
    }
  },
  describe: 'topic:table pairs, separated by commas',
});

const withPatterns = (pairs: readonly Pair[]): readonly TopicToTableEntry[] => {
  const entries = pairs.map((pair) => ({ ...pair, pattern: patternOf(pair.topic) }));
  for (const [index, entry] of entries.entries()) {
    for (const earlier of entries.slice(0, index)) {
      if (earlier.topic === entry.topic) throw mapError(`Duplicate topic: ${entry.topic}`);
      if (earlier.pattern.matches(entry.topic) || entry.pattern.matches(earlier.topic)) {
        throw mapError(`Topic regexes cannot overlap. Overlapping regexes: ${earlier.topic}, ${entry.topic}`);
      }
    }
  }
  return entries;
};

const patternOf = (topic: string): JavaPattern => {
  try {
    return compileJavaPattern(topic);
  } catch (error) {
    if (!(error instanceof JavaPatternError)) throw error;
    throw mapError(`topic pattern '${topic}' is no usable regular expression: ${error.message}`);
  }
};

export const mapError = (message: string): ConfigError => new ConfigError([{ key: mapKey, message }]);

/** String.split: empty parts at the end do not count. */
const splitLikeJava = (text: string, separator: string): string[] => {
  const parts = text.split(separator);
  while (parts.length > 0 && parts.at(-1) === '') parts.pop();
  return parts;
};

class MapTokens {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    this.#skipBlanks();
  }

  get atEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  expect(character: ':' | ','): void {
    if (this.#text.charAt(this.#at) !== character) throw this.#error(`Expected '${character}'`);
    this.#at++;
    this.#skipBlanks();
  }

  token(): { readonly text: string; readonly quoted: boolean } {
    const quoted = this.#text.charAt(this.#at) === '"';
    const text = quoted ? this.#quoted() : (/^[^\s,:"]+/.exec(this.#text.slice(this.#at))?.[0] ?? '');
    if (text === '') {
      throw this.#error(this.atEnd ? 'Expected token, found end of input' : 'Expected token');
    }
    if (!quoted) this.#at += text.length;
    this.#skipBlanks();
    return { text, quoted };
  }

  #quoted(): string {
    const start = ++this.#at;
    const end = this.#text.indexOf('"', start);
    if (end < 0) throw this.#error('a quoted name is not closed');
    this.#at = end + 1;
    return this.#text.slice(start, end);
  }

  #skipBlanks(): void {
    while (/\s/.test(this.#text.charAt(this.#at))) this.#at++;
  }

  #error(what: string): ConfigError {
    return mapError(`${what} at position ${this.#at}: "${this.#text}". ${v4Format}`);
  }
}
