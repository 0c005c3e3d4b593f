import { expect, test } from 'vitest';
import { RetriableError } from '../../../src/api/index.ts';
import { whileUnreachable } from '../../../src/kafka/while-unreachable.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const named = (name: string, cause?: Error): Error => Object.assign(new Error(name, { cause }), { name });

/** A clock whose sleeps pass at once. */
const hastyClock = () => {
  const clock = new VirtualClock(0);
  let now = 0;
  return Object.assign(clock, {
    now: () => now,
    sleep: async (ms: number) => {
      now += ms;
    },
  });
};

const failing = (errors: readonly Error[], answer = 'topics') => {
  const left = [...errors];
  let calls = 0;
  const call = async (): Promise<string> => {
    calls++;
    const error = left.shift();
    if (error !== undefined) throw error;
    return answer;
  };
  return { call, calls: () => calls };
};

test('asks again while connections break, wrapped or not, when kafkajs takes apart the null of a pool without brokers, and when a broker asks for it', async () => {
  const flaky = failing([
    named('KafkaJSConnectionClosedError'),
    named('KafkaJSNumberOfRetriesExceeded', named('KafkaJSRequestTimeoutError')),
    new TypeError("Cannot destructure property 'topicMetadata' of null"),
    new RetriableError('offsets of group g: NOT_COORDINATOR'),
    Object.assign(named('KafkaJSProtocolError'), { type: 'NOT_COORDINATOR_FOR_GROUP' }),
  ]);
  expect(await whileUnreachable(hastyClock(), 30_000, flaky.call)).toBe('topics');
  expect(flaky.calls()).toBe(6);
});

test('a broker’s own refusal is final at once', async () => {
  const refused = failing([named('KafkaJSNumberOfRetriesExceeded', named('KafkaJSProtocolError'))]);
  await expect(whileUnreachable(hastyClock(), 30_000, refused.call)).rejects.toThrow('KafkaJSNumberOfRetriesExceeded');
  expect(refused.calls()).toBe(1);
});

test('gives up with the last error when the time is over', async () => {
  const clock = hastyClock();
  const gone = failing(Array.from({ length: 1000 }, () => named('KafkaJSConnectionError')));
  await expect(whileUnreachable(clock, 3000, gone.call)).rejects.toThrow('KafkaJSConnectionError');
  expect(clock.now()).toBe(3000);
});
