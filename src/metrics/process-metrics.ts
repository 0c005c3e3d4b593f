import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Gauge, Registry } from 'prom-client';

/** Name, help and reading of each; names as Prometheus' client libraries have them. */
export const processMetricCatalogue = {
  process_cpu_seconds_total: 'CPU seconds of all threads, user and system.',
  process_resident_memory_bytes: 'Resident memory.',
  process_start_time_seconds: 'Start of the process, seconds since the epoch.',
  nodejs_eventloop_lag_p99_seconds: "99th percentile of the main thread's event loop delay since the last reading.",
  nodejs_heap_size_used_bytes: "The main thread's used heap.",
} as const;

export interface ProcessMetrics {
  text(): Promise<string>;
  stop(): void;
}

/** What the process as a whole takes. One per process, in the main thread. */
export const createProcessMetrics = (): ProcessMetrics => {
  const registry = new Registry();
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  const startedAt = Date.now() / 1000 - process.uptime();
  const readings: Record<keyof typeof processMetricCatalogue, () => number> = {
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
  for (const [name, help] of Object.entries(processMetricCatalogue)) {
    const read = readings[name as keyof typeof processMetricCatalogue];
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  }
  return { text: () => registry.metrics(), stop: () => delay.disable() };
};
