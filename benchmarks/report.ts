/** Medians over the rounds, start-up taken out (its own figures apart). */
export interface Figures {
  readonly contestant: string;
  readonly does: string;
  /** Of the topic: 250-byte JSON. */
  readonly drained: string;
  readonly valueBytes: number;
  /** 'one core' or 'free'. */
  readonly mode: string;
  readonly rows: number;
  readonly cpuSecondsPerMillionRows: number;
  readonly rowsPerSecond: number;
  /** Bytes of values, uncompressed. */
  readonly megabytesPerSecond: number;
  readonly peakRssMegabytes: number;
  readonly startCpuSeconds: number;
  readonly startSeconds: number;
}

export const median = (numbers: readonly number[]): number => {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
};

/** One line a contestant, its CPU against bare kafkajs's in the same conditions. */
export const printTable = (figures: readonly Figures[]): void => {
  for (const [conditions, group] of Map.groupBy(figures, ({ drained, mode }) => `${drained}, ${mode}`)) {
    const base = group.find(({ contestant }) => contestant === 'kafkajs')?.cpuSecondsPerMillionRows;
    console.log(`\n${conditions}, ${group[0]?.rows} rows`);
    console.log('CPU s/M rows  × kafkajs     rows/s    MB/s  peak RSS MB  start s (CPU s)');
    for (const each of group) {
      const cells = [
        each.cpuSecondsPerMillionRows.toFixed(2).padStart(12),
        (base === undefined ? '–' : (each.cpuSecondsPerMillionRows / base).toFixed(2)).padStart(9),
        Math.round(each.rowsPerSecond).toString().padStart(10),
        each.megabytesPerSecond.toFixed(0).padStart(7),
        each.peakRssMegabytes.toFixed(0).padStart(12),
        `${each.startSeconds.toFixed(1)} (${each.startCpuSeconds.toFixed(1)})`.padStart(16),
      ];
      console.log(`${cells.join(' ')}  ${each.contestant}: ${each.does}`);
    }
  }
};
