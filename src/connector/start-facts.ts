import type { Assignment, Channel, LastOffset } from '../api/index.ts';
import { decodeCommitMetadata } from '../offsets/index.ts';
import { countedRows } from './late-rejections.ts';
import { tokenWasSet } from './set-token.ts';

/** An open may take long, and another owner write and commit meanwhile: its token is judged by facts that are younger. */
export const asOfNow = async (token: LastOffset | null, assignment: Assignment): Promise<Assignment> => {
  if (token === null) return assignment;
  const committed = assignment.committed ?? (await assignment.committedNow?.()) ?? null;
  const logEnd = token < assignment.logEnd ? null : await assignment.endNow?.();
  return { ...assignment, committed, logEnd: logEnd ?? assignment.logEnd };
};

/** As Kafka's commit stands now, if it is no longer the one that was given: somebody else has begun meanwhile. Else null. */
export const sinceRenewed = async (assignment: Assignment): Promise<Assignment | null> => {
  if (assignment.committedNow === undefined) return null;
  const before = assignment.committed;
  const committed = await assignment.committedNow();
  const isSame = committed?.offset === before?.offset && committed?.metadata === before?.metadata;
  return isSame ? null : { ...assignment, committed };
};

export const factsOf = ({ opened }: Channel) => ({
  token: opened.committed,
  rejected: opened.rowsRejectedEver,
  rows: countedRows(opened),
  incarnation: opened.incarnation,
});

/** The same as `tokenWasSet`, since the last commit. Not with lanes: the search for missing rows finds what the token of one passes over. */
export const wasSet = async (
  { opened, spec }: Channel,
  { committed }: Assignment,
  asking: Parameters<typeof tokenWasSet>[3],
): Promise<boolean> => {
  const noted = decodeCommitMetadata(committed?.metadata ?? null);
  if (noted?.accountedBelow === undefined || noted.rows === undefined || (noted.lanes ?? 1) > 1) return false;
  const before = { incarnation: noted.incarnation, last: noted.accountedBelow - 1n, rows: noted.rows };
  return tokenWasSet(before, opened, spec, asking);
};

export const notedTokens = ({ committed }: Assignment): ReadonlyMap<string, LastOffset> =>
  decodeCommitMetadata(committed?.metadata ?? null)?.tables ?? new Map();
