import { ConfigError, type ConnectorConfig } from '../api/index.ts';
import { topicsRegex } from '../config/index.ts';

const topicsKey = 'topics';

/** `topics` as a list, or `topics.regex`, which must match a whole name, as Java's Matcher.matches does. */
export const topicsOf = (config: ConnectorConfig): readonly string[] | RegExp => {
  const regex = config['topics.regex']?.trim() ?? '';
  if (regex === '') {
    return (config[topicsKey] ?? '')
      .split(',')
      .map((topic) => topic.trim())
      .filter((topic) => topic !== '');
  }
  try {
    return topicsRegex(regex);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ConfigError([{ key: 'topics.regex', message: `Invalid value for configuration topics.regex: ${why}` }], {
      cause: error,
    });
  }
};
