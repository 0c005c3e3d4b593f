import type { SeededRandom } from './world/seeded-random.ts';

/** What the system is doing when a fault strikes. A fault waits for its moment; if it does not come, it strikes anyway. */
export const moments = [
  'starting',
  'rebalancing',
  'reading',
  'opening',
  'appending',
  'uncommitted',
  'reporting',
  'committing',
  'looking',
  'sending-again',
  'waiting-again',
  'idle',
] as const;
export type Moment = (typeof moments)[number];

export const faultKinds = [
  'crash',
  'pause',
  'zombie',
  'stop',
  'clock-forward',
  'clock-back',
  'rebalance',
  'coordinator-away',
  'commit-answer-lost',
  'retention',
  'truncation',
  'compaction',
  'topic-made-again',
  'offsets-reset',
  'request-lost',
  'answer-lost',
  'late',
  'twice',
  'hangs',
  'error-reply',
  'stale-status',
  'swallowed',
  'discarded',
  'frozen-commits',
  'channel-invalidated',
  'channel-taken',
  'token-raised',
  'outage',
  'token-revoked',
  'failed-over',
  'rows-rejected',
  'table-replaced',
  'dead-letter-refused',
  'dead-letter-unanswered',
  'dead-letter-slow',
  'column-grown',
] as const;
export type FaultKind = (typeof faultKinds)[number];

export interface Fault {
  readonly kind: FaultKind;
  /** Not before. */
  readonly atMs: number;
  readonly moment: Moment;
  /** Worker, or partition of the cluster. */
  readonly target: number;
  readonly forMs: number;
  readonly times: number;
  readonly operation: (typeof faultyOperations)[number];
  readonly reply: number;
  /** For a crash: I/O boundaries until it strikes, and on which side. */
  readonly steps: number;
  readonly isAfter: boolean;
}

export const faultyOperations = ['append', 'append', 'open', 'status', 'token', 'hostname', 'any'] as const;

/** What each HTTP status is answered with; see the error handling pages of Snowpipe Streaming. The first few only to appends. */
export const errorReplies: readonly (readonly [status: number, text: string])[] = [
  [400, '{"code":"STALE_CONTINUATION_TOKEN_SEQUENCER","message":"stale"}'],
  [400, '{"code":"ERR_PAYLOAD","message":"body size exceeds 1 MB"}'],
  [404, '{"error_code":"ERR_CHANNEL_DOES_NOT_EXIST_OR_NOT_AUTHORIZED","message":"gone"}'],
  [409, '{"error_code":"ERR_CHANNEL_MUST_BE_REOPENED","message":"reopen"}'],
  [413, ''],
  [200, '{"status_code":5}'],
  [200, '{"status_code":4}'],
  [401, '{"code":"390303"}'],
  [403, '{"code":"390303"}'],
  [404, 'Not Found'],
  [408, ''],
  [429, '{"code":"390701","message":"Request rate exceeds max. Try later."}'],
  [500, 'Internal Server Error'],
  [502, ''],
  [503, 'Service Unavailable'],
  [504, ''],
];
export const appendReplies = 7;

/** Errors that are meant as such end a task, and an operator must come: rarer than the rest. */
const rare: ReadonlySet<FaultKind> = new Set([
  'truncation',
  'topic-made-again',
  'table-replaced',
  'offsets-reset',
  'token-raised',
]);

interface Surrounded {
  readonly workers: number;
  readonly faultsEndMs: number;
}

const drawFault = (
  random: SeededRandom,
  { workers, faultsEndMs }: Surrounded,
  kind: FaultKind,
  within: readonly Moment[],
): Fault => ({
  kind,
  atMs: random.between(0, faultsEndMs - 5_000),
  moment: random.pick(within),
  target: random.between(0, workers * 6 - 1),
  forMs: random.pick([200, 2_000, 8_000, 15_000]),
  times: random.pick([1, 1, 2, 5]),
  operation: random.pick(faultyOperations),
  reply: random.between(0, errorReplies.length - 1),
  steps: random.pick([1, 1, 2, 3, 5, 10, 20]),
  isAfter: random.chance(0.5),
});

/** While rows that were dropped are looked for, and sent again where that helps. */
export const auditMoments = ['looking', 'sending-again', 'waiting-again'] as const satisfies readonly Moment[];
const isAuditMoment = (moment: Moment): boolean => auditMoments.some((one) => one === moment);
/** What every seed has drawn from since before there was more. */
const anyKind = faultKinds.filter((kind) => kind !== 'column-grown');
const anyMoment = moments.filter((moment) => !isAuditMoment(moment));

export const drawFaults = (random: SeededRandom, surrounded: Surrounded): readonly Fault[] => {
  const count = random.pick([0, 1, 2, 3, 4, 6, 10]);
  const faults: Fault[] = [];
  for (let index = 0; index < count; index++) {
    const kind = random.pick(anyKind);
    faults.push(drawFault(random, surrounded, kind, anyMoment));
    const isSecond = faults.filter((fault) => fault.kind === kind).length > 1;
    if (rare.has(kind) && (isSecond || random.chance(0.5))) faults.pop();
  }
  return inTime(faults);
};

/** A structured column that grows under rows that are on their way, and what strikes while these are sent again. */
export const drawGrowth = (random: SeededRandom, surrounded: Surrounded): readonly Fault[] => {
  const growing = Array.from({ length: random.between(1, 3) }, () =>
    drawFault(random, surrounded, 'column-grown', moments),
  );
  const rejecting = random.chance(0.5) ? [drawFault(random, surrounded, 'rows-rejected', anyMoment)] : [];
  const beside = growing.flatMap(({ atMs }) => {
    if (random.chance(0.5)) return [];
    const kind = random.pick(anyKind.filter((one) => !rare.has(one)));
    return [{ ...drawFault(random, surrounded, kind, auditMoments), atMs: atMs + random.between(0, 4_000) }];
  });
  return [...growing, ...rejecting, ...beside];
};

export const inTime = (faults: readonly Fault[]): readonly Fault[] => faults.toSorted((a, b) => a.atMs - b.atMs);
