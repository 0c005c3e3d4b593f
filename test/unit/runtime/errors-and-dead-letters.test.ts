import { describe, expect, test } from 'vitest';
import { ConnectError, DataError, javaTrace, type ProducerRecord } from '../../../src/api/index.ts';
import { InMemoryKafka } from './in-memory-kafka.ts';
import { p0, settled, startTask } from './worker-sink-task-fixture.ts';

const values = (...texts: (string | null)[]) => texts.map((value) => ({ value }));
const text = (bytes: Uint8Array | null | undefined): string | null =>
  bytes === null || bytes === undefined ? null : new TextDecoder().decode(bytes);
const headersOf = (letter: ProducerRecord | undefined): readonly (readonly [string, string | null])[] =>
  (letter?.headers ?? []).map(([name, value]) => [name, text(value)]);

const all = { 'errors.tolerance': 'all' } as const;
const queue = { 'errors.deadletterqueue.topic.name': 'dlq' } as const;

describe('dead letter queue', () => {
  test('carries original bytes, headers and time; context headers in order behind them', async () => {
    const { kafka, consumer, task, stop, counters } = await startTask({
      config: { ...all, ...queue, 'errors.deadletterqueue.context.headers.enable': 'true' },
    });
    const headers = [['trace', Buffer.from([0xff, 0])]] as const;
    kafka.append(p0, [{ value: 'ok' }, { key: 'k', value: 'bad', headers, timestamp: 123n }]);
    consumer.assign([p0]);
    await settled();
    await stop();
    expect(task.offsets).toEqual([0n]);
    const [letter] = kafka.produced;
    expect(letter).toMatchObject({ topic: 'dlq', timestamp: 123n });
    expect([text(letter?.key), text(letter?.value)]).toEqual(['k', 'bad']);
    expect(letter?.headers[0]).toEqual(['trace', Uint8Array.from([0xff, 0])]);
    expect(headersOf(letter).slice(1)).toEqual([
      ['__connect.errors.topic', 't'],
      ['__connect.errors.partition', '0'],
      ['__connect.errors.offset', '1'],
      ['__connect.errors.connector.name', 'orders'],
      ['__connect.errors.task.id', '0'],
      ['__connect.errors.stage', 'VALUE_CONVERTER'],
      ['__connect.errors.class.name', 'org.apache.kafka.connect.storage.StringConverter'],
      ['__connect.errors.exception.class.name', 'org.apache.kafka.connect.errors.DataException'],
      ['__connect.errors.exception.message', 'The value is bad.'],
      ['__connect.errors.exception.stacktrace', 'org.apache.kafka.connect.errors.DataException: The value is bad.'],
    ]);
    expect(kafka.committed.get('t-0')?.offset).toBe(2n);
    for (const name of ['record_failures', 'record_errors', 'records_skipped']) {
      expect(counters.get(`snowsink_total_${name}_total/VALUE_CONVERTER`), name).toBe(1);
    }
    expect(counters.get('snowsink_deadletterqueue_produce_requests_total')).toBe(1);
  });

  test('has no context headers and no time where none are wanted or known', async () => {
    const { kafka, consumer, stop } = await startTask({ config: { ...all, ...queue } });
    kafka.append(p0, [{ value: 'bad', timestamp: -1n }]);
    consumer.assign([p0]);
    await settled();
    await stop();
    expect(kafka.produced).toEqual([
      { topic: 'dlq', key: null, value: Uint8Array.from(Buffer.from('bad')), headers: [] },
    ]);
  });

  test('a record that failed before gets a second set of context headers', async () => {
    const { kafka, consumer, stop } = await startTask({
      config: { ...all, ...queue, 'errors.deadletterqueue.context.headers.enable': 'true' },
    });
    kafka.append(p0, [{ value: 'bad', headers: [['__connect.errors.topic', Buffer.from('older')]] }]);
    consumer.assign([p0]);
    await settled();
    await stop();
    const topics = headersOf(kafka.produced[0]).filter(([name]) => name === '__connect.errors.topic');
    expect(topics.map(([, value]) => value)).toEqual(['older', 't']);
  });

  test('without tolerance the letter is written and the task fails, saying which offset and why', async () => {
    const { kafka, consumer, statuses, ended } = await startTask({ config: queue });
    kafka.append(p0, values('bad'));
    consumer.assign([p0]);
    await settled();
    await ended;
    expect(kafka.produced).toHaveLength(1);
    expect(statuses.at(-1)?.trace).toMatch(
      /^org\.apache\.kafka\.connect\.errors\.ConnectException: Tolerance exceeded in error handler: .*topic t, partition 0, offset 0.*\nCaused by: org\.apache\.kafka\.connect\.errors\.DataException: The value is bad\./s,
    );
    expect(kafka.committed.get('t-0')?.offset ?? 0n).toBe(0n);
  });

  test('no offset that a letter covers is committed before the letter is durable', async () => {
    const kafka = new InMemoryKafka();
    const gate = Promise.withResolvers<void>();
    kafka.sendGate = gate.promise;
    const { consumer, clock, stop } = await startTask({ kafka, config: { ...all, ...queue } });
    kafka.append(p0, values('bad', 'ok'));
    consumer.assign([p0]);
    await settled();
    await clock.advance(20_000);
    expect([kafka.produced.length, kafka.committed.size]).toEqual([0, 0]);
    gate.resolve();
    await settled();
    expect([kafka.produced.length, kafka.committed.get('t-0')?.offset]).toEqual([1, 2n]);
    await stop();
  });

  test('a letter that cannot be written fails the task and holds the offset back', async () => {
    const kafka = new InMemoryKafka();
    kafka.sendFailure = new ConnectError('not enough replicas');
    const { consumer, clock, statuses, ended, counters } = await startTask({ kafka, config: { ...all, ...queue } });
    kafka.append(p0, values('bad', 'ok'));
    consumer.assign([p0]);
    await settled();
    await clock.advance(10_000);
    await ended;
    expect(statuses.at(-1)?.trace).toContain(
      'Could not produce message to dead letter queue. topic=dlq: not enough replicas',
    );
    expect(counters.get('snowsink_deadletterqueue_produce_failures_total')).toBe(1);
    expect(kafka.committed.size).toBe(0);
  });

  test('is created at task start: one partition, replication factor 3 by default; a failure is the task’s', async () => {
    const { kafka, stop } = await startTask({ config: { ...all, ...queue } });
    expect(kafka.topics.get('dlq')).toEqual({ name: 'dlq', partitions: 1, replicationFactor: 3 });
    await stop();
    const refusing = new InMemoryKafka();
    refusing.createTopicFailure = new ConnectError('replication factor 3 is larger than 1 broker.');
    const failure = await startTask({ kafka: refusing, config: { ...all, ...queue } }).catch((error: unknown) => error);
    expect(javaTrace(failure)).toMatch(
      /^[\w.]+ConnectException: Could not initialize dead letter queue with topic=dlq\nCaused by: .*errors\.deadletterqueue\.topic\.replication\.factor/,
    );
  });
});

