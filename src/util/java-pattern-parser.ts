import { classEscapes, propertyClass } from './java-character-class.ts';

/** A pattern that Java refuses (in its words: what, where, the pattern) or that JavaScript cannot do (with what to write instead). */
export class JavaPatternError extends Error {
  override readonly name: string = 'JavaPatternError';
}

export interface TranslatedPattern {
  /** For flag `v`. */
  readonly source: string;
  /** JavaScript's number of each of Java's groups, which differ where a possessive quantifier took one. */
  readonly groups: readonly number[];
  readonly names: ReadonlyMap<string, number>;
}

/** Everything in a pattern's text that stands for itself. */
const literal = (character: string): string =>
  /[\^$\\.*+?()[\]{}|/\-&!#%,:;<=>@`~"']/.test(character)
    ? `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`
    : character;

/** Of a class member as it is written here; NaN: it is a class itself. */
const codePoint = (member: string): number => {
  const [, hex] = /^\\(?:x([0-9A-Fa-f]{2})|u\{[0-9a-f]+\})$/.test(member)
    ? (/([0-9a-fA-F]+)\}?$/.exec(member) ?? [])
    : [];
  if (hex !== undefined) return Number.parseInt(hex, 16);
  return [...member].length === 1 ? (member.codePointAt(0) ?? Number.NaN) : Number.NaN;
};

const controlEscapes: ReadonlyMap<string, string> = new Map([
  ['t', '\\t'],
  ['n', '\\n'],
  ['r', '\\r'],
  ['f', '\\f'],
  ['a', '\\x07'],
  ['e', '\\x1B'],
]);
const anchors: ReadonlyMap<string, string> = new Map([
  ['b', '\\b'],
  ['B', '\\B'],
  ['A', '(?<![\\s\\S])'],
  ['z', '(?![\\s\\S])'],
  ['Z', '(?=\\n?(?![\\s\\S]))'],
  ['R', '(?:\\r\\n|[\\n\\x0B\\f\\r\\x85\\u2028\\u2029])'],
]);

/** Reads Java's syntax (without the x flag) and writes JavaScript's. */
export class JavaPatternParser {
  readonly #java: string;
  #at = 0;
  #jsGroups = 0;
  readonly #groups: number[] = [];
  readonly #names = new Map<string, number>();

  constructor(java: string) {
    this.#java = java;
  }

