/**
 * `<clientSequencer>_<rowSequencer>`: opaque to clients, `0_1` at the first open, `0_2` after one append, `1_1` after a
 * reopen [observed on live accounts by third-party clients], or when the channel was dropped in between [inferred].
 */
export interface ContinuationToken {
  readonly clientSequencer: number;
  readonly rowSequencer: number;
}

const pattern = /^(\d{1,15})_(\d{1,15})$/;

export const formatContinuationToken = (token: ContinuationToken): string =>
  `${token.clientSequencer}_${token.rowSequencer}`;

/** Null: not a token that this service ever gave out. */
export const parseContinuationToken = (text: string): ContinuationToken | null => {
  const match = pattern.exec(text);
  return match === null ? null : { clientSequencer: Number(match[1]), rowSequencer: Number(match[2]) };
};

export type Placement = 'next' | 'already-taken' | 'stale';

/**
 * Where an append stands:
 * - `next`: the token of the last reply; its rows are taken;
 * - `already-taken`: same client, an earlier row sequencer: 200 with the current token, rows not ingested
 *   [observed: asserted by a third party's test on a live account];
 * - `stale`: another client's sequencer [observed], or one from the future, a gap [inferred].
 */
export const placeAppend = (given: ContinuationToken, current: ContinuationToken): Placement => {
  if (given.clientSequencer !== current.clientSequencer) return 'stale';
  if (given.rowSequencer === current.rowSequencer) return 'next';
  return given.rowSequencer < current.rowSequencer ? 'already-taken' : 'stale';
};
