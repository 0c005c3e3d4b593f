import type { ExpectedRows } from './expected-rows.ts';
import {
  both,
  countOf,
  minus,
  type OffsetRun,
  type OffsetRuns,
  OffsetRunsBuilder,
  runsOf,
  within,
} from './offset-runs.ts';
import type { LogRange, PartitionLog } from './partition-log.ts';
import type { StoredOffsets } from './stored-offsets.ts';

/** All offsets of one partition between two bounds, each in one of the groups. */
export interface PartitionVerdict extends LogRange {
  /** Records that the log shows (read_committed). */
  readonly records: number;
  readonly stored: number;
  readonly deadLettered: number;
  /** By transforms, or null values that behavior.on.null.values=ignore leaves out. */
  readonly filtered: number;
  /** Bad ones that errors.tolerance=all leaves out without a dead letter queue. */
  readonly skipped: number;
  /** In the table, no longer in a compacted log. */
  readonly compacted: number;
  readonly missing: OffsetRuns;
  readonly twice: OffsetRuns;
  /** In a table, but no record of the log belongs there: of an aborted transaction, or of another topic of that name. */
  readonly unexpected: OffsetRuns;
  /** Rows whose contents were compared with their records. */
  readonly compared: number;
  /** Of them, those that hold something else. */
  readonly altered: OffsetRuns;
  /** Columns that differ. */
  readonly alteredColumns: readonly string[];
  readonly outOfOrder: number;
}

/** What was found out about a partition. */
export interface AuditedPartition extends LogRange {
  readonly isCompacted: boolean;
  readonly log: OffsetRuns;
  /** Of each table that has rows of it or ought to have: which offsets belong there, and which are there. */
  readonly places: readonly { readonly expected: OffsetRuns; readonly stored: StoredOffsets }[];
  readonly deadLetters: OffsetRuns;
  readonly compared: number;
  readonly altered: ReadonlyMap<number, readonly string[]>;
  readonly outOfOrder: number;
}

interface Suspects {
  readonly missing: OffsetRuns;
  /** More than one row, with how many. */
  readonly several: readonly (OffsetRun & { readonly rows: number })[];
}

/** Records that seem wrong go through the transforms: some were not meant to be rows, some to be several. */
const judged = async (
  log: PartitionLog,
  where: LogRange,
  { missing, several }: Suspects,
  expectedRows: ExpectedRows,
): Promise<Record<'filtered' | 'bad' | 'meant', OffsetRuns>> => {
  const found = { filtered: new OffsetRunsBuilder(), bad: new OffsetRunsBuilder(), meant: new OffsetRunsBuilder() };
  await log.visit(where, runsOf([...missing, ...several]), async (view) => {
    const offset = Number(view.offset);
    const expected = await expectedRows.of(where, view, 0);
    if (expected.kind !== 'rows') found[expected.kind].add(offset);
    else if (expected.rows.length === several.find(({ first, last }) => first <= offset && offset <= last)?.rows)
      found.meant.add(offset);
  });
  return { filtered: found.filtered.build(), bad: found.bad.build(), meant: found.meant.build() };
};

/** Compares the log with the tables. `skipsBad`: bad records have no letter, and that is as configured. */
export const auditPartition = async (
  reader: PartitionLog,
  audited: AuditedPartition,
  expectedRows: ExpectedRows,
  skipsBad: boolean,
): Promise<PartitionVerdict> => {
  const { topic, partition, from, to, isCompacted, log, places, outOfOrder, compared, altered } = audited;
  const where = { topic, partition, from, to };
  const stored = places.map((place) => ({
    expected: place.expected,
    offsets: within(place.stored.offsets, from, to),
    several: place.stored.several.flatMap((run) =>
      within([run], from, to).map(({ first, last }) => ({ first, last, rows: run.rows })),
    ),
  }));
  const letters = within(audited.deadLetters, from, to);
  const inTables = runsOf(stored.flatMap(({ offsets }) => offsets));
  const gone = minus(runsOf(stored.flatMap(({ expected, offsets }) => minus(expected, offsets))), letters);
  const suspects = { missing: gone, several: stored.flatMap(({ several }) => several) };
  const { filtered, bad, meant } = await judged(reader, where, suspects, expectedRows);
  const skipped = skipsBad ? both(bad, gone) : [];
  const extra = minus(inTables, log);
  const astray = runsOf(stored.flatMap(({ expected, offsets }) => both(minus(offsets, expected), log)));
  return {
    ...{ ...where, outOfOrder, compared },
    records: countOf(log),
    stored: countOf(inTables),
    deadLettered: countOf(both(letters, log)),
    filtered: countOf(both(filtered, gone)),
    skipped: countOf(skipped),
    compacted: isCompacted ? countOf(extra) : 0,
    missing: minus(minus(gone, filtered), skipped),
    twice: minus(runsOf(suspects.several), meant),
    unexpected: isCompacted ? astray : runsOf([...extra, ...astray]),
    altered: runsOf([...altered.keys()].map((offset) => ({ first: offset, last: offset }))),
    alteredColumns: [...new Set([...altered.values()].flat())].sort(),
  };
};
