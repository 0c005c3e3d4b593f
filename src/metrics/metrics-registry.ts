import { type MetricName, type Metrics, metricCatalogue } from '../api/index.ts';
import { connectSamples } from './connect-dialects.ts';
import type { Sample, SampleValue } from './sample.ts';

export interface MetricsRegistry extends Metrics {
  /** Prometheus text exposition of this registry, of what was merged, and of what the process says of itself, Connect's names included. */
  text(): Promise<string>;
  /** This registry's own series, structured-cloneable: what a task thread sends to the main thread. Null: as they were at the last call. */
  snapshot(): Promise<readonly Sample[] | null>;
  /** Replaces what `source` sent before. Counters of several sources add up. */
  merge(source: string, snapshot: unknown): void;
}

/** Seconds: appends and the way to durable take from tens of milliseconds to a minute. */
const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];

/** Gauges of what all threads share: each sees the same figure. */
const shared: ReadonlySet<string> = new Set(['snowsink_memory_used_bytes', 'snowsink_memory_limit_bytes']);

type LabelValues = Readonly<Record<string, string>>;

interface Series {
  readonly labels: LabelValues;
  /** Counter or gauge; a histogram's sum. */
  value: number;
  /** A histogram's observations by bucket, the last beyond all of them. */
  readonly counts: number[];
}

/** Whatever order the caller wrote the labels in. */
const keyOf = (name: MetricName, labels: LabelValues): string => {
  let key = '';
  for (const label of metricCatalogue[name].labels) key += `${labels[label]}\n`;
  return key;
};

const histogramValues = (name: string, { labels, value, counts }: Series): readonly SampleValue[] => {
  let count = 0;
  const values: SampleValue[] = counts.map((inBucket, at) => {
    count += inBucket;
    const le = at < buckets.length ? Number(buckets[at]) : '+Inf';
    return { metricName: `${name}_bucket`, labels: { le, ...labels }, value: count };
  });
  return [
    ...values,
    { metricName: `${name}_sum`, labels, value },
    { metricName: `${name}_count`, labels, value: count },
  ];
};

const isSnapshot = (value: unknown): value is readonly Sample[] =>
  Array.isArray(value) && value.every((sample) => typeof sample === 'object' && sample !== null && 'values' in sample);

class CatalogueMetrics implements MetricsRegistry {
  readonly #series = new Map<MetricName, Map<string, Series>>();
  readonly #merged = new Map<string, readonly Sample[]>();
  readonly #ofProcess: () => readonly Sample[];
  #changed = true;

  constructor(ofProcess: () => readonly Sample[]) {
    this.#ofProcess = ofProcess;
  }

  readonly increment: Metrics['increment'] = (name, labels, by = 1) => {
    this.#of(name, labels).value += by;
    this.#changed = true;
  };

  readonly set: Metrics['set'] = (name, labels, value) => {
    const series = this.#of(name, labels);
    if (Object.is(series.value, value)) return;
    series.value = value;
    this.#changed = true;
  };

  readonly remove: Metrics['remove'] = (name, labels) => {
    this.#changed = true;
    this.#series.get(name)?.delete(keyOf(name, labels));
  };

  readonly forgetTask: Metrics['forgetTask'] = ({ connector, task }) => {
    this.#changed = true;
    for (const [name, all] of this.#series) {
      if (metricCatalogue[name].type !== 'gauge') continue;
      for (const [key, { labels }] of all) {
        if (labels['connector'] === connector && labels['task'] === task) all.delete(key);
      }
    }
  };

  readonly observe: Metrics['observe'] = (name, labels, value) => {
    const series = this.#of(name, labels);
    const bucket = buckets.findIndex((limit) => value <= limit);
    const at = bucket < 0 ? buckets.length : bucket;
    this.#changed = true;
    series.value += value;
    series.counts[at] = (series.counts[at] ?? 0) + 1;
  };

  async snapshot(): Promise<readonly Sample[] | null> {
    if (!this.#changed) return null;
    this.#changed = false;
    return this.#samples();
  }

  #samples(): readonly Sample[] {
    return Object.entries(metricCatalogue).map(([name, { type, help }]): Sample => {
      const series = [...(this.#series.get(name as MetricName)?.values() ?? [])];
      const values =
        type === 'histogram'
          ? series.flatMap((one) => histogramValues(name, one))
          : series.map(({ labels, value }) => ({ labels, value }));
      return { name, help, type, aggregator: shared.has(name) ? 'max' : 'sum', values };
    });
  }

  merge(source: string, snapshot: unknown): void {
    if (!isSnapshot(snapshot)) throw new TypeError(`Not a metrics snapshot: what ${source} sent`);
    this.#merged.set(source, snapshot);
  }

  async text(): Promise<string> {
    // loaded here, and so by the main thread only (measured: about a megabyte of each thread that has it beside the clients)
    const { AggregatorRegistry } = await import('prom-client');
    const ofProcess = this.#ofProcess();
    const threads = [this.#samples(), ...this.#merged.values(), ofProcess];
    const sources = [...threads, connectSamples(threads.flat())];
    const text = await AggregatorRegistry.aggregate(sources.map((samples) => [...samples])).metrics();
    // a metric without series leaves an empty line
    return text.replaceAll(/\n{2,}/g, '\n');
  }

  #of(name: MetricName, labels: LabelValues): Series {
    const all = this.#series.get(name) ?? new Map<string, Series>();
    this.#series.set(name, all);
    const key = keyOf(name, labels);
    const known = all.get(key);
    if (known !== undefined) return known;
    const counts = metricCatalogue[name].type === 'histogram' ? new Array<number>(buckets.length + 1).fill(0) : [];
    this.#changed = true;
    const made: Series = { labels: { ...labels }, value: 0, counts };
    all.set(key, made);
    return made;
  }
}

/**
 * Every metric of the catalogue, counted in plain maps; prom-client adds up the threads and prints. Each thread and each test has
 * its own. `ofProcess` is asked first at each `text`.
 */
export const createMetrics = (ofProcess: () => readonly Sample[] = () => []): MetricsRegistry =>
  new CatalogueMetrics(ofProcess);
