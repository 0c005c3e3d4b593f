import { compileJavaPattern, JavaPatternError } from '../util/java-pattern.ts';

/**
 * A rule for a parsed value: answers why it is refused, or null. It meets null where a text could not be read, and where a
 * required key is missing; Connect's validators differ in what they make of that. `describe` goes into the reference page.
 */
export interface Validator {
  check(value: unknown): string | null;
  readonly describe: string;
  /** Its answer is all that is said, without `Invalid value … for configuration …` before it. */
  readonly saysAll?: boolean;
  /** What forms may offer. */
  readonly recommended?: readonly string[];
  /** Those in any case. */
  readonly ignoresCase?: boolean;
}

/** ConfigDef.Range: a null is told of as well as what made it one. */
const range = (describe: string, check: (value: number) => string | null): Validator => ({
  check: (value) => (value === null ? 'Value must be non-null' : check(Number(value))),
  describe,
});

export const atLeast = (min: number): Validator =>
  range(`at least ${min}`, (value) => (value >= min ? null : `Value must be at least ${min}`));

export const between = (min: number, max: number): Validator =>
  range(`${min} to ${max}`, (value) => {
    if (value < min) return `Value must be at least ${min}`;
    return value > max ? `Value must be no more than ${max}` : null;
  });

const listed = (values: readonly string[], fold: (text: string) => string, rule: string): Validator => ({
  check: (value) =>
    value !== null && values.some((allowed) => fold(allowed) === fold(String(value)))
      ? null
      : `String must be ${rule}: ${values.join(', ')}`,
  describe: values.filter((value) => value !== '').join(', '),
  recommended: values,
});

export const oneOf = (...values: readonly string[]): Validator => listed(values, (text) => text, 'one of');
export const oneOfIgnoringCase = (...values: readonly string[]): Validator => ({
  ...listed(values, (text) => text.toLowerCase(), 'one of (case insensitive)'),
  ignoresCase: true,
});

export const nonEmpty: Validator = {
  check: (value) => (value === '' ? 'String must be non-empty' : null),
  describe: 'non-empty',
};

export const nonNull: Validator = {
  check: (value) => (value === null ? 'entry must be non null' : null),
  describe: 'any text',
};

export const nonEmptyList: Validator = {
  check: (value) => (value === null || (Array.isArray(value) && value.length === 0) ? 'Empty list' : null),
  describe: 'at least one',
};

/** ConfigDef.CompositeValidator: the first that refuses. */
export const allOf = (...validators: readonly Validator[]): Validator => ({
  check: (value) => validators.map(({ check }) => check(value)).find((why) => why !== null) ?? null,
  describe: validators.map(({ describe }) => describe).join(', '),
});

/** A connector's name: non-empty, no ISO control characters (a line break in it would forge log lines). */
export const connectorName: Validator = {
  check: (value) => {
    if (value === null) return null;
    if (value === '') return 'String may not be empty';
    // biome-ignore lint/suspicious/noControlCharactersInRegex: ISO control characters are what it looks for
    const found = String(value).match(/[\u0000-\u001f\u007f-\u009f]/g);
    if (found === null) return null;
    const codes = found.map((character) => character.charCodeAt(0)).join(', ');
    return `String may not contain control sequences but had the following ASCII chars: ${codes}`;
  },
  describe: 'non-empty, no control characters',
};

/** As java.util.regex.Pattern, in the words of the transforms' RegexValidator. */
export const javaRegex: Validator = {
  check: (value) => {
    if (value === null) return 'Invalid regex: Cannot invoke "String.isEmpty()" because "this.pattern" is null';
    try {
      compileJavaPattern(String(value));
      return null;
    } catch (error) {
      if (!(error instanceof JavaPatternError)) throw error;
      return `Invalid regex: ${error.message}`;
    }
  },
  describe: 'a regular expression of Java',
};
