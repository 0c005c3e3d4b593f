/** Why a value is not JSON by RFC 8259; the message never quotes the value. */
export class JsonSyntaxError extends Error {}

const maxDepth = 1000;
const quote = 0x22;
const backslash = 0x5c;
const lineFeed = 0x0a;

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 0x30 && byte <= 0x39;
const isHex = (byte: number | undefined): boolean =>
  byte !== undefined &&
  ((byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66));

/**
 * Walks over JSON text without making objects: numbers keep every digit, and a value is just where it begins and ends.
 * A line feed ends the text, so that one scanner walks over a whole NDJSON body.
 */
export class JsonScanner {
  readonly #bytes: Uint8Array;
  position = 0;
  /** White space outside of strings was skipped since this was last set to false. */
  sawSpace = false;
  /** A `\uD800`-like escape without its other half was read since this was last set to false. */
  sawLoneSurrogate = false;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  skipSpace(): void {
    for (;;) {
      const byte = this.#bytes[this.position];
      if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0d) return;
      this.position += 1;
      this.sawSpace = true;
    }
  }

  /** Over one byte if it is the next one. */
  accept(byte: number): boolean {
    if (this.#bytes[this.position] !== byte) return false;
    this.position += 1;
    return true;
  }

  expect(byte: number): void {
    if (!this.accept(byte)) this.#fail(`'${String.fromCharCode(byte)}' expected`);
  }

  atLineEnd(): boolean {
    return this.position >= this.#bytes.length || this.#bytes[this.position] === lineFeed;
  }

  value(depth = 0): void {
    if (depth > maxDepth) this.#fail('nested too deeply');
    switch (this.#bytes[this.position]) {
      case quote:
        this.string();
        return;
      case 0x7b:
        this.#object(depth);
        return;
      case 0x5b:
        this.#array(depth);
        return;
      case 0x74:
        this.#word('true');
        return;
      case 0x66:
        this.#word('false');
        return;
      case 0x6e:
        this.#word('null');
        return;
      default:
        this.#number();
    }
  }

  string(): void {
    const bytes = this.#bytes;
    let at = this.position;
    if (bytes[at] !== quote) this.#fail('a string expected');
    at += 1;
    for (;;) {
      const byte = bytes[at];
      if (byte === quote) break;
      if (byte === backslash) {
        at = this.#escape(at);
        continue;
      }
      if (byte === undefined || byte < 0x20) this.#failAt(at, 'an unfinished string or a bare control character');
      at += 1;
    }
    this.position = at + 1;
  }

  #escape(at: number): number {
    const kind = this.#bytes[at + 1];
    if (kind === 0x75) {
      const unit = this.#codeUnit(at);
      if (unit < 0xd800 || unit > 0xdfff) return at + 6;
      const next = at + 6;
      const pairs =
        unit < 0xdc00 && this.#bytes[next] === backslash && this.#bytes[next + 1] === 0x75
          ? this.#codeUnit(next) >= 0xdc00 && this.#codeUnit(next) <= 0xdfff
          : false;
      if (!pairs) this.sawLoneSurrogate = true;
      return pairs ? next + 6 : next;
    }
    if (kind === undefined || !'"\\/bfnrt'.includes(String.fromCharCode(kind))) this.#failAt(at, 'an unknown escape');
    return at + 2;
  }

  #codeUnit(at: number): number {
    for (let i = at + 2; i < at + 6; i += 1) if (!isHex(this.#bytes[i])) this.#failAt(at, 'an unfinished \\u escape');
    return Number.parseInt(String.fromCharCode(...this.#bytes.subarray(at + 2, at + 6)), 16);
  }

  #object(depth: number): void {
    this.position += 1;
    this.skipSpace();
    if (this.accept(0x7d)) return;
    do {
      this.skipSpace();
      this.string();
      this.skipSpace();
      this.expect(0x3a);
      this.skipSpace();
      this.value(depth + 1);
      this.skipSpace();
    } while (this.accept(0x2c));
    this.expect(0x7d);
  }

  #array(depth: number): void {
    this.position += 1;
    this.skipSpace();
    if (this.accept(0x5d)) return;
    do {
      this.skipSpace();
      this.value(depth + 1);
      this.skipSpace();
    } while (this.accept(0x2c));
    this.expect(0x5d);
  }

  #word(word: string): void {
    for (let i = 0; i < word.length; i += 1)
      if (this.#bytes[this.position + i] !== word.charCodeAt(i)) this.#fail(`'${word}' expected`);
    this.position += word.length;
  }

  #number(): void {
    this.accept(0x2d);
    if (!this.accept(0x30)) this.#digits();
    if (this.accept(0x2e)) this.#digits();
    if (this.accept(0x65) || this.accept(0x45)) {
      if (!this.accept(0x2b)) this.accept(0x2d);
      this.#digits();
    }
  }

  #digits(): void {
    if (!isDigit(this.#bytes[this.position])) this.#fail('a value expected');
    while (isDigit(this.#bytes[this.position])) this.position += 1;
  }

  #fail(reason: string): never {
    return this.#failAt(this.position, reason);
  }

  #failAt(_at: number, reason: string): never {
    throw new JsonSyntaxError(reason);
  }
}