  parse(): TranslatedPattern {
    const source = this.#alternatives();
    if (this.#at < this.#java.length) throw this.#wrong("Unmatched closing ')'", this.#at - 1);
    return { source, groups: this.#groups, names: this.#names };
  }

  /** Up to the closing parenthesis or the end. Flags set inside hold from there on, in later alternatives too. */
  #alternatives(): string {
    let source = '';
    let flags = '';
    while (this.#at < this.#java.length && this.#peek() !== ')') {
      if (this.#take('|')) {
        source += flags === '' ? '|' : `)|(?${flags}:`;
        continue;
      }
      const inline = /^\(\?([a-zA-Z]*)(-[a-zA-Z]+)?\)/.exec(this.#rest());
      if (inline === null) {
        source += this.#quantified();
        continue;
      }
      const set = this.#flags(inline[1] ?? '', inline[2] ?? '', this.#at + 2);
      this.#at += inline[0].length;
      if (flags !== '') source += ')';
      flags = set;
      if (flags !== '') source += `(?${flags}:`;
    }
    return flags === '' ? source : `${source})`;
  }

  #flags(on: string, off: string, start: number): string {
    const unsupported = /[^imsuU-]/.exec(on + off)?.[0];
    if (unsupported !== undefined && !/[xd]/.test(unsupported)) throw this.#wrong('Unknown inline modifier', start);
    if (unsupported !== undefined) throw this.#unable(`flag ${unsupported}`, 'write the pattern without it');
    const [set, unset] = [on, off].map((flags) => [...new Set(flags.replace(/[uU-]/g, ''))].join(''));
    return `${set}${unset === '' ? '' : `-${unset}`}`;
  }

  #quantified(): string {
    const [groupsBefore, jsBefore] = [this.#groups.length, this.#jsGroups];
    const atom = this.#atom();
    if (atom === '') return '';
    const quantifier = this.#quantifier();
    if (quantifier === null) return atom;
    if (this.#take('?')) return `${atom}${quantifier}?`;
    if (!this.#take('+')) return `${atom}${quantifier}`;
    if (this.#groups.length > groupsBefore || this.#jsGroups > jsBefore) {
      throw this.#unable('a possessive quantifier behind a group', 'make the group (?:…), or leave the + out');
    }
    return this.#atomic(`${atom}${quantifier}`);
  }

  #quantifier(): string | null {
    const [text, low, high] = /^(?:[*+?]|\{(\d+)(?:,(\d*))?\})/.exec(this.#rest()) ?? [];
    if (text === undefined) {
      if (this.#peek() !== '{') return null;
      if (/^\{\d/.test(this.#rest())) throw this.#wrong('Unclosed counted closure', this.#java.length);
      throw this.#wrong('Illegal repetition', this.#at + 1);
    }
    this.#at += text.length;
    if (high && Number(high) < Number(low)) throw this.#wrong('Illegal repetition range', this.#at - 1);
    return text;
  }

  /** What has matched is not tried again: a lookahead never is. */
  #atomic(source: string): string {
    this.#jsGroups++;
    return `(?:(?=(${source}))\\${this.#jsGroups})`;
  }

  #atom(): string {
    const character = this.#peek();
    switch (character) {
      case '(':
        return this.#group();
      case '[':
        return this.#class();
      case '\\':
        return this.#escape();
      case '*':
      case '+':
      case '?':
        throw this.#wrong(`Dangling meta character '${character}'`, this.#at);
      case '{':
        throw this.#wrong('Illegal repetition', this.#at + 1);
      case '^':
      case '$':
      case '.':
        this.#at++;
        return character;
      default:
        return literal(this.#next());
    }
  }

  #group(): string {
    const opening = /^\((?:\?(?:<([a-zA-Z][a-zA-Z0-9]*)>|<[=!]|[:=!>]|[a-zA-Z]*(?:-[a-zA-Z]+)?:)|(?!\?))/.exec(
      this.#rest(),
    );
    if (opening === null) throw this.#wrongGroup();
    const [text, name] = opening;
    this.#at += text.length;
    if (text === '(?>') {
      const own = ++this.#jsGroups;
      return `(?:(?=(${this.#closed()}))\\${own})`;
    }
    if (text === '(' || name !== undefined) {
      this.#groups.push(++this.#jsGroups);
      if (name !== undefined) {
        if (this.#names.has(name))
          throw this.#wrong(`Named capturing group <${name}> is already defined`, this.#at - 1);
        this.#names.set(name, this.#groups.length);
      }
      return `(${this.#closed()})`;
    }
    const [, on, off] = /^\(\?([a-zA-Z]*)(-[a-zA-Z]+)?:$/.exec(text) ?? [];
    return `${on === undefined ? text : `(?${this.#flags(on, off ?? '', this.#at - text.length + 2)}:`}${this.#closed()})`;
  }

  #wrongGroup(): JavaPatternError {
    return this.#rest().startsWith('(?<')
      ? this.#wrong('capturing group name does not start with a Latin letter', this.#at + 3)
      : this.#wrong('Unknown inline modifier', this.#at + 2);
  }

  #closed(): string {
    const source = this.#alternatives();
    if (!this.#take(')')) throw this.#wrong('Unclosed group', this.#java.length);
    return source;
  }

  #escape(): string {
    this.#at++;
    if (this.#at === this.#java.length) throw this.#wrong('Unexpected internal error', this.#at);
    const character = this.#peek();
    if (character === 'Q') return this.#quoted();
    if (/[1-9]/.test(character)) return this.#backReference();
    const named = /^k<([a-zA-Z][a-zA-Z0-9]*)>/.exec(this.#rest());
    if (named !== null) {
      this.#at += named[0].length;
      const group = this.#names.get(named[1] ?? '');
      if (group === undefined) throw this.#wrong(`named capturing group <${named[1]}> does not exist`, this.#at - 1);
      return `(?:\\${this.#groups[group - 1]})`;
    }
    const anchor = anchors.get(character);
    if (anchor === undefined) return this.#classEscape();
    this.#at++;
    return anchor;
  }

  #quoted(): string {
    const end = this.#java.indexOf('\\E', this.#at + 1);
    const text = this.#java.slice(this.#at + 1, end < 0 ? undefined : end);
    this.#at = end < 0 ? this.#java.length : end + 2;
    // A quantifier behind it is about its last character, as in Java.
    return [...text].map(literal).join('');
  }

  #backReference(): string {
    let group = Number(this.#next());
    while (/\d/.test(this.#peek()) && group * 10 + Number(this.#peek()) <= this.#groups.length) {
      group = group * 10 + Number(this.#next());
    }
    const own = this.#groups[group - 1];
    // A group that has not matched: here the reference matches nothing, in Java it fails.
    return own === undefined ? '(?!)' : `(?:\\${own})`;
  }

  /** An escape that stands for a character or a class of them, in brackets or not. */
  #classEscape(): string {
    const rest = this.#rest();
    const property = /^([pP])(?:\{(\^?)([\w=]+)\}|([a-zA-Z]))/.exec(rest);
    if (property !== null) {
      this.#at += property[0].length;
      const source = propertyClass(property[3] ?? property[4] ?? '');
      return (property[1] === 'P') === (property[2] !== '^') ? `[^${source}]` : source;
    }
    const code = /^(?:x([0-9a-fA-F]{2})|x\{([0-9a-fA-F]+)\}|u([0-9a-fA-F]{4})|0([0-3]?[0-7]{1,2}))/.exec(rest);
    if (code !== null) {
      this.#at += code[0].length;
      const [, two, braced, four, octal] = code;
      const point = octal === undefined ? Number.parseInt(two ?? braced ?? four ?? '', 16) : Number.parseInt(octal, 8);
      return `\\u{${point.toString(16)}}`;
    }
    const character = this.#next();
    if (character === 'c' && this.#at < this.#java.length) {
      return `\\u{${(this.#next().charCodeAt(0) ^ 64).toString(16)}}`;
    }
    const known = classEscapes.get(character) ?? controlEscapes.get(character);
    if (known !== undefined) return known;
    if (/[GXN]/.test(character)) throw this.#unable(`\\${character}`, 'write the pattern without it');
    if (/[a-zA-Z0-9]/.test(character)) throw this.#wrong('Illegal/unsupported escape sequence', this.#at - 1);
    return literal(character);
  }

  /** With unions and intersections, which flag `v` has too; each operand of && gets brackets of its own. */
  #class(): string {
    this.#at++;
    const negated = this.#take('^');
    const operands: string[] = [];
    let members = '';
    for (let first = true; first || this.#peek() !== ']'; first = false) {
      if (this.#at >= this.#java.length) throw this.#wrong('Unclosed character class', this.#java.length - 1);
      if (this.#rest().startsWith('&&')) {
        this.#at += 2;
        if (members !== '') operands.push(`[${members}]`);
        members = '';
        continue;
      }
      members += this.#peek() === '[' ? this.#class() : this.#range();
    }
    this.#at++;
    if (members !== '') operands.push(`[${members}]`);
    const content = members === '' || operands.length > 1 ? operands.join('&&') : members;
    return `[${negated ? '^' : ''}${content}]`;
  }

  #range(): string {
    const from = this.#member();
    const isRange = this.#peek() === '-' && !/^-(?:\]|\[|$)/.test(this.#rest());
    if (!isRange || from.length === 0 || /^\[|^\\p/.test(from)) return from;
    this.#at++;
    const end = this.#at;
    const to = this.#member();
    if (codePoint(from) > codePoint(to)) throw this.#wrong('Illegal character range', end);
    return `${from}-${to}`;
  }

  #member(): string {
    if (this.#peek() !== '\\') return literal(this.#next());
    this.#at++;
    if (this.#at === this.#java.length) throw this.#wrong('Unclosed character class', this.#java.length - 1);
    return this.#peek() === 'Q' ? this.#quoted() : this.#classEscape();
  }

  #peek(): string {
    return this.#java.charAt(this.#at);
  }

  /** The next code point. */
  #next(): string {
    const character = String.fromCodePoint(this.#java.codePointAt(this.#at) ?? 0);
    this.#at += character.length;
    return character;
  }

  #take(character: string): boolean {
    if (this.#peek() !== character) return false;
    this.#at++;
    return true;
  }

  #rest(): string {
    return this.#java.slice(this.#at);
  }

  /** PatternSyntaxException.getMessage. */
  #wrong(what: string, index: number): JavaPatternError {
    if (index < 0) return new JavaPatternError(`${what}\n${this.#java}`);
    const pointer = index < this.#java.length ? `\n${' '.repeat(Math.max(0, index))}^` : '';
    return new JavaPatternError(`${what} near index ${index}\n${this.#java}${pointer}`);
  }

  #unable(what: string, advice: string): JavaPatternError {
    return new JavaPatternError(`${what} near index ${this.#at} is not supported: ${advice}\n${this.#java}`);
  }
}
