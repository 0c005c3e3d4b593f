import { JsonNumber } from '../api/index.ts';
import { asciiText } from '../util/ascii-text.ts';

/** Not JSON as Kafka Connect takes it. The message tells what and where, never the text itself. */
export class JsonSyntaxError extends Error {
  override readonly name: string = 'JsonSyntaxError';
}

export interface ParsedJson {
  /** Object: Map in order of first appearance; array: array; number: JsonNumber; string, boolean, null as they are. Undefined: no value at all, only blanks. */
  readonly value: unknown;
  /** Text of each member of a top-level object, by name; empty unless asked for. */
  readonly memberTexts: ReadonlyMap<string, string>;
}

interface ParseOptions {
  /** Keep the text of each top-level member. */
  readonly memberTexts: boolean;
}

/** Jackson's limit, which Connect leaves as it is. */
const maxDepth = 1000;
const maxNumberLength = 1000;

/** Names of the last value in their order, those of nested objects among them: records of a topic mostly have the same. */
const lastNames: (string | undefined)[] = [];
const maxLastNames = 256;
/** V8 copies shorter substrings; a longer one would keep the whole text for itself. */
const leastSlice = 13;

const none: ReadonlyMap<string, string> = new Map();
const quote = 0x22;
const backslash = 0x5c;
const strictUtf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Parses as Connect's JsonConverter does (Jackson's readTree): strict RFC 8259, a UTF-8 byte order mark allowed, the last of
 * repeated names wins at the first one's place, what follows the first value is ignored, nesting up to 1000.
 * Numbers are kept as they were written. Throws JsonSyntaxError.
 */
export const parseJson = (bytes: Uint8Array, { memberTexts }: ParseOptions = { memberTexts: false }): ParsedJson => {
  const ascii = asciiText(bytes);
  if (ascii !== null) return new JsonParser(ascii, memberTexts, bytes).parse();
  let text: string;
  try {
    text = strictUtf8.decode(bytes);
  } catch {
    return parseBeforeInvalidUtf8(bytes, memberTexts);
  }
  return new JsonParser(text, memberTexts).parse();
};

/**
 * The value of an object's last member, from bytes that begin behind its colon. Null: it is not the last, or no JSON; whoever parses the
 * whole object finds out.
 */
export const parseLastMember = (bytes: Uint8Array): { readonly value: unknown } | null => {
  // A byte order mark is one at the very beginning only.
  if (bytes[0] === 0xef) return null;
  try {
    return new JsonParser(strictUtf8.decode(bytes), false).lastMember();
  } catch {
    return null;
  }
};

/** Invalid UTF-8 harms only where it lies inside the value: Jackson never reads on. */
const parseBeforeInvalidUtf8 = (bytes: Uint8Array, memberTexts: boolean): ParsedJson => {
  const lenient = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  const parser = new JsonParser(lenient, memberTexts);
  const parsed = parser.parse(lenient.startsWith('\ufeff') ? 1 : 0);
  const read = Buffer.from(lenient.slice(0, parser.position));
  if (!read.equals(bytes.subarray(0, read.length))) throw new JsonSyntaxError('Invalid UTF-8');
  return parsed;
};

/** Read faster than a text's characters. */
const codesOf = (text: string): Uint16Array => {
  const codes = new Uint16Array(text.length);
  Buffer.from(codes.buffer).write(text, 'utf16le');
  return codes;
};

class JsonParser {
  readonly #text: string;
  /** UTF-16 of the text. */
  readonly #codes: Uint8Array | Uint16Array;
  #at = 0;
  #depth = 0;
  /** Names read. */
  #names = 0;
  readonly #memberTexts: Map<string, string> | null;

  /** `codes`: the text's, where they are there already. */
  constructor(text: string, memberTexts: boolean, codes: Uint8Array | Uint16Array = codesOf(text)) {
    this.#text = text;
    this.#codes = codes;
    this.#memberTexts = memberTexts ? new Map() : null;
  }

