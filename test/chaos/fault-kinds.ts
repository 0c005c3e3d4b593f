/** What is done to the processes and the network between them. */
export const orderedFaults = [
  'zombie worker',
  'rebalance storm',
  'broker restart',
  'leader move',
  'emulator restart',
  'kafka cut',
  'kafka half-open',
  'kafka delay',
  'snowflake cut',
  'snowflake half-open',
  'snowflake delay',
] as const;
export type OrderedFault = (typeof orderedFaults)[number];

/** What comes with the load. */
export const loadFaults = [
  'malformed record',
  'row rejected late',
  'aborted transaction',
  'compacted record',
  'lz4 batch',
  'zstd batch',
] as const;
export type LoadFault = (typeof loadFaults)[number];

export const faultKinds = ['worker kill', ...orderedFaults, 'refused zombie append', ...loadFaults] as const;
export type FaultKind = (typeof faultKinds)[number];

export type Strikes = Record<FaultKind, number>;

export const noStrikes = (): Strikes => Object.fromEntries(faultKinds.map((kind) => [kind, 0])) as Strikes;

/** Leaders move only where there is another broker. */
export const isPossible = (kind: FaultKind, brokers: number): boolean => kind !== 'leader move' || brokers > 1;
