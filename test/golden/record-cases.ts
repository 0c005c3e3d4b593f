import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DataError, type Header, JsonNumber, type SinkRecord, type TimestampType } from '../../src/api/index.ts';
import { fileForm, RowMapper, type RowSettings } from '../../src/connector/row-mapper.ts';
import { metadataObjectType } from '../../src/connector/structured-metadata.ts';
import { createConverter, parseJson } from '../../src/converters/index.ts';
import { doubleText, floatText } from '../../src/util/java-number-text.ts';
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
import { javaNumber, NoLikeError, readTyped } from './typed-values.ts';

type Json = Readonly<Record<string, unknown>>;
const pushTimeMs = 1700000000123;
const table = 'TAB';

/**
 * RECORD_CONTENT, RECORD_METADATA and schematized rows. v3 hands the classic SDK texts, v4 objects; we send native JSON, so texts of v3 are
 * parsed (RECORD_*) or compared with our JSON's text (columns). Number texts must be the same where a schema gave the type. For
 * schemaless JSON we keep every digit: there our number must become Java's once it is made a long or a double.
 */
export const record: Runner = async (vector) => {
  const cfg = isObject(vector['cfg']) ? vector['cfg'] : {};
  const other = otherFeature(vector);
  if (other !== null) return skipped(other);
  const v3 = String(vector['v']).startsWith('v3');
  const settings = settingsOf(cfg, v3);
  const out = isObject(vector['out']) ? vector['out'] : {};
  if (typeof out['file'] === 'string') return await stagedFile(vector, out['file'], settings);
  const isStructured = vector['mode'] === 'streaming-iceberg' || 'recordMetadataIsStructuredObject' in cfg;
  const expected = expectedRow(out, settings);
  let got: string | null;
  try {
    got = rowOf(await sinkRecord(vector), settings, expected, isStructured);
  } catch (error) {
    if (error instanceof NoLikeError) return skipped(error.message);
    if (!(error instanceof DataError)) throw error;
    if (expected === 'error') return passed;
    return failed(out, `${error.name}: ${error.message}`);
  }
  if (expected === 'error') return unlike(vector, v3) ?? failed(out, got);
  if (expected === null || got === null) return compare(expected, got);
  const exact = vector['text'] === undefined;
  if (v3 && isStructured) return compareRows(expected, withoutNullMetadata(got), { v3: false, exact });
  return compareRows(expected, got, { v3, exact });
};

/** Lines of a staged file: `{"content":…,"meta":…}` for each row. */
const stagedFile = async (vector: Case, file: string, given: RowSettings): Promise<Outcome> => {
  const settings = { ...given, metadata: { ...given.metadata, connectorPushTime: false } };
  let got: string | null;
  try {
    got = new RowMapper(settings, fileForm).rowText(await sinkRecord(vector), table, pushTimeMs);
  } catch (error) {
    if (error instanceof NoLikeError) return skipped(error.message);
    if (!(error instanceof DataError)) throw error;
    return failed(file, `${error.name}: ${error.message}`);
  }
  const input = isObject(vector['in']) ? vector['in'] : {};
  if (typeof input['valueBytes'] === 'string' && Buffer.from(input['valueBytes'], 'base64').toString().trim() === '') {
    return skipped('an empty text, of which JsonConverter makes null before the connector sees it');
  }
  const lines = concatenated(file);
  const rows = got === null ? [] : got.split('\n');
  if (lines.length !== rows.length) return failed(file, got);
  const outcomes = lines.map((line, index): Outcome => {
    const [parsed, row] = [parse(line), rows[index] ?? ''];
    if (!(parsed instanceof Map)) return failed('an object', line);
    return compareRows(parsed as ReadonlyMap<string, unknown>, row, { v3: true, exact: false, infinity: 'Infinity' });
  });
  return outcomes.find(({ kind }) => kind !== 'passed') ?? passed;
};

