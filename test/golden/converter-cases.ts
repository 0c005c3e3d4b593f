import { ConnectError, type ConnectorConfig, type SchemaAndValue } from '../../src/api/index.ts';
import { createConverter, createHeaderConverter } from '../../src/converters/index.ts';
import { doubleText, floatText } from '../../src/util/java-number-text.ts';
import { type Case, compare, failed, isObject, type Outcome, passed, type Runner, sameJson } from './outcome.ts';
import { readTyped, writeTyped } from './typed-values.ts';

const bytesOf = ({ bytes }: Case): Uint8Array | null =>
  typeof bytes === 'string' ? Buffer.from(bytes, 'base64') : null;
const configOf = ({ cfg }: Case): ConnectorConfig => (isObject(cfg) ? (cfg as ConnectorConfig) : {});
const sutOf = ({ sut }: Case): string => String(sut).replace(/#.*/, '');

/** toConnectData of a converter. */
export const toConnectData: Runner = async (vector) => {
  const make = (): SchemaAndValue | Promise<SchemaAndValue> =>
    createConverter(sutOf(vector), configOf(vector), false).toConnectData('topic', [], bytesOf(vector));
  return expectOutcome(vector, async () => writeTyped(await make()));
};

export const toConnectHeader: Runner = (vector) =>
  expectOutcome(vector, async () =>
    writeTyped(
      createHeaderConverter(sutOf(vector), configOf(vector)).toConnectHeader('topic', 'name', bytesOf(vector)),
    ),
  );

/** fromConnectData: JSON texts are compared without regard to the order of members (Java's maps have none). */
export const fromConnectData: Runner = async (vector) => {
  const converter = createConverter(sutOf(vector), configOf(vector), false);
  try {
    const { schema, value } = readTyped(vector['in']);
    const bytes = converter.fromConnectData('topic', schema, value);
    const got = bytes === null ? null : Buffer.from(bytes).toString();
    const expected = vector['outText'];
    if (isObject(vector['err'])) return failed(vector['err'], got);
    if (typeof expected !== 'string' || got === null) return compare(expected ?? null, got);
    return sameJson(JSON.parse(expected), JSON.parse(got)) && expected.length === got.length
      ? passed
      : failed(expected, got);
  } catch (error) {
    return compareError(vector['err'], error);
  }
};

/** Also what another release answers (`also`) counts. */
const expectOutcome = async (vector: Case, run: () => Promise<unknown>): Promise<Outcome> => {
  const answers: readonly Case[] = [vector, ...(Array.isArray(vector['also']) ? vector['also'] : [])];
  let got: unknown;
  try {
    got = await run();
  } catch (error) {
    const outcomes = answers.map((answer) => compareError(answer['err'], error));
    return outcomes.find(({ kind }) => kind === 'passed') ?? outcomes[0] ?? passed;
  }
  const plain = shortest(got, false);
  return answers.some(({ out }) => isObject(out) && sameJson(shortest(sortedMaps(out), false), plain))
    ? passed
    : failed(vector['out'] ?? vector['err'], got);
};

/** The classes of error and cause and the message must be Java's; the cause's own words are a parser's. */
export const compareError = (expected: unknown, error: unknown): Outcome => {
  if (!(error instanceof ConnectError)) throw error;
  const cause = error.cause instanceof ConnectError ? { cause: error.cause.javaClass } : {};
  const got = { class: error.javaClass, msg: error.message, ...cause };
  if (!isObject(expected)) return failed(expected ?? 'a value', got);
  const { causeMsg: _, ...compared } = expected;
  return compare(compared, got);
};

/** Maps are compared by key. */
export const sortedMaps = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sortedMaps);
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(([name, inner]) => {
    const sorted = sortedMaps(inner);
    if (name !== 'map' || !Array.isArray(sorted)) return [name, sorted];
    return [name, sorted.sort(([a], [b]) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))];
  });
  return Object.fromEntries(entries);
};

/** Before JDK 19 Java wrote a digit too many of some numbers: each text becomes the shortest that names the number. */
export const shortest = (value: unknown, floats: boolean): unknown => {
  if (Array.isArray(value)) return value.map((element) => shortest(element, floats));
  if (typeof value === 'string' && /^-?\d+\.\d+(?:E-?\d+)?$/.test(value)) {
    return floats ? floatText(Math.fround(Number(value))) : doubleText(Number(value));
  }
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(([name, inner]) => [name, shortest(inner, floats || name === 'f32')]);
  return Object.fromEntries(entries);
};
