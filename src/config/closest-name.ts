/** Edits (insert, delete, replace, swap of neighbours) from one text to the other: optimal string alignment. */
const editDistance = (a: string, b: string): number => {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let cost = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
      );
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) cost = Math.min(cost, (beforeLast[column - 2] ?? 0) + 1);
      current.push(cost);
    }
    beforeLast = last;
    last = current;
  }
  return last[b.length] ?? 0;
};

/** Lower case, `_` and `-` as `.`: what people mix up without meaning another name. */
const folded = (name: string): string => name.toLowerCase().replaceAll(/[_-]/g, '.');

/**
 * The known name that a typing mistake most likely meant; null if none is near (a third of its length, at most 4 edits), and it is not the
 * beginning of a single one (`snowflake.url`).
 */
export const closestName = (name: string, known: Iterable<string>): string | null => {
  let best: string | null = null;
  let bestDistance = Math.min(4, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(folded(name), folded(candidate));
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  if (best !== null) return best;
  const longer = [...known].filter((candidate) => candidate.startsWith(`${folded(name)}.`));
  return longer.length === 1 ? (longer[0] ?? null) : null;
};
