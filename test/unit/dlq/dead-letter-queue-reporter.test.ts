import { expect, test } from 'vitest';
import {
  asNextOffset,
  ConnectError,
  DataError,
  noMetrics,
  type ProducerRecord,
  type RecordView,
  silentLogger,
} from '../../../src/api/index.ts';
import { createDeadLetterQueueTopic, DeadLetterQueueReporter, unfencedDeadLetters } from '../../../src/dlq/index.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const id = { connector: 'c', task: 0 };
const failed = (value: Uint8Array, offset = 0n) => {
  const record: RecordView = {
    offset,
    batchOffset: 0n,
    timestamp: 1n,
    timestampType: 'CreateTime',
    key: null,
    value,
    headers: [],
  };
  return {
    original: { topic: 't', partition: 0, record },
    stage: 'VALUE_CONVERTER',
    executingClass: 'x',
    error: new DataError('bad'),
  } as const;
};

const startReporter = async () => {
  const sends: (readonly ProducerRecord[])[] = [];
  let failure: Error | null = null;
  const reporter = new DeadLetterQueueReporter({
    id,
    topic: 'dlq',
    withContextHeaders: false,
    log: unfencedDeadLetters({
      send: async (records) => {
        if (failure !== null) throw failure;
        sends.push(records);
      },
      close: async () => {},
    }),
    clock: new VirtualClock(),
    logger: silentLogger,
    metrics: noMetrics,
  });
  const start = asNextOffset(0n);
  const assignment = {
    topic: 't',
    partition: 0,
    epoch: 1,
    committed: null,
    logStart: start,
    logEnd: start,
    topicId: null,
  };
  await reporter.open([assignment]);
  reporter.begin(assignment, start);
  const failNow = (error: Error): void => {
    failure = error;
  };
  return { reporter, sends, failNow };
};

test('letters of one turn of the loop go in one send, in order', async () => {
  const { reporter, sends } = await startReporter();
  await Promise.all([1, 2, 3].map((n) => reporter.report(failed(Uint8Array.of(n), BigInt(n)))));
  expect(sends.map((records) => records.map(({ value }) => value?.[0]))).toEqual([[1, 2, 3]]);
});

test('a send stays below half a mebibyte, unless a single letter is larger', async () => {
  const { reporter, sends } = await startReporter();
  const sizes = [200_000, 200_000, 200_000, 900_000, 10];
  await Promise.all(sizes.map((size, at) => reporter.report(failed(new Uint8Array(size), BigInt(at)))));
  expect(sends.map((records) => records.map(({ value }) => value?.length))).toEqual([
    [200_000, 200_000],
    [200_000],
    [900_000],
    [10],
  ]);
});

test('bytes are copied before report returns: the batch may be released at once', async () => {
  const { reporter, sends } = await startReporter();
  const value = Uint8Array.of(1, 2, 3);
  const report = reporter.report(failed(value));
  value.fill(0);
  await report;
  expect(sends[0]?.[0]?.value).toEqual(Uint8Array.of(1, 2, 3));
});

test('after a lost letter no later one becomes durable', async () => {
  const { reporter, sends, failNow } = await startReporter();
  failNow(new ConnectError('message too large'));
  await expect(reporter.report(failed(Uint8Array.of(1)))).rejects.toThrow('message too large');
  failNow(new ConnectError('never asked'));
  await expect(reporter.report(failed(Uint8Array.of(2), 1n))).rejects.toThrow('message too large');
  expect(sends).toEqual([]);
});

test('the topic is left alone where it exists', async () => {
  const created: string[] = [];
  const admin = {
    clusterId: async () => '',
    listTopics: async () => ['dlq'],
    createTopic: async ({ name }: { readonly name: string }) => created.push(name) > 0,
    topicOffsets: async () => new Map(),
    committedOffsets: async () => [],
    close: async () => {},
  };
  await createDeadLetterQueueTopic(admin, 'dlq', 3, silentLogger);
  expect(created).toEqual([]);
  await createDeadLetterQueueTopic(admin, 'other', 3, silentLogger);
  expect(created).toEqual(['other']);
});
