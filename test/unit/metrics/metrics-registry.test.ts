import { expect, test } from 'vitest';
import { createMetrics, createProcessMetrics } from '../../../src/metrics/index.ts';

const task = (n: string) => ({ connector: 'c', task: n });

test('counters, gauges and histograms of several threads come out as one text', async () => {
  const main = createMetrics();
  const threads = [createMetrics(), createMetrics()];
  threads.forEach((metrics, n) => {
    metrics.increment('snowsink_records_consumed_total', { ...task(String(n)), topic: 't' }, 5);
    metrics.increment('snowsink_appends_total', { ...task('0'), outcome: 'accepted' });
    metrics.observe('snowsink_append_seconds', task(String(n)), 0.2);
    metrics.set('snowsink_memory_used_bytes', {}, 7);
  });
  for (const [n, metrics] of threads.entries()) {
    const snapshot = await metrics.snapshot();
    main.merge(`task-thread-${n}`, structuredClone(snapshot));
    main.merge(`task-thread-${n}`, structuredClone(snapshot));
  }
  const text = await main.text();
  expect(text).toContain('snowsink_records_consumed_total{connector="c",task="1",topic="t"} 5');
  expect(text).toContain('snowsink_appends_total{connector="c",task="0",outcome="accepted"} 2');
  expect(text).toContain('snowsink_append_seconds_count{connector="c",task="0"} 1');
  expect(text).toMatch(/^snowsink_memory_used_bytes 7$/m);
  expect(text).toContain('# HELP snowsink_flush_total Buffer flushes by reason');
});

test('a removed series is gone', async () => {
  const metrics = createMetrics();
  const labels = { ...task('0'), topic: 't', partition: '3' };
  metrics.set('snowsink_committed_offset', labels, 9);
  expect(await metrics.text()).toContain('partition="3"} 9');
  metrics.remove('snowsink_committed_offset', labels);
  expect(await metrics.text()).not.toContain('partition="3"');
});

test('of a task that has ended no gauge is left, and its counters stay', async () => {
  const metrics = createMetrics();
  for (const n of ['0', '1']) {
    metrics.set('snowsink_partitions_paused', { ...task(n), reason: 'connector' }, 2);
    metrics.set('snowsink_breaker_open', { ...task(n), endpoint: 'ingest' }, 1);
    metrics.increment('snowsink_rows_appended_total', { ...task(n), topic: 't' }, 5);
  }
  metrics.forgetTask(task('1'));
  const lines = (await metrics.text()).split('\n').filter((line) => line.startsWith('snowsink_'));
  expect(lines).toEqual([
    'snowsink_rows_appended_total{connector="c",task="0",topic="t"} 5',
    'snowsink_rows_appended_total{connector="c",task="1",topic="t"} 5',
    'snowsink_partitions_paused{connector="c",task="0",reason="connector"} 2',
    'snowsink_breaker_open{connector="c",task="0",endpoint="ingest"} 1',
  ]);
});

test('what is no snapshot is refused by name', () => {
  expect(() => createMetrics().merge('task-thread-1', { a: 1 })).toThrow(/task-thread-1/);
});

test('process metrics', async () => {
  const processMetrics = createProcessMetrics();
  const text = await createMetrics(processMetrics.samples).text();
  processMetrics.stop();
  expect(Number(/^process_resident_memory_bytes (\d+)$/m.exec(text)?.[1])).toBeGreaterThan(1e6);
  expect(text).toMatch(/^process_cpu_seconds_total [\d.]+$/m);
  expect(text).toMatch(/^nodejs_eventloop_lag_p99_seconds [\d.e-]+$/m);
});

test('a histogram’s buckets count all that is not longer', async () => {
  const metrics = createMetrics();
  for (const seconds of [0.004, 0.2, 1000]) metrics.observe('snowsink_latency_seconds', task('0'), seconds);
  const text = await metrics.text();
  const bucket = (le: string) =>
    new RegExp(`snowsink_latency_seconds_bucket\\{le="${le}",connector="c",task="0"\\} (\\d+)`).exec(text)?.[1];
  expect(['0.005', '0.1', '0.25', '120', '\\+Inf'].map(bucket)).toEqual(['1', '1', '2', '2', '3']);
  expect(text).toContain('snowsink_latency_seconds_sum{connector="c",task="0"} 1000.204');
});

test('a thread sends its series only when one has changed', async () => {
  const metrics = createMetrics();
  const lag = { ...task('0'), topic: 't', partition: '0' };
  metrics.set('snowsink_consumer_lag_records', lag, 5);
  expect(await metrics.snapshot()).not.toBeNull();
  metrics.set('snowsink_consumer_lag_records', lag, 5);
  expect(await metrics.snapshot()).toBeNull();
  metrics.set('snowsink_consumer_lag_records', lag, 6);
  expect(await metrics.snapshot()).not.toBeNull();
  metrics.remove('snowsink_consumer_lag_records', lag);
  expect(await metrics.snapshot()).not.toBeNull();
});
