import {
  DataError,
  Decimal,
  nullValue,
  type Schema,
  type SchemaAndValue,
  type SchemaType,
  TypedNumber,
} from '../api/index.ts';
import { exactInteger, parseDecimal } from '../util/big-decimal.ts';
import { decimalSchema } from './decimal-logical-type.ts';
import { parseTemporal } from './parse-temporal.ts';
import { alignedTo, besideSchema, ElementSchema } from './value-alignment.ts';
import { javaTrim, ValueTokens } from './value-tokens.ts';

const primitive = (type: SchemaType): Schema => ({ type, optional: false });
const stringSchema = primitive('STRING');
const booleanSchema = primitive('BOOLEAN');

/** Java's stack ends a little later, and its task with it; here such a text is a STRING. */
const maxDepth = 500;

/**
 * org.apache.kafka.connect.data.Values.parseString: the type that a text looks like. `1` is an INT8, `1.5` a FLOAT32, `true` a
 * BOOLEAN, `2020-01-01` a Date (UTC), `[1,2]` an array, what fits nothing a STRING.
 */
export const parseValue = (text: string): SchemaAndValue => {
  if (text === '') return { schema: stringSchema, value: text };
  const { schema, value } = parseNext(new ValueTokens(text), false);
  return { schema, value: besideSchema(schema, value) };
};

/** Numbers come tagged with their type (TypedNumber), as what stands without a schema must. */
const parseNext = (tokens: ValueTokens, embedded: boolean): SchemaAndValue => {
  if (!tokens.hasNext) return nullValue;
  if (embedded && tokens.take('"')) return parseQuoted(tokens);
  const literal = parseLiteral(tokens, embedded);
  if (literal !== null) return literal;
  const start = tokens.mark();
  try {
    if (++tokens.depth > maxDepth) throw new DataError(`Values are nested deeper than ${maxDepth}`);
    if (tokens.take('[')) return parseArray(tokens);
    if (tokens.take('{')) return parseMap(tokens);
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    tokens.rewindTo(start);
  } finally {
    tokens.depth--;
  }
  return parseScalar(tokens, embedded);
};

const parseQuoted = (tokens: ValueTokens): SchemaAndValue => {
  let content = '';
  while (tokens.hasNext && !tokens.take('"')) content += tokens.next();
  const parsed = parseValue(content);
  return parsed.value instanceof Date ? parsed : { schema: stringSchema, value: content };
};

const literals: readonly (readonly [string, SchemaAndValue])[] = [
  ['null', nullValue],
  ['true', { schema: booleanSchema, value: true }],
  ['false', { schema: booleanSchema, value: false }],
];

/** At the top a literal counts only if nothing follows it: `true}` is a string. */
const parseLiteral = (tokens: ValueTokens, embedded: boolean): SchemaAndValue | null => {
  const start = tokens.mark();
  for (const [word, meaning] of literals) {
    if (tokens.take(word) && (embedded || !tokens.hasNext)) return meaning;
    tokens.rewindTo(start);
  }
  return null;
};

const parseArray = (tokens: ValueTokens): SchemaAndValue => {
  const elements: unknown[] = [];
  const elementSchema = new ElementSchema();
  while (tokens.hasNext) {
    if (tokens.take(']')) {
      const valueSchema = elementSchema.common;
      if (valueSchema === null) return { schema: { type: 'ARRAY', optional: false }, value: elements };
      const value = elements.map((element) => alignedTo(valueSchema, element));
      return { schema: { type: 'ARRAY', optional: false, valueSchema }, value };
    }
    if (tokens.take(',')) throw new DataError('Unable to parse an empty array element');
    const element = parseNext(tokens, true);
    elementSchema.add(element.schema);
    elements.push(element.value);
    const mark = tokens.mark();
    if (tokens.take(']')) tokens.rewindTo(mark);
    else if (!tokens.take(',')) throw new DataError("Array elements missing ',' delimiter");
  }
  throw new DataError("Array is missing terminating ']'");
};

