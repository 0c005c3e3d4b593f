/** What a transcript's line says of comparing its answer; pointers are JSON pointers with `*` for any member. */
export interface MatchRules {
  readonly volatile?: readonly string[];
  readonly prefix?: Readonly<Record<string, string>>;
  readonly oneOf?: Readonly<Record<string, readonly string[]>>;
  /** Pointer → key by which the items of that array are found. */
  readonly subset?: Readonly<Record<string, string>>;
  readonly only?: Readonly<Record<string, string>>;
  readonly unordered?: readonly string[];
  readonly open?: readonly string[];
  readonly optional?: readonly string[];
}

type Members = Readonly<Record<string, unknown>>;
const isMap = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const kindOf = (value: unknown): string => (Array.isArray(value) ? 'array' : typeof value);
const shown = (value: unknown): string => (JSON.stringify(value) ?? 'nothing').slice(0, 500);

const covers = (pattern: string, pointer: string): boolean => {
  const wanted = pattern.split('/');
  const steps = pointer.split('/');
  return wanted.length === steps.length && wanted.every((step, index) => step === '*' || step === steps[index]);
};
const among = (patterns: readonly string[] | undefined, pointer: string): boolean =>
  patterns?.some((pattern) => covers(pattern, pointer)) ?? false;
const ruleFor = <T>(rules: Readonly<Record<string, T>> | undefined, pointer: string): T | undefined =>
  Object.entries(rules ?? {}).find(([pattern]) => covers(pattern, pointer))?.[1];

/** An item's name: the texts at `value.name` or `class,type`; without a key the item itself. */
const nameOf = (item: unknown, key: string): string => {
  if (key === '') return String(item);
  const at = (path: string): unknown =>
    path.split('.').reduce<unknown>((inner, step) => (isMap(inner) ? inner[step] : undefined), item);
  return key
    .split(',')
    .map((path) => String(at(path)))
    .join(',');
};

/** Why `got` is not what was recorded, with the pointer to it; null: it is. */
export const mismatch = (expected: unknown, got: unknown, rules: MatchRules, pointer = ''): string | null => {
  const differs = (): string => `${pointer || '/'}: expected ${shown(expected)}, got ${shown(got)}`;
  const prefix = ruleFor(rules.prefix, pointer);
  if (prefix !== undefined) return hasPrefix(got, prefix) ? null : differs();
  const texts = ruleFor(rules.oneOf, pointer);
  if (texts !== undefined) return texts.includes(String(got)) ? null : differs();
  if (among(rules.volatile, pointer)) {
    const isSameKind = expected === null || got === null || kindOf(expected) === kindOf(got);
    return isSameKind ? null : differs();
  }
  if (Array.isArray(expected)) return Array.isArray(got) ? arrayMismatch(expected, got, rules, pointer) : differs();
  if (isMap(expected)) return isMap(got) ? mapMismatch(expected, got, rules, pointer) : differs();
  return expected === got ? null : differs();
};

/** The class of an exception may stand before it. */
const hasPrefix = (got: unknown, prefix: string): boolean =>
  typeof got === 'string' &&
  (got.startsWith(prefix) || got.replace(/^(?:[a-z]\w*\.)+[A-Z][\w$]*: /, '').startsWith(prefix));

const arrayMismatch = (
  expected: readonly unknown[],
  got: readonly unknown[],
  rules: MatchRules,
  pointer: string,
): string | null => {
  const key = ruleFor(rules.subset, pointer);
  if (key !== undefined) return subsetMismatch(expected, got, key, rules, pointer);
  if (expected.length !== got.length) return `${pointer}: expected ${shown(expected)}, got ${shown(got)}`;
  if (!among(rules.unordered, pointer)) {
    return first(expected, (item, index) => mismatch(item, got[index], rules, `${pointer}/${index}`));
  }
  const left = [...got];
  return first(expected, (item, index) => {
    const at = left.findIndex((candidate) => mismatch(item, candidate, rules, `${pointer}/${index}`) === null);
    if (at < 0) return `${pointer}/${index}: ${shown(item)} is not in ${shown(left)}`;
    left.splice(at, 1);
    return null;
  });
};

const subsetMismatch = (
  expected: readonly unknown[],
  got: readonly unknown[],
  key: string,
  rules: MatchRules,
  pointer: string,
): string | null => {
  const only = ruleFor(rules.only, pointer);
  return first(expected, (item) => {
    const name = nameOf(item, key);
    if (only !== undefined && !new RegExp(only).test(name)) return null;
    const found = got.findIndex((candidate) => nameOf(candidate, key) === name);
    if (found < 0) return `${pointer}: no item ${name}`;
    return mismatch(item, got[found], rules, `${pointer}/${name}`);
  });
};

/** Releases differ in this member's name: from 4.2 on `order_in_group` says what `order` said, and ours sends both. */
const isOrderTwice = (name: string, got: Members): boolean =>
  (name === 'order' || name === 'order_in_group') && got['order'] === got['order_in_group'];

const mapMismatch = (expected: Members, got: Members, rules: MatchRules, pointer: string): string | null => {
  const mayMiss = (name: string): boolean => among(rules.optional, `${pointer}/${name}`);
  const missing = Object.keys(expected).find((name) => !(name in got) && !mayMiss(name));
  if (missing !== undefined) return `${pointer}/${missing}: is missing`;
  const extra = Object.keys(got).find((name) => !(name in expected) && !mayMiss(name) && !isOrderTwice(name, got));
  if (extra !== undefined && !among(rules.open, pointer)) return `${pointer}/${extra}: is unexpected`;
  return first(Object.keys(expected), (name) =>
    name in got ? mismatch(expected[name], got[name], rules, `${pointer}/${name}`) : null,
  );
};

const first = <T>(items: readonly T[], check: (item: T, index: number) => string | null): string | null => {
  for (const [index, item] of items.entries()) {
    const why = check(item, index);
    if (why !== null) return why;
  }
  return null;
};
