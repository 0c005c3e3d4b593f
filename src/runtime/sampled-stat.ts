/** metrics.sample.window.ms and metrics.num.samples, Kafka's defaults. */
const windowMs = 30_000;
const windows = 2;

interface Sample {
  readonly sinceMs: number;
  total: number;
  count: number;
  max: number;
}

/**
 * What was recorded of late, as org.apache.kafka.common.metrics.stats.SampledStat keeps it: in windows of 30 s, of which those that
 * began within the last two windows' time count.
 */
export class SampledStat {
  #samples: Sample[] = [];

  record(value: number, nowMs: number): void {
    let sample = this.#samples.at(-1);
    if (sample === undefined || nowMs - sample.sinceMs >= windowMs || nowMs < sample.sinceMs) {
      sample = { sinceMs: nowMs, total: 0, count: 0, max: Number.NEGATIVE_INFINITY };
      this.#samples = [...this.#samples.slice(1 - windows), sample];
    }
    sample.total += value;
    sample.count++;
    sample.max = Math.max(sample.max, value);
  }

  /** NaN: nothing was recorded. */
  average(nowMs: number): number {
    const samples = this.#recent(nowMs);
    return sum(samples, 'total') / sum(samples, 'count');
  }

  /** NaN: nothing was recorded. */
  max(nowMs: number): number {
    const samples = this.#recent(nowMs);
    return samples.length === 0 ? Number.NaN : Math.max(...samples.map(({ max }) => max));
  }

  /** Total a second. Counts at least one whole window of time, so that the first record is no peak. */
  ratePerSecond(nowMs: number): number {
    const samples = this.#recent(nowMs);
    const sinceMs = samples[0]?.sinceMs ?? nowMs;
    const elapsedMs = nowMs - sinceMs;
    const missing = Math.max(0, windows - 1 - Math.floor(elapsedMs / windowMs));
    return sum(samples, 'total') / ((elapsedMs + missing * windowMs) / 1000);
  }

  #recent(nowMs: number): readonly Sample[] {
    return this.#samples.filter(({ sinceMs }) => nowMs - sinceMs < windows * windowMs);
  }
}

const sum = (samples: readonly Sample[], field: 'total' | 'count'): number =>
  samples.reduce((total, sample) => total + sample[field], 0);
