import {
  AggregatorRegistry,
  Counter,
  Gauge,
  Histogram,
  type MetricObjectWithValues,
  type MetricValue,
  Registry,
} from 'prom-client';
import { type MetricName, type Metrics, metricCatalogue } from '../api/index.ts';

type Sample = MetricObjectWithValues<MetricValue<string>>;

/** Metrics of one thread, structured-cloneable: what a task thread sends to the main thread. */
export type MetricsSnapshot = readonly Sample[];

export interface MetricsRegistry extends Metrics {
  /** Prometheus text exposition of this registry and of everything merged. */
  text(): Promise<string>;
  /** This registry's own series. */
  snapshot(): Promise<MetricsSnapshot>;
  /** Replaces what `source` sent before. Sources hold disjoint series or counters that add up. */
  merge(source: string, snapshot: unknown): void;
}

/** Seconds: appends and the way to durable take from tens of milliseconds to a minute. */
const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];

const catalogue = Object.entries(metricCatalogue) as readonly (readonly [
  MetricName,
  (typeof metricCatalogue)[MetricName],
])[];

const isSnapshot = (value: unknown): value is MetricsSnapshot =>
  Array.isArray(value) && value.every((sample) => typeof sample === 'object' && sample !== null && 'values' in sample);

/** Gauges of what the whole process shares: every thread sees the same figure. */
const shared: ReadonlySet<string> = new Set(['snowsink_memory_used_bytes', 'snowsink_memory_limit_bytes']);

class PrometheusMetrics implements MetricsRegistry {
  readonly #registry = new Registry();
  readonly #counters = new Map<string, Counter>();
  readonly #gauges = new Map<string, Gauge>();
  readonly #histograms = new Map<string, Histogram>();
  readonly #merged = new Map<string, MetricsSnapshot>();

  constructor() {
    for (const [name, { type, help, labels }] of catalogue) {
      const options = { name, help, labelNames: [...labels], registers: [this.#registry] };
      const aggregator = shared.has(name) ? 'max' : 'sum';
      if (type === 'counter') this.#counters.set(name, new Counter(options));
      else if (type === 'gauge') this.#gauges.set(name, new Gauge({ ...options, aggregator }));
      else this.#histograms.set(name, new Histogram({ ...options, buckets }));
    }
  }

  readonly increment: Metrics['increment'] = (name, labels, by = 1) => {
    this.#counters.get(name)?.inc({ ...labels }, by);
  };

  readonly set: Metrics['set'] = (name, labels, value) => {
    this.#gauges.get(name)?.set({ ...labels }, value);
  };

  readonly remove: Metrics['remove'] = (name, labels) => {
    this.#gauges.get(name)?.remove({ ...labels });
  };

  readonly observe: Metrics['observe'] = (name, labels, value) => {
    this.#histograms.get(name)?.observe({ ...labels }, value);
  };

  snapshot(): Promise<MetricsSnapshot> {
    return this.#registry.getMetricsAsJSON();
  }

  merge(source: string, snapshot: unknown): void {
    if (!isSnapshot(snapshot)) throw new TypeError(`Not a metrics snapshot: what ${source} sent`);
    this.#merged.set(source, snapshot);
  }

  async text(): Promise<string> {
    const snapshots = [await this.snapshot(), ...this.#merged.values()];
    return AggregatorRegistry.aggregate(snapshots.map((snapshot) => [...snapshot])).metrics();
  }
}

/** Every metric of the catalogue, over prom-client. No global registry: each thread, and each test, has its own. */
export const createMetrics = (): MetricsRegistry => new PrometheusMetrics();
