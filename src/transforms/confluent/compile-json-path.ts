import { configError } from '../parse-config.ts';
import type { JsonPath } from './json-path.ts';
import { JsonPathError, parseJsonPath } from './parse-json-path.ts';

/** The path in a transform's key. Throws a ConfigError that says what is wrong with it. */
export const compileJsonPath = (key: string, text: string): JsonPath => {
  try {
    return parseJsonPath(text);
  } catch (error) {
    if (!(error instanceof JsonPathError)) throw error;
    throw configError(key, `Invalid value ${text} for configuration ${key}: not a JsonPath: ${error.message}`);
  }
};
