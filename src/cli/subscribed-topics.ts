import { ConfigError } from '../api/index.ts';
import { closestName } from '../config/index.ts';
import { topicsOf } from '../runtime/topics-of.ts';
import type { ConnectorSetup } from './connector-setup.ts';

/** org.apache.kafka.common.internals.Topic: no pattern matches them (exclude.internal.topics). */
const internalTopics = ['__consumer_offsets', '__transaction_state', '__share_group_state'];

/** What a connector reads of the topics that there are: `topics` whether they are there or not, or what topics.regex matches. */
export const subscribedTopics = (
  { config }: Pick<ConnectorSetup, 'config'>,
  existing: readonly string[],
): readonly string[] => {
  const topics = topicsOf(config);
  return topics instanceof RegExp
    ? existing.filter((topic) => topics.test(topic) && !internalTopics.includes(topic))
    : topics;
};

/** Why there is no such topic, and the fix. */
export const missingTopic = (topic: string, existing: readonly string[]): string => {
  const sameButForCase = existing.find((other) => other.toLowerCase() === topic.toLowerCase());
  const meant = sameButForCase ?? closestName(topic, existing);
  const hint = meant === null ? 'create it, or mend topics' : `did you mean ${meant}?`;
  return `does not exist, or this principal may not DESCRIBE it: ${hint}`;
};

/** Those topics, all there. @throws ConfigError */
export const existingTopics = (
  setup: Pick<ConnectorSetup, 'config'>,
  existing: readonly string[],
): readonly string[] => {
  const topics = subscribedTopics(setup, existing);
  const problems = topics
    .filter((topic) => !existing.includes(topic))
    .map((topic) => ({ key: 'topics', message: `topics: topic ${topic} ${missingTopic(topic, existing)}` }));
  if (topics.length === 0)
    problems.push({
      key: 'topics.regex',
      message: `topics.regex: ${setup.config['topics.regex']} matches none of the topics that this principal may DESCRIBE`,
    });
  if (problems.length > 0) throw new ConfigError(problems);
  return topics;
};