const parseMap = (tokens: ValueTokens): SchemaAndValue => {
  const entries: Entries = new Map();
  const keySchema = new ElementSchema();
  const valueSchema = new ElementSchema();
  while (tokens.hasNext) {
    if (tokens.take('}')) return mapOf(entries, keySchema.common, valueSchema.common);
    if (tokens.take(',')) throw new DataError('Unable to parse a map entry with no key or value');
    const key = parseNext(tokens, true);
    if (key.value === null) throw new DataError('Map entry may not have a null key');
    if (!tokens.take(':')) throw new DataError("Map entry is missing ':'");
    const value = parseNext(tokens, true);
    putEntry(entries, key.value, value.value);
    tokens.take(',');
    keySchema.add(key.schema);
    valueSchema.add(value.schema);
  }
  throw new DataError("Map is missing terminating '}'");
};

/** Entries by what Java's equals takes for one key. */
type Entries = Map<string, readonly [unknown, unknown]>;

/** Map.put: of equal keys the first stays, with the last one's value. */
const putEntry = (entries: Entries, key: unknown, value: unknown): void => {
  const [type, plain] = key instanceof TypedNumber ? [key.type, key.value] : [typeof key, key];
  const identity = `${type} ${plain instanceof Date ? plain.getTime() : String(plain)}`;
  entries.set(identity, [entries.get(identity)?.[0] ?? key, value]);
};

const mapOf = (
  entries: ReadonlyMap<string, readonly [unknown, unknown]>,
  keySchema: Schema | null,
  valueSchema: Schema | null,
): SchemaAndValue => {
  const aligned: Entries = new Map();
  for (const [key, inner] of entries.values()) {
    const value = keySchema === null || valueSchema === null ? inner : alignedTo(valueSchema, inner);
    putEntry(aligned, keySchema === null ? key : alignedTo(keySchema, key), value);
  }
  const schema: Schema = {
    type: 'MAP',
    optional: false,
    ...(keySchema !== null && { keySchema }),
    ...(keySchema !== null && valueSchema !== null && { valueSchema }),
  };
  return { schema, value: new Map(aligned.values()) };
};

const parseScalar = (tokens: ValueTokens, embedded: boolean): SchemaAndValue => {
  const whole = tokens.next();
  const token = javaTrim(whole);
  if (token === '') return { schema: stringSchema, value: whole };
  if (/^\d/.test(token)) {
    const mark = tokens.mark();
    // Unescaped colons cut a time into five tokens.
    const rest = tokens.nextJoined(4);
    const joined = rest === null ? null : parseTemporal(token + rest);
    if (joined !== null) return joined;
    tokens.rewindTo(mark);
    const temporal = parseTemporal(token);
    if (temporal !== null) return temporal;
  }
  if (/^[\d+-]/.test(token)) {
    const number = parseNumber(token);
    if (number !== null) return number;
  }
  if (embedded) throw new DataError('Failed to parse embedded value');
  return { schema: stringSchema, value: tokens.text };
};

const parseNumber = (token: string): SchemaAndValue | null => {
  const decimal = parseDecimal(token);
  if (decimal === null) return null;
  const integer = exactInteger(decimal, 19);
  if (integer !== null && BigInt.asIntN(64, integer) === integer) return narrowestInteger(integer);
  if (decimal.scale !== 0) {
    const double = Number(token);
    const float = Math.fround(double);
    if (Number.isFinite(float)) return { schema: primitive('FLOAT32'), value: new TypedNumber('FLOAT32', float) };
    if (Number.isFinite(double)) return { schema: primitive('FLOAT64'), value: double };
  }
  return { schema: decimalSchema(decimal.scale), value: new Decimal(decimal.unscaled, decimal.scale) };
};

const narrowestInteger = (integer: bigint): SchemaAndValue => {
  for (const [type, bits] of integerTypes) {
    if (BigInt.asIntN(bits, integer) === integer) {
      return { schema: primitive(type), value: new TypedNumber(type, Number(integer)) };
    }
  }
  return { schema: primitive('INT64'), value: integer };
};

const integerTypes = [
  ['INT8', 8],
  ['INT16', 16],
  ['INT32', 32],
] as const;
