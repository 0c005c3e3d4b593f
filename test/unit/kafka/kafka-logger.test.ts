import { expect, test } from 'vitest';
import type { Logger } from '../../../src/api/index.ts';
import { silentLogger } from '../../../src/api/index.ts';
import { kafkaLogCreator } from '../../../src/kafka/kafka-logger.ts';

const errorLevel = 1;

test('an outage is told once in half a minute, what passes by itself not at all', () => {
  const warned: string[] = [];
  let nowMs = 0;
  const logger: Logger = {
    ...silentLogger,
    warn: (_fields, message) => void warned.push(message),
    child: () => logger,
  };
  const log = kafkaLogCreator(logger, { now: () => nowMs })(errorLevel);
  const say = (message: string) => log({ namespace: 'Connection', level: errorLevel, log: { message } });
  for (; nowMs < 60_000; nowMs += 300) {
    say('Connection error: connect ECONNREFUSED 127.0.0.1:9092');
    say('Failed to connect to seed broker, trying another broker from the list: connect ECONNREFUSED');
    say('Response Heartbeat(key: 12, version: 3)');
  }
  expect(warned).toEqual(Array.from({ length: 2 }, () => 'Connection error: connect ECONNREFUSED 127.0.0.1:9092'));
});
