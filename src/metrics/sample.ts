/** One metric's series in the form that prom-client's registries exchange (getMetricsAsJSON); structured-cloneable. */
export interface Sample {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** How the same series of several threads become one. */
  readonly aggregator: 'sum' | 'max' | 'first';
  readonly values: readonly SampleValue[];
}

export interface SampleValue {
  /** Histograms: the metric's name with `_bucket`, `_sum` or `_count`. */
  readonly metricName?: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}