  get position(): number {
    return this.#at;
  }

  parse(from = 0): ParsedJson {
    this.#at = from;
    const first = this.#skipBlanks();
    const memberTexts = this.#memberTexts ?? none;
    if (this.#at >= this.#codes.length) return { value: undefined, memberTexts };
    const value = this.#value(first);
    if (value instanceof JsonNumber && !this.#atBlankOrEnd()) throw this.#error('Expected a blank after the number');
    return { value, memberTexts };
  }

  lastMember(): { readonly value: unknown } | null {
    this.#depth = 1;
    const value = this.#value(this.#skipBlanks());
    return this.#skipBlanks() === 0x7d ? { value } : null;
  }

  #value(first: number): unknown {
    switch (first) {
      case quote:
        return this.#string();
      case 0x7b:
        return this.#object();
      case 0x5b:
        return this.#array();
      case 0x74:
        return this.#literal('true', true);
      case 0x66:
        return this.#literal('false', false);
      case 0x6e:
        return this.#literal('null', null);
      default:
        if (first === 0x2d || (first >= 0x30 && first <= 0x39)) return this.#number();
        throw this.#error('Expected a value (object, array, string, number, true, false or null)');
    }
  }

  #object(): Map<string, unknown> {
    this.#enter();
    const members = new Map<string, unknown>();
    let next = this.#skipBlanks();
    if (next === 0x7d) return this.#leave(members);
    for (;;) {
      if (next !== quote) throw this.#error('Expected a member name in double quotes');
      const name = this.#name();
      if (this.#skipBlanks() !== 0x3a) throw this.#error('Expected a colon after the member name');
      this.#at++;
      const first = this.#skipBlanks();
      const start = this.#at;
      members.set(name, this.#value(first));
      if (this.#depth === 1) this.#memberTexts?.set(name, this.#text.slice(start, this.#at));
      next = this.#skipBlanks();
      if (next === 0x7d) return this.#leave(members);
      if (next !== 0x2c) throw this.#error('Expected a comma or the end of the object');
      this.#at++;
      next = this.#skipBlanks();
    }
  }

  /** The very text that the name there had in the value before, where it is the same: then a Map finds it without looking at it. */
  #name(): string {
    const index = this.#names++;
    const last = lastNames[index];
    const from = this.#at + 1;
    if (last !== undefined && this.#text.startsWith(last, from)) {
      const end = from + last.length;
      if (this.#codes[end] === quote) {
        this.#at = end + 1;
        return last;
      }
    }
    const name = this.#string();
    const isPlain = this.#at - from - 1 === name.length;
    if (index < maxLastNames) lastNames[index] = isPlain && name.length < leastSlice ? name : undefined;
    return name;
  }

  #array(): unknown[] {
    this.#enter();
    const elements: unknown[] = [];
    let next = this.#skipBlanks();
    if (next === 0x5d) return this.#leave(elements);
    for (;;) {
      elements.push(this.#value(next));
      next = this.#skipBlanks();
      if (next === 0x5d) return this.#leave(elements);
      if (next !== 0x2c) throw this.#error('Expected a comma or the end of the array');
      this.#at++;
      next = this.#skipBlanks();
    }
  }

  #string(): string {
    const codes = this.#codes;
    const start = ++this.#at;
    let at = start;
    for (;;) {
      const code = codes[at] as number;
      if (code === quote) {
        this.#at = at + 1;
        return this.#text.slice(start, at);
      }
      if (code === backslash) return this.#escapedString(start, at);
      if (!(code >= 0x20)) throw this.#badStringCharacter(at, code);
      at++;
    }
  }

  #escapedString(start: number, firstEscape: number): string {
    const text = this.#text;
    let result = text.slice(start, firstEscape);
    let plain = firstEscape;
    for (let at = firstEscape; ; ) {
      const code = this.#codes[at] as number;
      if (code === quote) {
        this.#at = at + 1;
        return result + text.slice(plain, at);
      }
      if (code === backslash) {
        result += text.slice(plain, at);
        const escaped = text.charAt(at + 1);
        if (escaped === 'u') {
          result += this.#unicodeEscape(at);
          at += 6;
        } else {
          const meaning = escapes.get(escaped);
          if (meaning === undefined) throw this.#errorAt(at, 'Unknown escape in a string');
          result += meaning;
          at += 2;
        }
        plain = at;
        continue;
      }
      if (!(code >= 0x20)) throw this.#badStringCharacter(at, code);
      at++;
    }
  }

