/** Fetches in a row that brought nothing: from then on nobody is in a hurry. */
const emptyUntilIdle = 10;
const longestMs = 2000;

/** What the next fetch is about. */
export interface FetchOutlook {
  /** fetch.max.wait.ms */
  readonly maxWaitMs: number;
  readonly partitions: number;
  readonly emptyInRow: number;
  /** A partition that is resumed joins the next fetch, which should not be far off. */
  readonly arePaused: boolean;
}

/**
 * A fetch names every partition, so thousands of idle ones cost a core's share at each: a millisecond of waiting for each partition, up
 * to 2 s, keeps that share small. Records end the wait at once; a rebalance and a stop may take so much longer.
 */
export const idleFetchWaitMs = ({ maxWaitMs, partitions, emptyInRow, arePaused }: FetchOutlook): number =>
  arePaused || emptyInRow < emptyUntilIdle ? maxWaitMs : Math.max(maxWaitMs, Math.min(longestMs, partitions));