describe('records that the sink task reports', () => {
  const reportBad = { 'errors.deadletterqueue.context.headers.enable': 'true', ...queue } as const;

  test('go to the dead letter queue at stage TASK_PUT, and the commit waits for them', async () => {
    const { kafka, consumer, stop, counters } = await startTask({
      config: { ...all, ...reportBad },
      prepare: (sink) => {
        sink.onPut = async (records) => {
          for (const { original, value } of records) {
            if (value === 'no row')
              await sink.context.errantRecordReporter.report(original, new DataError('no column'));
          }
        };
      },
    });
    kafka.append(p0, values('a', 'no row'));
    consumer.assign([p0]);
    await settled();
    await stop();
    expect(headersOf(kafka.produced[0])).toContainEqual(['__connect.errors.stage', 'TASK_PUT']);
    expect(headersOf(kafka.produced[0])).toContainEqual([
      '__connect.errors.class.name',
      'org.apache.kafka.connect.sink.SinkTask',
    ]);
    expect(kafka.committed.get('t-0')?.offset).toBe(2n);
    expect(counters.get('snowsink_total_record_failures_total/TASK_PUT')).toBe(1);
    expect(counters.get('snowsink_total_record_errors_total')).toBeUndefined();
  });

  test('without tolerance fail the task even if the sink task swallows the rejection', async () => {
    const { kafka, consumer, statuses, ended } = await startTask({
      config: reportBad,
      prepare: (sink) => {
        sink.onPut = (records) => {
          for (const { original } of records) {
            sink.context.errantRecordReporter.report(original, new DataError('no column')).catch(() => {});
          }
        };
      },
    });
    kafka.append(p0, values('a'));
    consumer.assign([p0]);
    await settled();
    await ended;
    expect(kafka.produced).toHaveLength(1);
    expect(statuses.at(-1)?.trace).toContain('offset 0 failed at TASK_PUT');
  });

  test('without tolerance no offset past the record is committed while its letter is on the way', async () => {
    const kafka = new InMemoryKafka();
    const gate = Promise.withResolvers<void>();
    kafka.sendGate = gate.promise;
    const { consumer, clock, ended } = await startTask({
      kafka,
      config: reportBad,
      prepare: (sink) => {
        sink.onPut = (records) => {
          for (const { original, value } of records) {
            if (value !== 'no row') continue;
            sink.context.errantRecordReporter.report(original, new DataError('no column')).catch(() => {});
          }
        };
      },
    });
    kafka.append(p0, values('a', 'no row', 'b'));
    consumer.assign([p0]);
    await settled();
    await clock.advance(20_000);
    gate.resolve();
    await settled();
    await clock.advance(20_000);
    await ended;
    expect(kafka.produced).toHaveLength(1);
    expect(kafka.committed.get('t-0')?.offset ?? 0n).toBeLessThanOrEqual(1n);
  });

  test('copies of large records under way are bounded by their bytes', async () => {
    const kafka = new InMemoryKafka();
    const gate = Promise.withResolvers<void>();
    kafka.sendGate = gate.promise;
    const large = 'x'.repeat(4 * 1024 * 1024);
    let reported = 0;
    const { consumer, stop } = await startTask({
      kafka,
      config: { ...all, ...reportBad },
      prepare: (sink) => {
        sink.onPut = (records) => {
          for (const { original } of records) {
            reported++;
            sink.context.errantRecordReporter.report(original, new DataError('no column')).catch(() => {});
          }
        };
      },
    });
    kafka.append(p0, values(...Array.from({ length: 30 }, () => large)));
    consumer.assign([p0]);
    await settled();
    expect(reported).toBe(3); // one fetch of the test's consumer
    gate.resolve();
    await stop();
    expect(kafka.produced.length).toBe(reported);
  });
});

