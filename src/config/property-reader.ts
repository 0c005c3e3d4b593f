import { ConfigError, type ConfigProblem } from '../api/index.ts';
import type { Properties } from './config-def.ts';

/** Reads Java-named client properties; collects what is wrong so that a user sees all of it at once. Values are never quoted for keys that may be secret. */
export class PropertyReader {
  readonly #properties: Properties;
  readonly #read = new Set<string>();
  readonly #problems: ConfigProblem[] = [];

  constructor(properties: Properties) {
    this.#properties = properties;
  }

  /** Trimmed; undefined where missing or empty. */
  text(key: string): string | undefined {
    this.#read.add(key);
    const value = this.#properties[key]?.trim();
    return value === '' ? undefined : value;
  }
  /** As given: '' is a value here. */
  raw(key: string): string | undefined {
    this.#read.add(key);
    return this.#properties[key];
  }
  int(key: string, fallback: number, { min = 0, max = 2 ** 31 - 1 } = {}): number {
    const text = this.text(key);
    if (text === undefined) return fallback;
    const value = Number(text);
    if (Number.isInteger(value) && value >= min && value <= max) return value;
    this.problem(key, `"${text}" is not a whole number from ${min} to ${max}`);
    return fallback;
  }
  boolean(key: string, fallback: boolean): boolean {
    return this.oneOf(key, ['true', 'false'], fallback ? 'true' : 'false') === 'true';
  }
  oneOf<T extends string>(key: string, allowed: readonly T[], fallback: T): T {
    const text = this.text(key);
    if (text === undefined) return fallback;
    const match = allowed.find((value) => value.toLowerCase() === text.toLowerCase());
    if (match !== undefined) return match;
    this.problem(key, `"${text}" is not known here: use ${allowed.join(', ')}`);
    return fallback;
  }
  list(key: string): readonly string[] {
    return (this.text(key) ?? '')
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '');
  }
  /** For keys that are known but need no answer. */
  ignore(...keys: readonly string[]): void {
    for (const key of keys) this.#read.add(key);
  }
  problem(key: string, message: string): void {
    this.#problems.push({ key, message });
  }
  /** Keys that nobody asked for. */
  unread(): readonly string[] {
    return Object.keys(this.#properties).filter((key) => !this.#read.has(key));
  }
  /** What was found wrong so far. */
  get problems(): readonly ConfigProblem[] {
    return this.#problems;
  }
  /** Throws a ConfigError with everything found wrong. */
  finish(): void {
    if (this.#problems.length > 0) throw new ConfigError(this.#problems);
  }
}
