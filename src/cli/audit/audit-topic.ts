import { type Column, ConfigError, type RecordView } from '../../api/index.ts';
import type { ExpectedRows } from './expected-rows.ts';
import { type OffsetRuns, OffsetRunsBuilder } from './offset-runs.ts';
import { everyOffset, type LogRange, type PartitionLog, theseOffsets } from './partition-log.ts';
import { differingColumns } from './stored-cell.ts';
import { noneStored, type StoredOffsets, type StoredPlace, type StoredRow, type StoredRows } from './stored-offsets.ts';

/** What the audit of a topic needs. */
export interface TopicSources {
  readonly log: PartitionLog;
  readonly stored: StoredRows;
  readonly expectedRows: ExpectedRows;
  /** Null: no such table. */
  describe(table: string): Promise<readonly Column[] | null>;
  /** Rows whose contents are compared; 0: none. */
  readonly sampleSize: number;
  /** A transform or header may send each record to another table. */
  readonly isRouted: boolean;
  /** Columns that change with the time of the push. */
  readonly volatile: ReadonlySet<string>;
  readonly order: boolean;
}

/** What log and tables hold of one partition. */
export interface PartitionFacts {
  readonly log: OffsetRuns;
  readonly places: readonly { readonly expected: OffsetRuns; readonly stored: StoredOffsets }[];
  readonly compared: number;
  readonly altered: ReadonlyMap<number, readonly string[]>;
  readonly outOfOrder: number;
}

/** Rows of one topic are told apart by partition and offset alone: two topics in one place are not. */
export class Places {
  readonly #owners = new Map<string, string>();

  /** @throws ConfigError where rows of another topic are there too */
  claim({ table, topic }: StoredPlace, owner: string): string {
    const key = JSON.stringify([table, topic]);
    const other = this.#owners.get(key) ?? owner;
    this.#owners.set(key, owner);
    if (other === owner) return key;
    const why = `Records of topics ${other} and ${owner} are in table ${table}, and RECORD_METADATA does not tell them apart (${topic === null ? 'snowflake.metadata.topic=false' : `its topic is ${topic} for both`})`;
    throw new ConfigError([
      {
        key: 'topics',
        message: `${why}: audit them by a config with one of the topics, each with a table of its own.`,
      },
    ]);
  }
}

type PartitionsOf<T> = ReadonlyMap<number, T>;

/** Reads the logs of a topic's partitions and what the tables have of them, both at the same time. */
export const readTopic = async (
  sources: TopicSources,
  ranges: readonly LogRange[],
  topic: string,
  places: Places,
): Promise<PartitionsOf<PartitionFacts>> => {
  const { stored, expectedRows, isRouted, sampleSize, order } = sources;
  const home = expectedRows.placeOf(topic);
  const found = new Map([[places.claim(home, topic), home]]);
  const columns = sampleSize === 0 ? null : await sources.describe(home.table);
  const sample = columns === null ? [] : await stored.sample(home, columns, sampleSize);
  const breaks = order ? await stored.orderBreaks(home) : new Map<number, number>();
  const inHome = stored.offsets(home);
  inHome.catch(() => {}); // awaited below, after the log
  const logs = new Map<number, LoggedPartition>();
  for (const range of ranges) {
    const partition = new LoggedPartition(sources, range, columns ?? [], sample);
    await partition.read((place) => {
      const key = places.claim(place, topic);
      found.set(key, place);
      return key;
    });
    logs.set(range.partition, partition);
  }
  const storedIn = new Map<string, PartitionsOf<StoredOffsets>>();
  for (const [key, place] of found) storedIn.set(key, place === home ? await inHome : await stored.offsets(place));
  return new Map(
    [...logs].map(([number, { log, expected, compared, altered }]) => [
      number,
      {
        ...{ log, compared, altered },
        outOfOrder: breaks.get(number) ?? 0,
        places: [...storedIn].map(([key, inPlace]) => ({
          expected: isRouted ? (expected.get(key)?.build() ?? []) : log,
          stored: inPlace.get(number) ?? noneStored,
        })),
      },
    ]),
  );
};

class LoggedPartition {
  log: OffsetRuns = [];
  /** By place; of routed topics. */
  readonly expected = new Map<string, OffsetRunsBuilder>();
  compared = 0;
  readonly altered = new Map<number, readonly string[]>();
  readonly #sources: TopicSources;
  readonly #range: LogRange;
  readonly #columns: readonly Column[];
  readonly #sample: ReadonlyMap<number, readonly StoredRow[]>;

  constructor(sources: TopicSources, range: LogRange, columns: readonly Column[], sample: readonly StoredRow[]) {
    this.#sources = sources;
    this.#range = range;
    this.#columns = columns;
    this.#sample = Map.groupBy(
      sample.filter(({ partition }) => partition === range.partition),
      ({ offset }) => offset,
    );
  }

  /** @param claim answers the place's key */
  async read(claim: (place: StoredPlace) => string): Promise<void> {
    const { log, isRouted } = this.#sources;
    const wanted = isRouted ? everyOffset : theseOffsets(new Set(this.#sample.keys()));
    this.log = await log.offsets(this.#range, wanted, (view) => this.#look(view, claim));
  }

  async #look(view: RecordView, claim: (place: StoredPlace) => string): Promise<void> {
    const offset = Number(view.offset);
    const { expectedRows, isRouted, volatile } = this.#sources;
    const expectation = await expectedRows.of(this.#range, view, 0);
    if (expectation.kind !== 'rows') {
      // Where it would be, were it there: the letters and filters are taken into account later.
      if (isRouted) this.#expect(claim(expectedRows.placeOf(this.#range.topic)), offset);
      return;
    }
    const { place, rows } = expectation;
    if (isRouted) this.#expect(claim(place), offset);
    const isHome = place.table === expectedRows.placeOf(this.#range.topic).table;
    for (const stored of (isHome && rows.length > 0 && this.#sample.get(offset)) || []) {
      this.compared++;
      const differences = rows.map((row) => differingColumns(row, stored.cells, this.#columns, volatile));
      if (!differences.some((columns) => columns.length === 0)) this.altered.set(offset, differences[0] ?? []);
    }
  }

  #expect(key: string, offset: number): void {
    const builder = this.expected.get(key) ?? new OffsetRunsBuilder();
    builder.add(offset);
    this.expected.set(key, builder);
  }
}