/** JSON objects one behind the other. */
const concatenated = (text: string): readonly string[] => {
  const objects: string[] = [];
  let [depth, start] = [0, 0];
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}]/g)) {
    if (token === '{' && depth++ === 0) start = index;
    if (token === '}' && --depth === 0) objects.push(text.slice(start, index + 1));
  }
  return objects;
};

const otherFeature = ({ note, tz }: Case): string | null => {
  if (tz !== undefined) return 'the time zone of a JVM: ours is UTC everywhere';
  if (String(note).startsWith('value schema equal to but not the same object'))
    return 'schemas that are equal and not the same object: the same to us';
  return null;
};

/** A Java class that reads like another in the vectors: a Set is an array there. */
const unlike = ({ out, note }: Case, v3: boolean): Outcome | null => {
  const broken = v3 && isObject(out) && ('tableStage' in out || JSON.stringify(out).includes('Broken Record'));
  return broken && /schemaless/.test(String(note))
    ? skipped(
        'Java values that no converter makes: of java.time, BigInteger, Character, Set, a double under a FLOAT32 schema',
      )
    : null;
};

const settingsOf = (cfg: Json, v3: boolean): RowSettings => {
  const on = (key: string, byDefault: boolean): boolean => {
    const text = cfg[key];
    return text === undefined ? byDefault : String(text).toLowerCase() === 'true';
  };
  return {
    generation: v3 ? 'v3' : 'v4',
    validation: 'client',
    evolution: { policy: 'evolve', widen: false, types: 'connector' },
    schematization: on('snowflake.enable.schematization', !v3),
    onNullValue: String(cfg['behavior.on.null.values']).toLowerCase() === 'ignore' ? 'ignore' : 'default',
    normalizeColumnNames: v3 || on('snowflake.compatibility.enable.column.identifier.normalization', false),
    metadata: {
      all: on('snowflake.metadata.all', true),
      topic: on('snowflake.metadata.topic', true),
      offsetAndPartition: on('snowflake.metadata.offset.and.partition', true),
      createTime: on('snowflake.metadata.createtime', true),
      connectorPushTime: on('snowflake.streaming.metadata.connectorPushTime', true),
      typedHeaders: on('snowflake.feature.structured.headers', false),
    },
  };
};

/** Columns to JSON texts, with names as Snowflake stores them; null: no row; 'error': a bad record. */
type Expected = ReadonlyMap<string, unknown> | null | 'error';

const expectedRow = (out: Json, { generation, schematization }: RowSettings): Expected => {
  if (out['skipped'] === true || out['nothingSent'] === true) return null;
  if ('reported' in out || 'throws' in out || 'tableStage' in out || out['state'] === 'BROKEN') return 'error';
  if (generation === 'v3' && typeof out['rowJson'] === 'string') return icebergRow(out['rowJson']);
  const row = out['row'];
  if (!isObject(row)) throw new Error('a case without a row');
  if (generation === 'v3') {
    const columns = Object.entries(row).map(([name, text]): [string, unknown] => {
      if (!schematization || name === 'RECORD_METADATA') return [name, parse(String(text))];
      return [name.startsWith('"') ? name.slice(1, -1) : name, text];
    });
    return new Map(columns);
  }
  const parsed = parse(String(out['rowJson']));
  return parsed instanceof Map ? parsed : new Map();
};

/** Names as given to the classic SDK; an infinite double is printed with its name, and written as for any other table. */
const icebergRow = (json: string): Expected => {
  const row = parse(json);
  if (!(row instanceof Map)) throw new Error('a case without a row');
  return new Map(
    [...row].map(([name, value]): [string, unknown] => {
      const column = String(name).startsWith('"') ? String(name).slice(1, -1) : String(name);
      return [column, typeof value === 'string' ? value.replace(/^(-?)Infinity$/, '$1Inf') : value];
    }),
  );
};

