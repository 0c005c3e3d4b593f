import { JavaPatternError } from '../../util/java-pattern.ts';
import { child, descend, element, everyMember, filtered, JsonPath, type PathStep } from './json-path.ts';
import {
  type Condition,
  comparison,
  type Operand,
  operators,
  pathOperand,
  valueOperand,
} from './json-path-condition.ts';

/** What is wrong with the path, where, and what can be written. */
export class JsonPathError extends Error {
  override readonly name: string = 'JsonPathError';
}

/**
 * JsonPath as Jayway's library reads it: `$`, `.name`, `['name']`, `[0]`, `[*]`, `..`, and `[?(…)]` with `@` and `$` paths, == != <
 * <= > >= =~ in nin, && || ! and parentheses. Functions (`.length()`), slices and its rarer operators are refused. Throws JsonPathError.
 */
export const parseJsonPath = (text: string): JsonPath => new JsonPathParser(text).rootPath();

class JsonPathParser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text.trim();
  }

  rootPath(): JsonPath {
    if (!this.#take('$')) throw this.#error('a path begins with $');
    const steps = this.#steps();
    if (this.#at < this.#text.length) throw this.#error("expected .name, ['name'], [0], [*] or [?(…)]");
    if (steps.length === 0) throw this.#error('a path leads somewhere: $.name');
    return new JsonPath(this.#text, steps);
  }

  #steps(): readonly PathStep[] {
    const steps: PathStep[] = [];
    for (;;) {
      if (this.#take('..')) {
        steps.push(descend);
        if (this.#text[this.#at] !== '[') steps.push(this.#dotted());
      } else if (this.#take('.')) steps.push(this.#dotted());
      else if (this.#take('[')) steps.push(this.#bracketed());
      else return steps;
    }
  }

  #dotted(): PathStep {
    if (this.#take('*')) return everyMember;
    const name = this.#match(/[^\s.[\]()=!<>&|~,'"@$*]+/y);
    if (name === null) throw this.#error('expected a name behind the dot');
    if (this.#text[this.#at] === '(') throw this.#error(`functions like ${name}() are not supported`);
    return child([name]);
  }

  #bracketed(): PathStep {
    const step = this.#insideBrackets();
    this.#expect(']');
    return step;
  }

  #insideBrackets(): PathStep {
    this.#blanks();
    if (this.#take('*')) return everyMember;
    if (this.#take('?')) {
      this.#blanks();
      this.#expect('(');
      const condition = this.#either();
      this.#expect(')');
      return filtered(condition);
    }
    const names = this.#listOf(() => this.#quoted());
    if (names.length > 0) return child(names);
    const indexes = this.#listOf(() => this.#match(/-?\d+/y));
    if (indexes.length > 0 && this.#text[this.#at] !== ':') return element(indexes.map(Number));
    throw this.#error("expected ['name'], [0], [*] or [?(…)]; slices are not supported");
  }

  #listOf<T>(item: () => T | null): readonly T[] {
    const items: T[] = [];
    do {
      this.#blanks();
      const next = item();
      if (next === null) return items;
      items.push(next);
      this.#blanks();
    } while (this.#take(','));
    return items;
  }

  #either(): Condition {
    const any = [this.#both()];
    while (this.#takeWord('||')) any.push(this.#both());
    return (value, root) => any.some((condition) => condition(value, root));
  }

  #both(): Condition {
    const all = [this.#single()];
    while (this.#takeWord('&&')) all.push(this.#single());
    return (value, root) => all.every((condition) => condition(value, root));
  }

  #single(): Condition {
    this.#blanks();
    if (this.#text[this.#at] === '!' && this.#text[this.#at + 1] !== '=') {
      this.#at++;
      const inner = this.#single();
      return (value, root) => !inner(value, root);
    }
    if (this.#take('(')) {
      const inner = this.#either();
      this.#expect(')');
      return inner;
    }
    return this.#comparison();
  }

  #comparison(): Condition {
    const left = this.#operand();
    this.#blanks();
    const operator = operators.find((candidate) => this.#takeWord(candidate));
    const word = operator === undefined ? this.#match(/[a-z]+/iy) : null;
    if (word !== null) throw this.#error(`operator ${word} is not supported; there are ${operators.join(' ')}`);
    try {
      return comparison(left, operator ?? null, operator === undefined ? null : this.#operand());
    } catch (error) {
      throw error instanceof JavaPatternError ? this.#error(`not a regular expression: ${error.message}`) : error;
    }
  }

  #operand(): Operand {
    this.#blanks();
    const origin = this.#match(/[@$]/y);
    if (origin !== null) {
      const start = this.#at - 1;
      const steps = this.#steps();
      return pathOperand(new JsonPath(this.#text.slice(start, this.#at), steps), origin === '@');
    }
    const text = this.#quoted();
    if (text !== null) return valueOperand({ kind: 'string', value: text });
    const number = this.#match(/-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y);
    if (number !== null) return valueOperand({ kind: 'number', value: number });
    const word = this.#match(/true|false|null/y);
    if (word !== null) return valueOperand({ kind: 'literal', value: word === 'null' ? null : word === 'true' });
    const regex = this.#match(/\/(?:[^/\\]|\\.)*\/[a-z]*/y);
    if (regex !== null) return valueOperand({ kind: 'regex', value: regex });
    if (this.#take('[')) {
      const items = this.#listOf(() => (this.#text[this.#at] === ']' ? null : this.#operand()));
      this.#expect(']');
      return { list: items };
    }
    throw this.#error('expected @.path, a text in quotes, a number, true, false or null');
  }

  /** A text in single or double quotes; a backslash keeps what follows it. */
  #quoted(): string | null {
    const raw = this.#match(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"/y);
    return raw === null ? null : raw.slice(1, -1).replace(/\\(.)/g, '$1');
  }

  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? null;
    this.#at += found?.length ?? 0;
    return found;
  }

  #take(token: string): boolean {
    if (!this.#text.startsWith(token, this.#at)) return false;
    this.#at += token.length;
    return true;
  }

  /** Blanks may stand before; a word operator (`in`) must end there. */
  #takeWord(token: string): boolean {
    this.#blanks();
    if (/^[a-z]/.test(token) && /[\w]/.test(this.#text[this.#at + token.length] ?? '')) return false;
    return this.#take(token);
  }

  #expect(token: string): void {
    this.#blanks();
    if (!this.#take(token)) throw this.#error(`expected ${token}`);
  }

  #blanks(): void {
    this.#match(/\s*/y);
  }

  #error(what: string): JsonPathError {
    return new JsonPathError(`at character ${this.#at + 1} of ${this.#text}: ${what}`);
  }
}
