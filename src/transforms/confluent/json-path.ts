import { Struct } from '../../api/index.ts';
import { fieldOf } from '../struct-schema.ts';

/** One step of a path: what it selects of one value. `definite`: at most one thing, and its absence is an error. */
export interface PathStep {
  readonly definite: boolean;
  select(value: unknown, root: unknown): readonly unknown[];
}

/** What a path finds: `missing` where a definite path leads nowhere or to null. */
export type PathResult = { readonly missing: true } | { readonly missing: false; readonly values: readonly unknown[] };

export class JsonPath {
  readonly text: string;
  readonly #steps: readonly PathStep[];

  constructor(text: string, steps: readonly PathStep[]) {
    this.text = text;
    this.#steps = steps;
  }

  get isDefinite(): boolean {
    return this.#steps.every(({ definite }) => definite);
  }

  /** Steps before the first indefinite one must exist; behind it what does not fit is left out (as Jayway's JsonPath does). */
  find(root: unknown, from: unknown = root): PathResult {
    let values: readonly unknown[] = [from];
    let definite = true;
    for (const step of this.#steps) {
      if (definite && (isNothing(values[0]) || (!step.definite && !isContainer(values[0])))) return { missing: true };
      definite &&= step.definite;
      values = values.flatMap((value) => step.select(value, root));
      if (definite && values.length === 0) return { missing: true };
    }
    return definite && isNothing(values[0]) ? { missing: true } : { missing: false, values };
  }

  /** The one value of a definite path; undefined: there is none. Null stays null. */
  first(root: unknown, from: unknown): unknown {
    let values: readonly unknown[] = [from];
    for (const step of this.#steps) values = values.flatMap((value) => step.select(value, root));
    return values[0];
  }
}

const isNothing = (value: unknown): boolean => value === null || value === undefined;

const isContainer = (value: unknown): boolean =>
  value instanceof Map || value instanceof Struct || Array.isArray(value);

const membersOf = (value: unknown): readonly unknown[] => {
  if (Array.isArray(value)) return value;
  if (value instanceof Map) return [...value.values()];
  return value instanceof Struct ? (value.schema.fields ?? []).map(({ name }) => value.get(name)) : [];
};

const childOf = (value: unknown, name: string): readonly unknown[] => {
  if (value instanceof Map) return value.has(name) ? [value.get(name)] : [];
  return value instanceof Struct && fieldOf(value.schema, name) !== null ? [value.get(name)] : [];
};

/** `.name`, `['name']`, `['a','b']`. */
export const child = (names: readonly string[]): PathStep => ({
  definite: names.length === 1,
  select: (value) => names.flatMap((name) => childOf(value, name)),
});

/** `[0]`, `[-1]`, `[0,2]`. */
export const element = (indexes: readonly number[]): PathStep => ({
  definite: indexes.length === 1,
  select: (value) =>
    Array.isArray(value)
      ? indexes.filter((index) => value.at(index) !== undefined).map((index) => value.at(index))
      : [],
});

/** `.*`, `[*]`. */
export const everyMember: PathStep = { definite: false, select: membersOf };

/** `..`: the value and all that lies in it. */
export const descend: PathStep = {
  definite: false,
  select: (value) => [value, ...membersOf(value).flatMap((inner) => descend.select(inner, value))],
};

/** `[?(…)]`: elements of an array that pass; an object passes as a whole. */
export const filtered = (test: (value: unknown, root: unknown) => boolean): PathStep => ({
  definite: false,
  select: (value, root) => {
    const candidates = Array.isArray(value) ? value : value instanceof Map || value instanceof Struct ? [value] : [];
    return candidates.filter((candidate) => test(candidate, root));
  },
});
