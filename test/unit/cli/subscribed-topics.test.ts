import { expect, test } from 'vitest';
import { ConfigError } from '../../../src/api/index.ts';
import { existingTopics } from '../../../src/cli/subscribed-topics.ts';

const problemsOf = (config: Record<string, string>): string => {
  try {
    return existingTopics({ config }, ['orders', 'Clicks', '__consumer_offsets']).join(',');
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(({ message }) => message).join('\n');
    throw error;
  }
};

test.each([
  [{ topics: 'orders, Clicks' }, 'orders,Clicks'],
  [{ 'topics.regex': 'or.*' }, 'orders'],
  [{ 'topics.regex': '(?i)CLICKS|orders++' }, 'orders,Clicks'],
  [{ topics: 'orders', 'topics.regex': '' }, 'orders'],
  [{ 'topics.regex': '.*' }, 'orders,Clicks'],
  [
    { topics: 'ordes' },
    'topics: topic ordes does not exist, or this principal may not DESCRIBE it: did you mean orders?',
  ],
  [
    { topics: 'clicks' },
    'topics: topic clicks does not exist, or this principal may not DESCRIBE it: did you mean Clicks?',
  ],
  [
    { topics: 'warehouse' },
    'topics: topic warehouse does not exist, or this principal may not DESCRIBE it: create it, or mend topics',
  ],
  [{ 'topics.regex': 'x.*' }, 'topics.regex: x.* matches none of the topics that this principal may DESCRIBE'],
])('%o', (config: Record<string, string>, expected) => {
  expect(problemsOf(config)).toBe(expected);
});
