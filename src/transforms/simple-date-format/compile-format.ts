import { ConfigError } from '../../api/index.ts';
import { FormatError, SimpleDateFormat } from './simple-date-format.ts';

/** The format of a transform's key. Throws a ConfigError that says what is wrong with the pattern. */
export const compileFormat = (key: string, pattern: string): SimpleDateFormat => {
  try {
    return new SimpleDateFormat(pattern);
  } catch (cause) {
    if (!(cause instanceof FormatError)) throw cause;
    const purpose = 'TimestampConverter requires a SimpleDateFormat-compatible pattern for string timestamps';
    const message =
      key === 'format'
        ? `Invalid value java.lang.IllegalArgumentException: ${cause.message} for configuration ${purpose}: ${pattern}`
        : `Invalid value ${pattern} for configuration ${key}: not a pattern of java.text.SimpleDateFormat: ${cause.message}`;
    throw new ConfigError([{ key, message }], { cause });
  }
};
