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
    main.merge(`task-thread-${n}`, structuredClone(await metrics.snapshot()));
    main.merge(`task-thread-${n}`, structuredClone(await metrics.snapshot()));
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

test('what is no snapshot is refused by name', () => {
  expect(() => createMetrics().merge('task-thread-1', { a: 1 })).toThrow(/task-thread-1/);
});

test('process metrics', async () => {
  const metrics = createProcessMetrics();
  const text = await metrics.text();
  metrics.stop();
  expect(Number(/^process_resident_memory_bytes (\d+)$/m.exec(text)?.[1])).toBeGreaterThan(1e6);
  expect(text).toMatch(/^process_cpu_seconds_total [\d.]+$/m);
  expect(text).toMatch(/^nodejs_eventloop_lag_p99_seconds [\d.e-]+$/m);
});