describe('retries of a conversion', () => {
  const away = { 'errors.retry.timeout': '60000' } as const;

  test('wait 300 ms, doubling, and the record is delivered', async () => {
    const { kafka, consumer, clock, task, value, counters, stop } = await startTask({ config: away });
    value.retriableFailures = 3;
    kafka.append(p0, values('away'));
    consumer.assign([p0]);
    await settled();
    await clock.advance(300 + 600 + 1199);
    expect(task.offsets).toEqual([]);
    await clock.advance(1);
    expect(task.offsets).toEqual([0n]);
    expect(counters.get('snowsink_total_retries_total')).toBe(3);
    expect(counters.get('snowsink_total_record_failures_total')).toBe(3);
    expect(counters.get('snowsink_total_record_errors_total')).toBeUndefined();
    await stop();
  });

  test('are none by default', async () => {
    const { kafka, consumer, value, counters, statuses, ended } = await startTask();
    value.retriableFailures = 1;
    kafka.append(p0, values('away'));
    consumer.assign([p0]);
    await settled();
    await ended;
    expect(counters.get('snowsink_total_retries_total')).toBeUndefined();
    expect(statuses.at(-1)?.trace).toContain('The registry is away.');
  });

  test('KAFKA-18073: exhausted, they fail the task without tolerance and skip the record with it, never in silence', async () => {
    for (const [config, state] of [
      [{ 'errors.retry.timeout': '1000' }, 'FAILED'],
      [{ 'errors.retry.timeout': '1000', ...all, ...queue }, 'RUNNING'],
    ] as const) {
      const { kafka, consumer, clock, value, statuses, stop, task } = await startTask({ config });
      value.retriableFailures = 1000;
      kafka.append(p0, values('away', 'ok'));
      consumer.assign([p0]);
      await settled();
      await clock.advance(2000);
      expect(statuses.at(-1)?.state).toBe(state);
      expect(kafka.produced).toHaveLength(state === 'RUNNING' ? 1 : 0);
      expect(task.offsets).toEqual(state === 'RUNNING' ? [1n] : []);
      await stop();
    }
  });

  test('stopping ends the wait, and the record stays uncommitted', async () => {
    const { kafka, consumer, value, statuses, stop } = await startTask({ config: { 'errors.retry.timeout': '-1' } });
    value.retriableFailures = 1000;
    kafka.append(p0, values('away'));
    consumer.assign([p0]);
    await settled();
    await stop();
    expect(statuses.map(({ state }) => state)).toEqual(['RUNNING']);
    expect(kafka.committed.get('t-0')?.offset ?? 0n).toBe(0n);
  });
});

