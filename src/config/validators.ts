import { compileJavaPattern, JavaPatternError } from '../util/java-pattern.ts';

/** A rule for a parsed value: answers why it is refused, or null. `describe` goes into the reference page. */
export interface Validator {
  check(value: unknown): string | null;
  readonly describe: string;
  /** Connect reports a text of the wrong type twice where null is no value either. */
  readonly refusesNull?: boolean;
  /** What forms may offer. */
  readonly recommended?: readonly string[];
}

export const atLeast = (min: number): Validator => ({
  check: (value) => (Number(value) >= min ? null : `Value must be at least ${min}`),
  describe: `at least ${min}`,
});

export const nonNull = (validator: Validator): Validator => ({ ...validator, refusesNull: true });

export const moreThan = (min: number): Validator => ({
  check: (value) => (Number(value) > min ? null : `Value must be more than ${min}`),
  describe: `more than ${min}`,
});

export const between = (min: number, max: number): Validator => ({
  check: (value) => {
    if (Number(value) < min) return `Value must be at least ${min}`;
    return Number(value) > max ? `Value must be no more than ${max}` : null;
  },
  describe: `${min} to ${max}`,
});

const listed = (values: readonly string[], fold: (text: string) => string, rule: string): Validator => ({
  check: (value) =>
    values.some((allowed) => fold(allowed) === fold(String(value)))
      ? null
      : `String must be ${rule}: ${values.join(', ')}`,
  describe: values.filter((value) => value !== '').join(', '),
  recommended: values,
});

export const oneOf = (...values: readonly string[]): Validator => listed(values, (text) => text, 'one of');
export const oneOfIgnoringCase = (...values: readonly string[]): Validator =>
  listed(values, (text) => text.toLowerCase(), 'one of (case insensitive)');

export const nonEmpty: Validator = {
  check: (value) => (String(value).trim() === '' ? 'String must be non-empty' : null),
  describe: 'non-empty',
};

export const nonEmptyList: Validator = {
  check: (value) => (Array.isArray(value) && value.length === 0 ? 'Empty list' : null),
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
    if (String(value).trim() === '') return 'String may not be empty';
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
