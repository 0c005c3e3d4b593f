import { type ColumnInput, kindOf, textOf } from './column-input.ts';
import type { ColumnRule } from './column-json.ts';
import { invalidValue } from './refusal.ts';
import type { TypedColumn } from './typed-column.ts';

/** What Debezium calls a text that is JSON. */
const jsonText = 'io.debezium.data.Json';

/** A text is read as JSON, as the connectors do; our own class keeps a record's string a string, unless its schema says that it is JSON. */
export const variantColumn: ColumnRule = (column, input) => {
  if (input.generation === 'own' && input.schema?.name !== jsonText) return input.json;
  return kindOf(input) === 'text' ? (readJson(column, 'VARIANT', input) ?? 'null') : input.json;
};

/** What is no array becomes one of a single element. */
export const arrayColumn: ColumnRule = (column, input) => {
  const json = kindOf(input) === 'text' ? (readJson(column, 'ARRAY', input) ?? 'null') : input.json;
  return json.startsWith('[') ? json : `[${json}]`;
};

export const objectColumn: ColumnRule = (column, input) => {
  const json = kindOf(input) === 'text' ? readJson(column, 'OBJECT', input) : input.json;
  if (json?.startsWith('{') === true) return json;
  throw invalidValue(column, 'OBJECT', 'Not an object');
};

/** The text's JSON with numbers digit for digit and the last of repeated names; null: it is blank. */
const readJson = (column: TypedColumn, type: string, input: ColumnInput): string | null => {
  // v3 makes text of everything: what is no string in the record is JSON already.
  if (!input.json.startsWith('"')) return input.json;
  const text = textOf(input);
  if (text.trim() === '') return null;
  const parsed = parseJson(text);
  if (parsed === undefined) throw invalidValue(column, type, 'Not a valid JSON');
  const twice = input.generation === 'v3' ? repeatedName(text) : null;
  if (twice !== null) throw invalidValue(column, type, `Not a valid JSON: duplicate field ${twice}`);
  return JSON.stringify(parsed);
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text, keepDigits);
  } catch {
    return undefined;
  }
};

/** The first name that an object of this valid JSON has twice (v3 refuses such text; for v4 the last one counts). */
const repeatedName = (json: string): string | null => {
  const open: Set<string>[] = [];
  const tokens = /"(?:[^"\\]|\\.)*"(\s*:)?|[{}]/g;
  for (const [token, colon] of json.matchAll(tokens)) {
    if (token === '{') open.push(new Set());
    else if (token === '}') open.pop();
    else if (colon !== undefined) {
      const name = String(JSON.parse(token.slice(0, -colon.length)));
      const names = open.at(-1);
      if (names?.has(name) === true) return name;
      names?.add(name);
    }
  }
  return null;
};

const keepDigits = (_name: string, value: unknown, { source }: { readonly source?: string } = {}): unknown =>
  typeof value === 'number' && source !== undefined ? rawJson(source) : value;

/** ECMAScript's JSON.rawJSON, which TypeScript does not know yet. */
const { rawJSON: rawJson } = JSON as unknown as { rawJSON(text: string): unknown };