/** What the classic SDK leaves out of a structured object it stores as null. */
const withoutNullMetadata = (row: string): string => {
  const metadata = /"RECORD_METADATA":(\{.*\})\}$/.exec(row)?.[1] ?? '';
  return row.replace(metadata, metadata.replaceAll(/"\w+":null,?/g, '').replace(',}', '}'));
};

const parse = (text: string): unknown => parseJson(Buffer.from(text)).value;

const sinkRecord = async (vector: Case): Promise<SinkRecord> => {
  const input = isObject(vector['in']) ? vector['in'] : {};
  const key = 'keyBytes' in input ? await convertBytes(vector, 'key', input['keyBytes']) : readTyped(input['key']);
  const value =
    typeof vector['text'] === 'string'
      ? await convertText(vector, vector['text'])
      : 'valueBytes' in input
        ? await convertBytes(vector, 'value', input['valueBytes'])
        : readTyped(input['value']);
  const headers = (input['headers'] as [string, unknown][]).map(
    ([name, typed]): Header => ({ name, ...readTyped(typed) }),
  );
  const topic = String(input['topic']);
  const partition = Number(input['partition']);
  const offset = BigInt(String(input['offset']));
  const timestampType = input['tsType'] as TimestampType;
  const timestamp = input['ts'] === null ? null : BigInt(String(input['ts']));
  const view = {
    offset,
    batchOffset: offset,
    timestamp: timestamp ?? -1n,
    timestampType,
    key: null,
    value: null,
    headers: [],
  };
  return {
    topic,
    partition,
    offset,
    timestamp,
    timestampType,
    keySchema: key.schema,
    key: key.value,
    valueSchema: value.schema,
    value: value.value,
    headers,
    original: { topic, partition, record: view },
  };
};

/** The connector's own converters; the case holds what its schema registry would answer. */
const convertBytes = async (vector: Case, side: 'key' | 'value', base64: unknown) => {
  const cfg = isObject(vector['cfg']) ? vector['cfg'] : {};
  registeredSchemas = isObject(vector['schemas']) ? vector['schemas'] : {};
  const config = { 'schema.registry.url': await registryUrl() };
  const converter = createConverter(String(cfg[`${side}.converter`]), config, side === 'key');
  return converter.toConnectData('t', [], typeof base64 === 'string' ? Buffer.from(base64, 'base64') : null);
};

let registeredSchemas: Json = {};
let registry: Promise<string> | null = null;

const registryUrl = (): Promise<string> => {
  registry ??= new Promise((resolve) => {
    const server = createServer((request, response) => {
      const schema = registeredSchemas[/^\/schemas\/ids\/(\d+)/.exec(request.url ?? '')?.[1] ?? ''];
      response.writeHead(schema === undefined ? 404 : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(schema === undefined ? { error_code: 40403, message: 'none' } : { schema }));
    });
    server.unref();
    server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
  });
  return registry;
};

const convertText = (vector: Case, text: string) => {
  const schemas = String(vector['schemas.enable']);
  return createConverter('JsonConverter', { 'schemas.enable': schemas }, false).toConnectData(
    't',
    [],
    Buffer.from(text),
  );
};

/** The table has every column that the connector would write, each of a type that takes any JSON. */
const rowOf = (sink: SinkRecord, settings: RowSettings, expected: Expected, isStructured = false): string | null => {
  const mapper = new RowMapper(settings);
  const names = expected instanceof Map ? [...expected.keys()] : ['RECORD_METADATA'];
  const typeOf = (name: string): string =>
    isStructured && name === 'RECORD_METADATA' ? metadataObjectType(settings.generation) : 'MAP';
  const named = (name: string) => ({ name, type: typeOf(name), nullable: true, hasDefault: false });
  mapper.describe(table, names.map(named));
  return mapper.rowText(sink, table, pushTimeMs);
};