describe('error log', () => {
  test.each([
    [
      'true',
      ", where consumed record is {topic='t', partition=0, offset=0, timestamp=5, timestampType=CreateTime}. The value is bad.",
    ],
    ['false', '. The value is bad.'],
  ])('is one line for a record, in Connect’s words, without key or value; where it lay: %s', async (messages, end) => {
    const { kafka, consumer, logs, stop } = await startTask({
      config: { ...all, 'errors.log.enable': 'true', 'errors.log.include.messages': messages },
    });
    kafka.append(p0, [{ key: 'secret', value: 'bad', timestamp: 5n }]);
    consumer.assign([p0]);
    await settled();
    await stop();
    const [line] = logs.filter(({ level }) => level === 'error');
    expect(line?.message).toBe(
      "Error encountered in task orders-0. Executing stage 'VALUE_CONVERTER' with class " +
        `'org.apache.kafka.connect.storage.StringConverter'${end}`,
    );
  });
});

describe('transforms', () => {
  test('apply where their predicate says so, or where it does not if negated', async () => {
    const { kafka, consumer, task, stop } = await startTask({
      config: {
        transforms: ' d ',
        'transforms.d.type': 'test.DropAndRoute',
        'transforms.d.predicate': 'p',
        'transforms.d.negate': 'true',
        predicates: 'p',
        'predicates.p.type': 'test.IsKept',
      },
    });
    kafka.append(p0, [
      { key: 'keep', value: 'drop 1' },
      { key: 'other', value: 'drop 2' },
    ]);
    consumer.assign([p0]);
    await settled();
    await stop();
    expect(task.records.map(({ value }) => value)).toEqual(['drop 1']);
  });

  test.each([
    [{ transforms: 'a,a', 'transforms.a.type': 'x' }, 'Duplicate alias provided.'],
    [{ transforms: 'a' }, 'Missing required configuration "transforms.a.type" which has no default value.'],
    [{ transforms: 'a', 'transforms.a.type': 'x', 'transforms.a.predicate': 'p' }, 'No predicate with the alias p'],
    [
      { transforms: 'a', 'transforms.a.type': 'x', 'transforms.a.negate': 'true' },
      'defining a predicate to be negated.',
    ],
  ])('%j is refused', async (config, message) => {
    await expect(startTask({ config })).rejects.toThrow(message);
  });
});
