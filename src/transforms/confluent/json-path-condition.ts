import { Decimal, JsonNumber, TypedNumber } from '../../api/index.ts';
import { decimalText } from '../../util/big-decimal.ts';
import { compileJavaPattern } from '../../util/java-pattern.ts';
import type { JsonPath } from './json-path.ts';

export type Condition = (value: unknown, root: unknown) => boolean;

/** Longer ones first: `<=` is no `<`. */
export const operators = ['==', '!=', '<=', '>=', '=~', '<', '>', 'in', 'nin'] as const;
type Operator = (typeof operators)[number];

export type Literal =
  | { readonly kind: 'string' | 'number' | 'regex'; readonly value: string }
  | { readonly kind: 'literal'; readonly value: boolean | null };

export type Operand =
  | { readonly path: JsonPath; readonly relative: boolean }
  | { readonly literal: Literal }
  | { readonly list: readonly Operand[] };

export const pathOperand = (path: JsonPath, relative: boolean): Operand => ({ path, relative });
export const valueOperand = (literal: Literal): Operand => ({ literal });

/** A comparable value: texts and numbers by their text, so that no digit is lost. Undefined: there is none. */
type Comparable = { readonly kind: 'string' | 'number'; readonly text: string } | boolean | null | undefined;

/** Null operator: the path exists. What is missing matches no condition; null matches `== null` only. */
export const comparison = (left: Operand, operator: Operator | null, right: Operand | null): Condition => {
  if (operator === null || right === null) return (value, root) => read(left, value, root) !== undefined;
  if (operator === '=~') return matching(left, right);
  if (operator === 'in' || operator === 'nin') return listing(left, right, operator === 'in');
  return (value, root) => compare(operator, read(left, value, root), read(right, value, root));
};

const matching = (left: Operand, right: Operand): Condition => {
  const regex = 'literal' in right && right.literal.kind === 'regex' ? right.literal.value : '';
  const end = regex.lastIndexOf('/');
  const flags = regex.slice(end + 1);
  const pattern = compileJavaPattern(`${flags === '' ? '' : `(?${flags})`}${regex.slice(1, end)}`);
  return (value, root) => {
    const found = read(left, value, root);
    return isText(found) && pattern.matches(found.text);
  };
};

const listing = (left: Operand, right: Operand, wanted: boolean): Condition => {
  const items = 'list' in right ? right.list : [right];
  return (value, root) => {
    const found = read(left, value, root);
    if (found === undefined || found === null) return false;
    return items.some((item) => equal(found, read(item, value, root))) === wanted;
  };
};

const isText = (value: Comparable): value is { readonly kind: 'string' | 'number'; readonly text: string } =>
  typeof value === 'object' && value !== null;

const compare = (operator: Operator, left: Comparable, right: Comparable): boolean => {
  if (left === undefined || right === undefined) return false;
  if (operator === '==') return equal(left, right);
  if (left === null || right === null) return operator === '!=' && left !== right && right === null;
  if (operator === '!=') return !equal(left, right);
  if (!isText(left) || !isText(right) || left.kind !== right.kind) return false;
  const order = left.kind === 'number' ? numberOrder(left.text, right.text) : textOrder(left.text, right.text);
  if (operator === '<') return order < 0;
  if (operator === '<=') return order <= 0;
  return operator === '>' ? order > 0 : order >= 0;
};

const equal = (left: Comparable, right: Comparable): boolean => {
  if (!isText(left) || !isText(right)) return left === right;
  if (left.kind !== right.kind) return false;
  return left.kind === 'number' ? numberOrder(left.text, right.text) === 0 : left.text === right.text;
};

const textOrder = (left: string, right: string): number => (left < right ? -1 : Number(left > right));

/** Integers digit for digit, others as doubles. */
const numberOrder = (left: string, right: string): number => {
  if (/^-?\d+$/.test(left) && /^-?\d+$/.test(right)) {
    const [a, b] = [BigInt(left), BigInt(right)];
    return a < b ? -1 : Number(a > b);
  }
  return Number(left) - Number(right);
};

const read = (operand: Operand, value: unknown, root: unknown): Comparable => {
  if ('list' in operand) return undefined;
  if ('path' in operand) return comparable(operand.path.first(root, operand.relative ? value : root));
  const { literal } = operand;
  if (literal.kind === 'literal') return literal.value;
  return { kind: literal.kind === 'number' ? 'number' : 'string', text: literal.value };
};

const comparable = (value: unknown): Comparable => {
  if (value === null || value === undefined || typeof value === 'boolean') return value;
  if (typeof value === 'string') return { kind: 'string', text: value };
  if (typeof value === 'number' || typeof value === 'bigint') return { kind: 'number', text: String(value) };
  if (value instanceof JsonNumber) return { kind: 'number', text: value.text };
  if (value instanceof TypedNumber) return { kind: 'number', text: String(value.value) };
  if (value instanceof Decimal) return { kind: 'number', text: decimalText(value) };
  if (value instanceof Date) return { kind: 'number', text: String(value.getTime()) };
  return { kind: 'string', text: '' };
};
