import { positionError, type Token, tokenize } from './tokenizer.ts';

/** Reads a statement from left to right. */
export class TokenCursor {
  readonly sql: string;
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(sql: string) {
    this.sql = sql;
    this.#tokens = tokenize(sql);
  }

  peek(ahead = 0): Token {
    return this.#tokens[Math.min(this.#at + ahead, this.#tokens.length - 1)] ?? this.#end();
  }

  next(): Token {
    const token = this.peek();
    if (token.kind !== 'end') this.#at += 1;
    return token;
  }

  get atEnd(): boolean {
    const { kind, text } = this.peek();
    return kind === 'end' || (kind === 'symbol' && text === ';');
  }

  /** Over these words (or symbols) if they all come next. */
  accept(...words: readonly string[]): boolean {
    for (const [index, word] of words.entries()) {
      const { kind, text } = this.peek(index);
      if ((kind !== 'word' && kind !== 'symbol') || text !== word) return false;
    }
    this.#at += words.length;
    return true;
  }

  expect(...words: readonly string[]): void {
    if (!this.accept(...words)) this.fail();
  }

  expectEnd(): void {
    if (!this.atEnd) this.fail();
  }

  identifier(): string {
    const token = this.next();
    if (token.kind !== 'word' && token.kind !== 'quoted') throw positionError(this.sql, token);
    return token.text;
  }

  string(): string {
    const token = this.next();
    if (token.kind !== 'string') throw positionError(this.sql, token);
    return token.text;
  }

  /** `('a', 'b')` or `()`. */
  strings(): readonly string[] {
    const strings: string[] = [];
    this.expect('(');
    while (!this.accept(')')) {
      strings.push(this.string());
      if (!this.accept(',') && this.peek().text !== ')') this.fail();
    }
    return strings;
  }

  number(): number {
    const token = this.next();
    if (token.kind !== 'number') throw positionError(this.sql, token);
    return Number(token.text);
  }

  /** `a`, `b.a`, `c.b.a` or IDENTIFIER('…'): the parts, stored names. */
  name(): readonly string[] {
    if (this.peek().text === 'IDENTIFIER' && this.peek(1).text === '(') {
      this.expect('IDENTIFIER', '(');
      const parts = new TokenCursor(this.string()).name();
      this.expect(')');
      return parts;
    }
    const parts = [this.identifier()];
    while (this.accept('.')) {
      // `db..t` leaves the schema out: PUBLIC. [documented]
      parts.push(this.peek().text === '.' ? 'PUBLIC' : this.identifier());
    }
    return parts;
  }

  /** Over a parenthesised group, or one token. */
  skipGroup(): void {
    if (!this.accept('(')) {
      this.next();
      return;
    }
    let depth = 1;
    while (depth > 0) {
      const token = this.next();
      if (token.kind === 'end') throw positionError(this.sql, token);
      if (token.kind === 'symbol' && token.text === '(') depth += 1;
      if (token.kind === 'symbol' && token.text === ')') depth -= 1;
    }
  }

  /** Over all tokens that begin before this position of the text. */
  skipTo(position: number): void {
    while (this.peek().kind !== 'end' && this.peek().from < position) this.#at += 1;
  }

  /** The text from here to `to`, exclusive. */
  textFrom(start: Token): string {
    return this.sql.slice(start.from, this.peek().from).trim();
  }

  fail(): never {
    throw positionError(this.sql, this.peek());
  }

  #end(): Token {
    return { kind: 'end', text: '', from: this.sql.length, to: this.sql.length };
  }
}
