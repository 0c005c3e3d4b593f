import type { FaultAction, FaultDefinition, FaultSubject, Operation } from './fault.ts';

export interface FaultState extends FaultDefinition {
  readonly id: number;
  /** Requests that matched. */
  readonly seen: number;
  /** Requests that were struck. */
  readonly fired: number;
}

const operations: readonly Operation[] = [
  'hostname',
  'token',
  'open',
  'append',
  'status',
  'drop',
  'login',
  'query',
  'any',
];
const actionTypes: readonly FaultAction['type'][] = [
  'respond',
  'reset',
  'half-reply',
  'delay',
  'reopen',
  'invalidate',
  'row-errors',
  'accept-and-discard',
  'sql',
];

interface Entry {
  readonly id: number;
  readonly definition: FaultDefinition;
  seen: number;
  fired: number;
}

/** The faults that tests have ordered, each with its counters, so that a test can prove that its fault struck. */
export class Faults {
  readonly #random: () => number;
  readonly #entries = new Map<number, Entry>();
  #lastId = 0;

  /** `random`: 0 to 1, for faults with a probability or a share. */
  constructor(random: () => number) {
    this.#random = random;
  }

  add(definition: FaultDefinition): number {
    this.#lastId += 1;
    this.#entries.set(this.#lastId, { id: this.#lastId, definition, seen: 0, fired: 0 });
    return this.#lastId;
  }

  remove(id: number): boolean {
    return this.#entries.delete(id);
  }

  clear(): void {
    this.#entries.clear();
  }

  list(): readonly FaultState[] {
    return [...this.#entries.values()].map(({ definition, ...state }) => ({ ...definition, ...state }));
  }

  random(): number {
    return this.#random();
  }

  /** The actions that strike this request, in the order in which they were ordered: none behind one that ends it before it is handled. */
  strike(subject: FaultSubject): readonly FaultAction[] {
    const actions: FaultAction[] = [];
    for (const entry of this.#entries.values()) {
      if (!matches(entry.definition, subject)) continue;
      entry.seen += 1;
      const { skip = 0, count = Number.POSITIVE_INFINITY, probability = 1, action } = entry.definition;
      if (entry.seen <= skip || entry.fired >= count) continue;
      if (probability < 1 && this.#random() >= probability) continue;
      entry.fired += 1;
      actions.push(action);
      if (endsBefore(action)) break;
    }
    return actions;
  }
}

const endsBefore = (action: FaultAction): boolean =>
  (action.type === 'reset' && action.when === 'before') || (action.type === 'respond' && action.when !== 'after');

const matches = ({ operation, match = {} }: FaultDefinition, subject: FaultSubject): boolean =>
  (operation === 'any' || operation === subject.operation) &&
  fits(match.pipe, subject.pipe) &&
  fits(match.channel, subject.channel) &&
  fits(match.sql, subject.sql);

const fits = (pattern: string | undefined, text: string | undefined): boolean =>
  pattern === undefined || (text !== undefined && new RegExp(pattern, 'i').test(text));

const appendOnly = new Set<FaultAction['type']>(['reopen', 'invalidate', 'row-errors', 'accept-and-discard', 'sql']);

const isPattern = (pattern: unknown): boolean => {
  try {
    return typeof pattern === 'string' && new RegExp(pattern) instanceof RegExp;
  } catch {
    return false;
  }
};

/** What is wrong with a fault that came over the control API; null: nothing. */
export const faultProblem = (value: unknown): string | null => {
  if (typeof value !== 'object' || value === null) return 'the body must be a JSON object';
  const { operation, action, match = {} } = value as Partial<FaultDefinition>;
  if (operation === undefined || !operations.includes(operation))
    return `operation must be one of ${operations.join(', ')}`;
  if (action === undefined || !actionTypes.includes(action.type))
    return `action.type must be one of ${actionTypes.join(', ')}`;
  if (appendOnly.has(action.type) && operation !== 'append') return `action ${action.type} needs operation append`;
  for (const [name, pattern] of Object.entries(match))
    if (!isPattern(pattern)) return `match.${name} is not a regular expression`;
  if (action.type === 'respond' && !Number.isInteger(action.status)) return 'action.status must be an HTTP status';
  if (action.type === 'sql' && typeof action.statement !== 'string') return 'action.statement must be a SQL statement';
  if (action.type === 'delay' && !(action.ms >= 0)) return 'action.ms must be a number of milliseconds';
  return null;
};
