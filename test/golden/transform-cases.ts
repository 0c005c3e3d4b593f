import { ConfigError, type ConnectorConfig, type Header, type SinkRecord } from '../../src/api/index.ts';
import { createPredicate, createTransformation } from '../../src/transforms/index.ts';
import { compareError, shortest, sortedMaps } from './converter-cases.ts';
import {
  type Case,
  compare,
  failed,
  isObject,
  type Outcome,
  passed,
  type Runner,
  sameJson,
  skipped,
} from './outcome.ts';
import { NoLikeError, readTyped, writeTyped } from './typed-values.ts';

type Json = Readonly<Record<string, unknown>>;
const objectOf = (json: unknown): Json => (isObject(json) ? json : {});
const listOf = (json: unknown): readonly unknown[] => (Array.isArray(json) ? json : []);

/** One record through a transform or predicate. Another release's answer (`also`) counts too. */
export const transform: Runner = (vector) => {
  const { without, names } = withoutBigIntegers(vector);
  if (names.size > 0)
    return isAbout(names, vector)
      ? skipped(
          'Java values that no converter makes: of java.time, BigInteger, Character, Set, a double under a FLOAT32 schema',
        )
      : transform(without);
  const answers: readonly Json[] = [vector, ...listOf(vector['also']).map(objectOf)];
  const expected = vector['out'] ?? vector['err'] ?? vector['cfgErr'] ?? null;
  let run: (record: SinkRecord) => unknown;
  try {
    run = createRun(String(vector['sut']), objectOf(vector['cfg']) as ConnectorConfig);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return best(answers.map(({ cfgErr }) => compareConfigError(cfgErr, error)));
  }
  if (vector['in'] === undefined) return vector['cfgOk'] === true ? passed : failed(expected, 'a sound config');
  let got: unknown;
  try {
    got = run(readRecord(objectOf(vector['in'])));
  } catch (error) {
    if (error instanceof NoLikeError) return skipped(error.message);
    return best(answers.map(({ err }) => compareError(err, error)));
  }
  const floats = JSON.stringify(vector['in']).includes('"f32"');
  const isExpected = answers.some(
    ({ out }) =>
      out !== undefined &&
      (sameJson(sortedMaps(out), got) || sameJson(shortest(sortedMaps(out), floats), shortest(got, floats))),
  );
  return isExpected ? passed : failed(expected, got);
};

/** No converter makes a java.math.BigInteger, but the recorded maps hold one: out it goes, on both sides. */
const withoutBigIntegers = (vector: Case): { readonly without: Case; readonly names: ReadonlySet<string> } => {
  const names = new Set<string>();
  const strip = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(strip);
    if (!isObject(value)) return value;
    const members = Object.entries(value).map(([name, inner]) => {
      const kept = name === 'map' ? listOf(inner).filter((entry) => !isBigInteger(entry, names)) : inner;
      return [name, strip(kept)];
    });
    return Object.fromEntries(members);
  };
  return { without: strip(vector) as Case, names };
};

const isBigInteger = (entry: unknown, names: Set<string>): boolean => {
  const [name, value] = listOf(entry);
  const is = isObject(value) && 'bigint' in value;
  if (is) names.add(String(name));
  return is;
};

const isAbout = (names: ReadonlySet<string>, vector: Case): boolean => {
  const told = JSON.stringify([vector['cfg'], vector['err'] ?? null]);
  return told.includes('BigInteger') || [...names].some((name) => new RegExp(`\\b${name}\\b`).test(told));
};

const createRun = (javaClass: string, config: ConnectorConfig): ((record: SinkRecord) => unknown) => {
  if (javaClass.includes('.predicates.')) {
    const predicate = createPredicate(javaClass, config);
    return (record) => predicate.test(record);
  }
  const transformation = createTransformation(javaClass, config);
  return (record) => {
    const result = transformation.apply(record);
    if (result instanceof Promise) throw new Error('asynchronous');
    return result === null ? null : writeRecord(result);
  };
};

const best = (outcomes: readonly Outcome[]): Outcome =>
  outcomes.find(({ kind }) => kind === 'passed') ?? outcomes[0] ?? passed;

/** Connect stops at the first problem. */
const compareConfigError = (expected: unknown, error: ConfigError): Outcome =>
  compare(expected ?? 'a sound config', { class: error.javaClass, msg: error.problems[0]?.message });

const readRecord = (json: Json): SinkRecord => {
  const { schema: keySchema, value: key } = readTyped(json['key']);
  const { schema: valueSchema, value } = readTyped(json['value']);
  const [topic, partition, offset] = [String(json['topic']), Number(json['partition']), BigInt(String(json['offset']))];
  const timestamp = json['ts'] === null || json['ts'] === undefined ? null : BigInt(String(json['ts']));
  const headers = listOf(json['headers']).map((header): Header => {
    const [name, content] = listOf(header);
    return { name: String(name), ...readTyped(content) };
  });
  const coordinates = {
    topic,
    partition,
    offset,
    timestamp,
    timestampType: String(json['tsType']) as SinkRecord['timestampType'],
  };
  const record = { ...coordinates, attributes: 0, key: null, value: null, headers: [] };
  const original = { topic, partition, record } as unknown as SinkRecord['original'];
  return { ...coordinates, keySchema, key, valueSchema, value, headers, original };
};

const writeRecord = (record: SinkRecord): unknown => ({
  topic: record.topic,
  partition: record.partition,
  offset: Number(record.offset),
  ts: record.timestamp === null ? null : Number(record.timestamp),
  tsType: record.timestampType,
  key: writeTyped({ schema: record.keySchema, value: record.key }),
  value: writeTyped({ schema: record.valueSchema, value: record.value }),
  headers: record.headers.map((header) => [header.name, writeTyped(header)]),
});
