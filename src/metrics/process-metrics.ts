import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Sample } from './sample.ts';

/** Names as Prometheus' client libraries have them. */
export const processMetricCatalogue = {
  process_cpu_seconds_total: { type: 'counter', help: 'CPU seconds of all threads, user and system.' },
  process_resident_memory_bytes: { type: 'gauge', help: 'Resident memory.' },
  process_start_time_seconds: { type: 'gauge', help: 'Start of the process, seconds since the epoch.' },
  nodejs_eventloop_lag_p99_seconds: {
    type: 'gauge',
    help: "99th percentile of the main thread's event loop delay since the last reading.",
  },
  nodejs_heap_size_used_bytes: { type: 'gauge', help: "The main thread's used heap." },
} as const;

type ProcessMetricName = keyof typeof processMetricCatalogue;

export interface ProcessMetrics {
  samples(): readonly Sample[];
  stop(): void;
}

/** What the process as a whole takes. One per process, in the main thread. */
export const createProcessMetrics = (): ProcessMetrics => {
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  const startedAt = Date.now() / 1000 - process.uptime();
  const readings: Record<ProcessMetricName, () => number> = {
    process_cpu_seconds_total: () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    },
    process_resident_memory_bytes: () => process.memoryUsage.rss(),
    process_start_time_seconds: () => startedAt,
    nodejs_eventloop_lag_p99_seconds: () => {
      const seconds = delay.percentile(99) / 1e9;
      delay.reset();
      return seconds;
    },
    nodejs_heap_size_used_bytes: () => process.memoryUsage().heapUsed,
  };
  const samples = (): readonly Sample[] =>
    Object.entries(processMetricCatalogue).map(([name, { type, help }]) => ({
      name,
      help,
      type,
      aggregator: 'first',
      values: [{ labels: {}, value: readings[name as ProcessMetricName]() }],
    }));
  return { samples, stop: () => delay.disable() };
};
