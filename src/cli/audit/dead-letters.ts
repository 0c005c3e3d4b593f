import type { Letter } from '../dlq/letter.ts';
import type { PartitionVerdict } from './audit-partition.ts';
import { both, countOf, type OffsetRun, type OffsetRuns, runsOf } from './offset-runs.ts';

/** Which records have a dead letter: by the connector that wrote it, then by `topic-partition`. */
export type DeadLetters = ReadonlyMap<string, ReadonlyMap<string, OffsetRuns>>;

/** `name`: whose letters are that do not say so. */
export const deadLettersOf = async (
  letters: AsyncIterable<Pick<Letter, 'context'>>,
  name: string,
): Promise<DeadLetters> => {
  const found = new Map<string, Map<string, OffsetRun[]>>();
  for await (const { context } of letters) {
    const offset = Number(context.get('offset') ?? Number.NaN);
    if (Number.isNaN(offset)) continue;
    const writer = context.get('connector.name') ?? name;
    const where = `${context.get('topic')}-${context.get('partition')}`;
    const ofWriter = found.get(writer) ?? new Map<string, OffsetRun[]>();
    found.set(writer, ofWriter);
    const runs = ofWriter.get(where) ?? [];
    ofWriter.set(where, runs);
    runs.push({ first: offset, last: offset });
  }
  const sorted = (runs: ReadonlyMap<string, OffsetRun[]>) =>
    new Map([...runs].map(([where, each]) => [where, runsOf(each)]));
  return new Map([...found].map(([writer, runs]) => [writer, sorted(runs)]));
};

/** A connector that took over under another name finds the letters of the one before in the same queue. */
export const letteredByOthers = (
  verdicts: readonly PartitionVerdict[],
  letters: DeadLetters,
  name: string,
): readonly string[] =>
  [...letters].flatMap(([writer, runs]) =>
    verdicts.flatMap(({ topic, partition, missing }) => {
      const where = `${topic}-${partition}`;
      const count = writer === name ? 0 : countOf(both(missing, runs.get(where) ?? []));
      return count === 0
        ? []
        : [
            `Of the missing records of ${where} ${count} ${count === 1 ? 'has a dead letter' : 'have dead letters'} of connector ${writer}: if ${name} has taken over from it, that is where ${count === 1 ? 'it is' : 'they are'}.`,
          ];
    }),
  );
