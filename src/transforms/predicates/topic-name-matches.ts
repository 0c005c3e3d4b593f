import { allOf, ConfigDef, javaRegex, nonEmpty, string } from '../../config/index.ts';
import { compileJavaPattern } from '../../util/java-pattern.ts';
import { parseConfig } from '../parse-config.ts';
import type { CreateTest } from './predicate.ts';

export const topicNameMatchesConfig = new ConfigDef({
  pattern: string({
    validator: allOf(nonEmpty, javaRegex),
    documentation: 'Regular expression of Java that the whole topic must match.',
  }),
});

/** True for records whose whole topic matches. */
export const topicNameMatches: CreateTest = (config) => {
  const pattern = compileJavaPattern(parseConfig(topicNameMatchesConfig, config).pattern);
  return ({ topic }) => pattern.matches(topic);
};
