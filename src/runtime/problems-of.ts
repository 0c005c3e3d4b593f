import { ConfigError, type ConfigProblem } from '../api/index.ts';

/** What a check throws, as problems; anything but a ConfigError is a fault of ours and goes on. */
export const problemsOf = (check: () => unknown): readonly ConfigProblem[] => {
  try {
    check();
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
};
