import { ConfigError } from '../api/index.ts';

/** Numbers stay as they were written: a config is a map of texts. */
export type ConfigJson = string | boolean | null | NumberText | readonly ConfigJson[] | ConfigJsonObject;
export interface ConfigJsonObject {
  readonly members: ReadonlyMap<string, ConfigJson>;
  /** Line on which each member begins, 1-based. */
  readonly lines: ReadonlyMap<string, number>;
}
export class NumberText {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

const simpleEscapes: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

/** JSON with comments and trailing commas. Its own parser, because JSON.parse quotes the text (a secret, maybe) in its message. */
class ConfigJsonParser {
  readonly #text: string;
  readonly #file: string;
  #at = 0;
  constructor(text: string, file: string) {
    this.#text = text.replace(/^\uFEFF/, '');
    this.#file = file;
  }

  parse(): ConfigJson {
    const value = this.#value();
    this.#skip();
    if (this.#at < this.#text.length) this.#fail('there is something after the end of the JSON value; delete it');
    return value;
  }

  #value(): ConfigJson {
    this.#skip();
    const char = this.#text[this.#at];
    if (char === '{') return this.#object();
    if (char === '[') return this.#array();
    if (char === '"') return this.#string();
    const word = /[-+.\w]+/y;
    word.lastIndex = this.#at;
    const text = word.exec(this.#text)?.[0];
    if (text === 'true' || text === 'false' || text === 'null') {
      this.#at += text.length;
      return text === 'null' ? null : text === 'true';
    }
    if (text !== undefined && /^-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?$/.test(text)) {
      this.#at += text.length;
      return new NumberText(text);
    }
    if (char === undefined) return this.#fail('the file ends where a value is expected; is a closing brace missing?');
    return this.#fail('a value is expected here: a text in double quotes, a number, true or false');
  }

  #object(): ConfigJsonObject {
    const members = new Map<string, ConfigJson>();
    const lines = new Map<string, number>();
    this.#at++;
    for (;;) {
      this.#skip();
      if (this.#take('}')) return { members, lines };
      const line = this.#line();
      if (this.#text[this.#at] !== '"') this.#fail('a property name in double quotes, or }, is expected here');
      const name = this.#string();
      this.#skip();
      if (!this.#take(':')) this.#fail(`a colon is expected after the name "${name}"`);
      members.set(name, this.#value());
      lines.set(name, line);
      this.#skip();
      if (!this.#take(',') && this.#text[this.#at] !== '}') {
        this.#fail(`a comma or } is expected after the value of "${name}" (line ${line})`);
      }
    }
  }

  #array(): readonly ConfigJson[] {
    const elements: ConfigJson[] = [];
    this.#at++;
    for (;;) {
      this.#skip();
      if (this.#take(']')) return elements;
      elements.push(this.#value());
      this.#skip();
      if (!this.#take(',') && this.#text[this.#at] !== ']') this.#fail('a comma or ] is expected here');
    }
  }

  #string(): string {
    let text = '';
    for (this.#at++; ; this.#at++) {
      const char = this.#text[this.#at];
      if (char === undefined) this.#fail('the file ends inside a text; is a closing double quote missing?');
      if (char === '\n')
        this.#fail('a text ends with the line; is a closing double quote missing? Write a line break as \\n');
      if (char === '"') break;
      text += char === '\\' ? this.#escape() : char;
    }
    this.#at++;
    return text;
  }

  #escape(): string {
    const code = this.#text[++this.#at] ?? '';
    if (code === 'u') {
      const digits = this.#text.slice(this.#at + 1, this.#at + 5);
      if (!/^[0-9a-fA-F]{4}$/.test(digits)) this.#fail('\\u must be followed by four hexadecimal digits');
      this.#at += 4;
      return String.fromCharCode(Number.parseInt(digits, 16));
    }
    if ('"\\/'.includes(code) && code !== '') return code;
    return simpleEscapes[code] ?? this.#fail('an unknown escape; write a backslash as \\\\');
  }

  #skip(): void {
    const blank = /(?:\s+|\/\/[^\n]*|#[^\n]*|\/\*[\s\S]*?\*\/)*/y;
    blank.lastIndex = this.#at;
    this.#at += blank.exec(this.#text)?.[0].length ?? 0;
  }

  #take(char: string): boolean {
    if (this.#text[this.#at] !== char) return false;
    this.#at++;
    return true;
  }

  #line(): number {
    return this.#text.slice(0, this.#at).split('\n').length;
  }

  #fail(message: string): never {
    const column = this.#at - this.#text.lastIndexOf('\n', this.#at - 1);
    throw new ConfigError([
      { key: '', message: `${this.#file}, line ${this.#line()}, column ${column}: not valid JSON: ${message}.` },
    ]);
  }
}

/** Throws ConfigError naming file, line and column, never quoting a value. */
export const parseConfigJson = (text: string, file: string): ConfigJson => new ConfigJsonParser(text, file).parse();

export const isConfigJsonObject = (value: ConfigJson | undefined): value is ConfigJsonObject =>
  typeof value === 'object' && value !== null && 'members' in value;
