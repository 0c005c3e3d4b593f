import { listedTopics } from '../connector/topic-collisions.ts';
import type { ConnectorSetup } from './connector-setup.ts';

/** What a connector reads of the topics that there are: `topics` whether they are there or not, or what topics.regex matches. */
export const subscribedTopics = (
  { config }: Pick<ConnectorSetup, 'config'>,
  existing: readonly string[],
): readonly string[] => {
  const pattern = config['topics.regex'];
  if (pattern === undefined) return listedTopics(config);
  const whole = new RegExp(`^(?:${pattern})$`);
  return existing.filter((topic) => whole.test(topic));
};
