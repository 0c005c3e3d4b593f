const delimiters = new Set([':', ',', '{', '}', '[', ']', '"']);

/**
 * Cuts a header's text into tokens as Connect's Values does: each of `: , { } [ ] "` stands alone unless a backslash escapes it,
 * what lies between them is one token, blanks included.
 */
export class ValueTokens {
  readonly text: string;
  #at = 0;
  #peeked: string | null = null;
  #previous: string | null = null;
  /** Arrays and maps within each other that are being read. */
  depth = 0;

  constructor(text: string) {
    this.text = text;
  }

  get hasNext(): boolean {
    return this.#peeked !== null || this.#at < this.text.length;
  }

  /** Last token handed out by `next`, null after a rewind. */
  get previous(): string | null {
    return this.#previous;
  }

  mark(): number {
    return this.#at - (this.#peeked?.length ?? 0);
  }

  rewindTo(mark: number): void {
    this.#at = mark;
    this.#peeked = null;
    this.#previous = null;
  }

  next(): string {
    this.#previous = this.#peeked ?? this.#cut();
    this.#peeked = null;
    return this.#previous;
  }

  /** The text of the next `count` tokens; null, and nothing taken, where there are fewer. */
  nextJoined(count: number): string | null {
    const start = this.mark();
    for (let taken = 0; taken < count; taken++) {
      if (!this.hasNext) {
        this.rewindTo(start);
        return null;
      }
      this.next();
    }
    return this.text.slice(start, this.#at);
  }

  /** Takes the next token if, blanks around it ignored, it is this one; blank tokens before it are passed over. */
  take(expected: string): boolean {
    if (this.#peeked === null) {
      if (!this.hasNext) return false;
      this.#peeked = this.#cut();
    }
    while (javaTrim(this.#peeked) === '' && this.#at < this.text.length) this.#peeked = this.#cut();
    if (javaTrim(this.#peeked) !== expected) return false;
    this.#peeked = null;
    return true;
  }

  #cut(): string {
    const start = this.#at;
    let escaped = false;
    for (; this.#at < this.text.length; this.#at++) {
      const character = this.text.charAt(this.#at);
      if (character === '\\') {
        escaped = !escaped;
        continue;
      }
      if (delimiters.has(character) && !escaped) {
        if (this.#at === start) this.#at++;
        break;
      }
      escaped = false;
    }
    return this.text.slice(start, this.#at);
  }
}

/** String.trim: everything up to the blank. */
export const javaTrim = (text: string): string => text.replace(/^[\0- ]+|[\0- ]+$/g, '');