interface Rules {
  readonly v3: boolean;
  /** Number texts must be the same; else only what Java makes of them. */
  readonly exact: boolean;
  /** How a number that is too large for a double is written. */
  readonly infinity?: string;
}

const compareRows = (expected: ReadonlyMap<string, unknown>, got: string, rules: Rules): Outcome => {
  const row = parse(got);
  if (!(row instanceof Map) || got.includes('\n')) return failed('one JSON object on one line', got);
  const wanted = Object.fromEntries(
    [...expected].map(([name, value]) => [
      name,
      rules.v3 && typeof value === 'string' ? shortestText(value) : comparable(value, rules),
    ]),
  );
  const has = Object.fromEntries(
    [...row].map(([name, value]) => {
      const asText = rules.v3 && typeof expected.get(String(name)) === 'string';
      return [name, asText ? columnText(value, String(expected.get(String(name))), rules) : comparable(value, rules)];
    }),
  );
  return sameJson(wanted, has) || sameButHashes(wanted, has) ? passed : failed(wanted, has);
};

/** Where Java writes a byte array's identity hash, we write base64. */
const sameButHashes = (wanted: unknown, has: unknown): boolean => {
  const sorted = (value: unknown): string =>
    JSON.stringify(value, (_, inner) => (isObject(inner) ? Object.fromEntries(Object.entries(inner).sort()) : inner));
  const pattern = sorted(wanted)
    .replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
    .replaceAll('\\[B@<hash>', '[A-Za-z0-9+/]*=*');
  return new RegExp(`^${pattern}$`).test(sorted(has));
};

/** A column as v3 hands it over: strings as they are (base64 of bytes in quotes, so JSON of our string), all else as JSON text. */
const columnText = (value: unknown, wanted: string, rules: Rules): unknown => {
  if (typeof value === 'string') return JSON.stringify(value) === wanted ? wanted : value;
  if (value instanceof JsonNumber) return shortestText(numberText(value, rules));
  return typeof value === 'boolean' ? String(value) : jsonText(value, rules);
};

const jsonText = (value: unknown, rules: Rules): string => {
  if (value instanceof JsonNumber) return numberText(value, rules);
  if (value instanceof Map) {
    const members = [...value].map(([name, inner]) => `${JSON.stringify(name)}:${jsonText(inner, rules)}`);
    return `{${members.join(',')}}`;
  }
  return Array.isArray(value)
    ? `[${value.map((element) => jsonText(element, rules)).join(',')}]`
    : JSON.stringify(value);
};

const numberText = (number: JsonNumber, { exact, infinity = 'Inf' }: Rules): string =>
  exact ? shortestText(number.text) : javaText(number, infinity);

/** JDK 17, which made the vectors, writes a digit too many of a few floats (JDK 19 and we do not): 1.23456792E8 for 1.2345679E8. */
const shortestText = (text: string): string => {
  if (!/^-?\d+\.(?:0|\d*[1-9])(?:E-?\d+)?$/.test(text)) return text;
  const digits = text.replace(/E.*/, '').replace(/\D/g, '').length;
  const value = Number(text);
  const float = Math.fround(value);
  return digits <= 9 && Number.isFinite(float) && float !== 0 ? floatText(float) : doubleText(value);
};

const javaText = (number: JsonNumber, infinity: string): string => {
  const value = javaNumber(number);
  if (typeof value === 'bigint') return String(value);
  return doubleText(value).replace('Infinity', infinity);
};

/** Plain JSON with numbers as tagged texts. */
const comparable = (value: unknown, rules: Rules): unknown => {
  if (value instanceof JsonNumber) {
    const text = numberText(value, rules);
    return /Inf(?:inity)?$/.test(text) ? text : { number: text };
  }
  if (Array.isArray(value)) return value.map((element) => comparable(element, rules));
  if (!(value instanceof Map)) return value;
  return Object.fromEntries([...value].map(([name, inner]) => [name, comparable(inner, rules)]));
};
