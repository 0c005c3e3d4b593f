import type { ConfigProblem } from '../api/index.ts';

/** Each problem once. That a value of the wrong type is also no value need not be said. */
export const withoutRepeats = (problems: readonly ConfigProblem[]): readonly ConfigProblem[] =>
  problems.filter(({ key, message }, at) => {
    if (problems.findIndex((other) => other.key === key && other.message === message) < at) return false;
    return !message.startsWith('Invalid value null') || problems.filter((other) => other.key === key).length === 1;
  });
