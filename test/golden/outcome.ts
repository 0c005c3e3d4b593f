/** What a runner says of one case. */
export type Outcome =
  | { readonly kind: 'passed' }
  | { readonly kind: 'failed'; readonly expected: unknown; readonly got: unknown }
  /** Of no concern to us; reasons are counted and printed. */
  | { readonly kind: 'skipped'; readonly reason: string };

/** One line of a vector file, parsed. */
export type Case = Readonly<Record<string, unknown>> & { readonly id: string };
export type Runner = (vector: Case) => Outcome | Promise<Outcome>;

export const passed: Outcome = { kind: 'passed' };
export const skipped = (reason: string): Outcome => ({ kind: 'skipped', reason });
export const failed = (expected: unknown, got: unknown): Outcome => ({ kind: 'failed', expected, got });

/** Deep equality that ignores the order of object members. */
export const sameJson = (a: unknown, b: unknown): boolean => canonical(a) === canonical(b);

export const compare = (expected: unknown, got: unknown): Outcome =>
  sameJson(expected, got) ? passed : failed(expected, got);

const canonical = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'undefined';
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, inner]) => `${JSON.stringify(name)}:${canonical(inner)}`).join(',')}}`;
};

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
