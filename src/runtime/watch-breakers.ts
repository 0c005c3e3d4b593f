import type { Metrics } from '../api/index.ts';

export type BreakerListener = (endpoint: string, isOpen: boolean) => void;

/**
 * Tells of circuit breakers that open and close. A destination says so in one place only, its gauge `snowsink_breaker_open`; this
 * listens there, so that /health names them without a second way of telling.
 */
export const watchBreakers = (metrics: Metrics, onChange: BreakerListener): Metrics => ({
  increment: (name, labels, by) => metrics.increment(name, labels, by),
  set: (name, labels, value) => {
    metrics.set(name, labels, value);
    if (name === 'snowsink_breaker_open' && 'endpoint' in labels) onChange(String(labels.endpoint), value === 1);
  },
  remove: (name, labels) => metrics.remove(name, labels),
  forgetTask: (task) => metrics.forgetTask(task),
  observe: (name, labels, value) => metrics.observe(name, labels, value),
});
