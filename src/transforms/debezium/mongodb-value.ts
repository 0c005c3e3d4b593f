import { DataError, JsonNumber } from '../../api/index.ts';
import { JsonSyntaxError, parseJson } from '../../converters/index.ts';

/** A BSON value as Debezium's types have it: ObjectIds, decimals and code are texts, both kinds of time are dates. */
export type MongoValue =
  | { readonly type: 'NULL' }
  | { readonly type: 'STRING'; readonly value: string }
  | { readonly type: 'INT32' | 'FLOAT64'; readonly value: number }
  | { readonly type: 'INT64'; readonly value: bigint }
  | { readonly type: 'BOOLEAN'; readonly value: boolean }
  | { readonly type: 'TIMESTAMP'; readonly value: Date }
  | { readonly type: 'BYTES'; readonly value: Uint8Array }
  | { readonly type: 'REGEX'; readonly value: { readonly regex: string; readonly options: string } }
  | { readonly type: 'DOCUMENT'; readonly value: MongoDocument }
  | { readonly type: 'ARRAY'; readonly value: readonly MongoValue[] };

export type MongoDocument = ReadonlyMap<string, MongoValue>;

/**
 * MongoDB Extended JSON, of version 1 (strict) as Debezium writes it and of version 2 (relaxed, canonical). @throws DataError for
 * what is no document (MongoDB manual, "MongoDB Extended JSON").
 */
export const readMongoDocument = (text: string): MongoDocument => {
  let json: unknown;
  try {
    json = parseJson(Buffer.from(text)).value;
  } catch (cause) {
    if (!(cause instanceof JsonSyntaxError)) throw cause;
    throw new DataError('The document is no JSON', { cause });
  }
  if (!(json instanceof Map)) throw new DataError('The document is no JSON object');
  return documentOf(json);
};

type JsonObject = ReadonlyMap<string, unknown>;

const documentOf = (object: JsonObject): MongoDocument => {
  const document = new Map<string, MongoValue>();
  for (const [name, json] of object) {
    const value = mongoValue(name, json);
    if (value !== null) document.set(name, value);
  }
  return document;
};

/** Null: undefined, which Debezium leaves out. */
const mongoValue = (name: string, json: unknown): MongoValue | null => {
  if (json === null) return { type: 'NULL' };
  if (typeof json === 'string') return { type: 'STRING', value: json };
  if (typeof json === 'boolean') return { type: 'BOOLEAN', value: json };
  if (json instanceof JsonNumber) return numberOf(name, json);
  if (Array.isArray(json)) {
    return { type: 'ARRAY', value: json.flatMap((element) => mongoValue(name, element) ?? []) };
  }
  const object = json as JsonObject;
  const [[keyword = '', content] = []] = object;
  const read = keyword.startsWith('$') ? wrapped[keyword] : undefined;
  return read === undefined ? { type: 'DOCUMENT', value: documentOf(object) } : read(content, object, name);
};

const numberOf = (name: string, number: JsonNumber): MongoValue => {
  if (!number.isInteger) return { type: 'FLOAT64', value: Number(number.text) };
  return integerOf(name, BigInt(number.text));
};

const integerOf = (name: string, value: bigint): MongoValue => {
  if (BigInt.asIntN(32, value) === value) return { type: 'INT32', value: Number(value) };
  if (BigInt.asIntN(64, value) === value) return { type: 'INT64', value };
  throw new DataError(`Field '${name}' holds an integer of more than 64 bits`);
};

type Read = (content: unknown, object: JsonObject, name: string) => MongoValue | null;

const bad = (name: string, keyword: string): DataError =>
  new DataError(`Field '${name}' holds ${keyword} of another form than MongoDB writes`);

const textOf = (content: unknown, name: string, keyword: string): string => {
  if (typeof content === 'string') return content;
  if (content instanceof JsonNumber) return content.text;
  throw bad(name, keyword);
};

const longOf = (content: unknown, name: string, keyword: string): bigint => {
  const inner = content instanceof Map ? content.get('$numberLong') : content;
  const text = textOf(inner, name, keyword);
  if (!/^[+-]?\d+$/.test(text)) throw bad(name, keyword);
  return BigInt(text.replace('+', ''));
};

const dateOf = (content: unknown, name: string): MongoValue => {
  const isText = typeof content === 'string';
  const value = new Date(isText ? Date.parse(content) : Number(longOf(content, name, '$date')));
  if (Number.isNaN(value.getTime())) throw bad(name, '$date');
  return { type: 'TIMESTAMP', value };
};

const asString =
  (keyword: string): Read =>
  (content, _object, name) => ({ type: 'STRING', value: textOf(content, name, keyword) });

const bytes = (text: string, encoding: 'base64' | 'hex'): MongoValue => ({
  type: 'BYTES',
  value: new Uint8Array(Buffer.from(text, encoding)),
});

const regex = (pattern: unknown, options: unknown): MongoValue => ({
  type: 'REGEX',
  value: { regex: String(pattern ?? ''), options: String(options ?? '') },
});

const unsupported: Read = (_content, object, name) => {
  throw new DataError(
    `Field '${name}' is of a BSON type that has no like in Connect: ${[...object.keys()].join(', ')}`,
  );
};

const wrapped: Readonly<Record<string, Read>> = {
  $oid: asString('$oid'),
  $numberDecimal: asString('$numberDecimal'),
  $numberInt: (content, _object, name) => integerOf(name, longOf(content, name, '$numberInt')),
  $numberLong: (content, _object, name) => ({ type: 'INT64', value: longOf(content, name, '$numberLong') }),
  $numberDouble: (content, _object, name) => ({
    type: 'FLOAT64',
    value: Number(textOf(content, name, '$numberDouble')),
  }),
  $date: (content, _object, name) => dateOf(content, name),
  $timestamp: (content, _object, name) => {
    const seconds = content instanceof Map ? longOf(content.get('t'), name, '$timestamp') : null;
    if (seconds === null) throw bad(name, '$timestamp');
    return { type: 'TIMESTAMP', value: new Date(Number(seconds) * 1000) };
  },
  $binary: (content, _object, name) =>
    bytes(textOf(content instanceof Map ? content.get('base64') : content, name, '$binary'), 'base64'),
  $uuid: (content, _object, name) => bytes(textOf(content, name, '$uuid').replaceAll('-', ''), 'hex'),
  $regex: (content, object) => regex(content, object.get('$options')),
  $regularExpression: (content) =>
    content instanceof Map ? regex(content.get('pattern'), content.get('options')) : regex(content, ''),
  $code: (content, object, name) =>
    object.has('$scope') ? unsupported(content, object, name) : asString('$code')(content, object, name),
  $undefined: () => null,
  $minKey: unsupported,
  $maxKey: unsupported,
  $symbol: unsupported,
  $dbPointer: unsupported,
};