  #unicodeEscape(at: number): string {
    const digits = this.#text.slice(at + 2, at + 6);
    if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw this.#errorAt(at, 'Expected four hexadecimal digits after \\u');
    return String.fromCharCode(Number.parseInt(digits, 16));
  }

  #number(): JsonNumber {
    const start = this.#at;
    const end = this.#endOfNumber();
    const text = this.#text.slice(start, end);
    if (text.length > maxNumberLength) throw this.#error(`Number longer than ${maxNumberLength} characters`);
    this.#at = end;
    return new JsonNumber(text.charCodeAt(0) < 0x31 ? text.replace(leadingZeros, '$1') : text);
  }

  #endOfNumber(): number {
    const codes = this.#codes;
    const whole = codes[this.#at] === 0x2d ? this.#at + 1 : this.#at;
    let end = this.#digits(whole);
    if (end === whole) throw this.#error('Expected a digit after the minus sign');
    if (codes[end] === 0x2e) end = this.#digits(end + 1, end);
    if (codes[end] !== 0x65 && codes[end] !== 0x45) return end;
    const isSigned = codes[end + 1] === 0x2b || codes[end + 1] === 0x2d;
    return this.#digits(end + (isSigned ? 2 : 1), end);
  }

  /** Behind the digits there; `none` where there are none. */
  #digits(from: number, none = from): number {
    let at = from;
    for (let code = this.#codes[at] as number; code >= 0x30 && code <= 0x39; ) code = this.#codes[++at] as number;
    return at === from ? none : at;
  }

  #literal<T>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) throw this.#error('Unrecognized token');
    this.#at += word.length;
    const next = this.#codes[this.#at];
    if (next === 0x2c || next === 0x7d) return value;
    if (/[\w$\u0080-\uffff]/.test(this.#text.charAt(this.#at))) throw this.#error('Unrecognized token');
    return value;
  }

  #enter(): void {
    if (++this.#depth > maxDepth) throw this.#error(`Nested deeper than ${maxDepth}`);
    this.#at++;
  }

  #leave<T>(value: T): T {
    this.#depth--;
    this.#at++;
    return value;
  }

  /** The character code there; at the end none. */
  #skipBlanks(): number {
    for (;;) {
      const code = this.#codes[this.#at] as number;
      if (code > 0x20 || (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09)) return code;
      this.#at++;
    }
  }

  #atBlankOrEnd(): boolean {
    return this.#at >= this.#text.length || ' \n\r\t'.includes(this.#text.charAt(this.#at));
  }

  #badStringCharacter(at: number, code: number): JsonSyntaxError {
    return at >= this.#codes.length
      ? this.#errorAt(at, 'Unexpected end of input in a string')
      : this.#errorAt(at, `Control character (code ${code}) in a string must be escaped`);
  }

  #error(what: string): JsonSyntaxError {
    return this.#errorAt(this.#at, this.#at < this.#text.length ? what : `Unexpected end of input: ${what}`);
  }

  #errorAt(at: number, what: string): JsonSyntaxError {
    const before = this.#text.slice(0, at);
    const lineStart = before.lastIndexOf('\n') + 1;
    return new JsonSyntaxError(`${what} (line ${before.split('\n').length}, column ${at - lineStart + 1})`);
  }
}

/** JsonConverter takes leading zeros: 007 is 7. */
const leadingZeros = /^(-?)0+(?=\d)/;
const escapes: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ['\\', '\\'],
  ['/', '/'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
]);
