import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  DataError,
  type FetchedBatch,
  type Header,
  type KeyAndHeaders,
  type RawHeader,
  type RecordView,
  type SinkRecord,
} from '../../../src/api/index.ts';
import { rawHeaders } from '../../../src/connector/record-metadata.ts';
import { RowMapper, type RowSettings } from '../../../src/connector/row-mapper.ts';
import { createConverter, createHeaderConverter } from '../../../src/converters/index.ts';
import { RawRowEncoder, type RawRowEncoderOptions, RecordReader } from '../../../src/kernel/index.ts';
import { allMetadata } from '../../support/all-metadata.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { fetched, recordBatch, type TestRecord } from '../../unit/kernel/record-batches.ts';
import { anyBytes } from '../kernel/json-cases.ts';

/** Both ways from Kafka's bytes to the row, with the product's own converters and row mapper: what the kernel splices must be what they would have made. */
const pushTime = 1_700_000_000_500;
const maxRowBytes = 1 << 20;
/** Most rows are too large for a slot, many records for the room beside them. */
const littleRoom = { slotBytes: 200, stagingBytes: 50 };
const jsonConverter = 'org.apache.kafka.connect.json.JsonConverter';
const stringConverter = 'org.apache.kafka.connect.storage.StringConverter';
const simpleHeaderConverter = 'org.apache.kafka.connect.storage.SimpleHeaderConverter';

const settings = (generation: 'v3' | 'v4' | 'own'): RowSettings => ({
  generation,
  schematization: false,
  validation: 'client',
  evolution: { policy: 'evolve', widen: false, types: 'connector' },
  onNullValue: 'default',
  normalizeColumnNames: generation === 'v3',
  metadata: { ...allMetadata, typedHeaders: generation !== 'v4' },
});

/** One record the object way; null where it goes to the dead letter topic. */
class ObjectPath {
  readonly #key;
  readonly #value = createConverter(jsonConverter, { 'schemas.enable': 'false' }, false);
  readonly #header;
  readonly mapper: RowMapper;
  /** How the kernel is to write headers. */
  readonly headers: RawRowEncoderOptions['headers'];

  constructor(generation: 'v3' | 'v4' | 'own', keyConverter: string, headerConverter = simpleHeaderConverter) {
    this.#key = createConverter(keyConverter, { 'schemas.enable': 'false' }, true);
    this.#header = createHeaderConverter(headerConverter, {});
    this.mapper = new RowMapper(settings(generation));
    this.headers = rawHeaders(settings(generation), this.#header.readsText ?? 'host');
  }

  keyAndHeaders(record: RecordView): KeyAndHeaders {
    const key = this.#key.toConnectData('orders', record.headers, record.key);
    if (key instanceof Promise) throw new TypeError('these converters are synchronous');
    const headers: Header[] = record.headers.map(([name, bytes]) => ({
      name,
      ...this.#header.toConnectHeader('orders', name, bytes),
    }));
    return { keySchema: key.schema, key: key.value, headers };
  }

  row(record: RecordView): string | null {
    return orNull(() => {
      const parts = this.keyAndHeaders(record);
      const value = this.#value.toConnectData('orders', record.headers, record.value);
      if (value instanceof Promise) throw new TypeError('these converters are synchronous');
      const sinkRecord: SinkRecord = {
        topic: 'orders',
        partition: 3,
        offset: record.offset,
        timestamp: record.timestamp,
        timestampType: record.timestampType,
        ...parts,
        valueSchema: value.schema,
        value: value.value,
        original: { topic: 'orders', partition: 3, record },
      };
      return this.mapper.rowText(sinkRecord, 'ORDERS', pushTime);
    });
  }
}

const orNull = <T>(work: () => T): T | null => {
  try {
    return work();
  } catch (error) {
    if (error instanceof DataError) return null;
    throw error;
  }
};

/** Rows compare as Snowflake reads them: last of repeated names, numbers by their digits. */
const read = (row: string | Uint8Array): unknown =>
  JSON.parse(Buffer.from(row).toString(), (_name, value: unknown, context?: { readonly source?: string }) =>
    typeof value === 'number' ? { number: context?.source } : value,
  );

const objectRows = (path: ObjectPath, batch: FetchedBatch): unknown[] => {
  const reader = new RecordReader({ checkCrcs: true });
  const rows = batch.batches.flatMap((each) =>
    [...reader.read(each, batch.fetchOffset, batch)].map((record) => path.row(record)),
  );
  return rows.filter((row) => row !== null).map(read);
};

const rawRows = async (
  path: ObjectPath,
  key: 'string' | 'json' | 'host',
  batch: FetchedBatch,
  memory: RawRowEncoderOptions['memory'] = {},
): Promise<{ rows: unknown[]; spliced: number; fragments: number }> => {
  const rows: unknown[] = [];
  let byHost = 0;
  let fragments = 0;
  const encoder = new RawRowEncoder({
    metadata: { topic: true, offsetAndPartition: true, createTime: true, pushTime: true },
    key,
    headers: path.headers,
    checkCrcs: true,
    clock: new VirtualClock(pushTime),
    maxRowBytes,
    memory,
  });
  const sink = {
    add: ({ bytes, release }: { bytes: Uint8Array; release: () => void }) => {
      for (const line of Buffer.from(bytes).toString('latin1').split('\n').filter(Boolean))
        rows.push(read(Buffer.from(line, 'latin1')));
      release();
    },
  };
  await encoder.encode(batch, 0n, sink, {
    keyAndHeaders: (record) => {
      fragments++;
      return orNull(() => path.mapper.keyAndHeadersFragment(path.keyAndHeaders(record)));
    },
    row: (record) => {
      byHost++;
      const row = path.row(record);
      return row === null ? null : Buffer.from(row);
    },
  });
  return { rows, spliced: batch.recordCount - byHost, fragments };
};

/** Texts that Connect reads in ways of their own, and those that nearly are such. */
const oddTexts = [
  'true;false ; null;truer;nul;NaN;1;-1;-0;007;+5;128;1e5;1.50;.5;0x1f;1 ;1d;--1;"x";:x;[1,2];{"a":1};[;{a;1:2;12\\:34;10.0.0.1:80;a\\nb',
  '9223372036854775807;9223372036854775808;123456789012345678;-123456789012345678;é;\u{1f600};1é;line\nbreak;\0',
  '2020-02-30;2020-1-1ab;12:34:56.789Z;2020-01-01T12:34:56.789Z;2020-01-01T12:34:56Z',
].flatMap((texts) => texts.split(';'));
const headerText = fc.oneof(
  fc.string({ maxLength: 8 }),
  fc.constantFrom(...oddTexts),
  fc.stringMatching(/^[0-9+-][0-9a-fA-F_.+-]{0,24}$/),
);
const headerBytes = fc.oneof(
  { weight: 3, arbitrary: headerText.map((text) => Buffer.from(text)) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 6 }) },
);

const records = fc
  .array(
    fc.record({
      key: fc.option(
        fc.oneof(
          anyBytes,
          fc.string().map((text) => Buffer.from(text)),
        ),
      ),
      value: fc.option(anyBytes, { freq: 10 }),
      headers: fc.array(
        fc.tuple(fc.oneof(fc.string({ maxLength: 4 }), fc.constantFrom('a', 'é\u0007')), fc.option(headerBytes)),
        {
          maxLength: 4,
        },
      ),
    }),
    { minLength: 1, maxLength: 25 },
  )
  .map((all) =>
    all.map(
      (record, index): TestRecord => ({
        ...record,
        offset: BigInt(index),
        timestamp: 1_600_000_000_000n + BigInt(index),
        headers: record.headers as RawHeader[],
      }),
    ),
  );

test.each([
  ['v3', stringConverter, 'string', simpleHeaderConverter],
  ['v4', stringConverter, 'string', simpleHeaderConverter],
  ['own', stringConverter, 'string', simpleHeaderConverter],
  ['v3', jsonConverter, 'json', simpleHeaderConverter],
  ['own', jsonConverter, 'json', stringConverter],
  ['v4', jsonConverter, 'json', stringConverter],
  ['v4', 'org.apache.kafka.connect.converters.ByteArrayConverter', 'host', jsonConverter],
] as const)(
  '%s, keys by %s (%s), headers by %s: the raw path writes the rows of the object path',
  async (generation, keyConverter, key, headerConverter) => {
    const path = new ObjectPath(generation, keyConverter, headerConverter);
    let spliced = 0;
    await fc.assert(
      fc.asyncProperty(records, fc.boolean(), async (given, areLarge) => {
        const batch = fetched([recordBatch({ records: given })]);
        const raw = await rawRows(path, key, batch, areLarge ? littleRoom : {});
        spliced += raw.spliced;
        expect(raw.rows).toEqual(objectRows(path, batch));
      }),
      { numRuns: 30 },
    );
    expect(spliced).toBeGreaterThan(10);
  },
);

test.each(['v3', 'v4', 'own'] as const)(
  '%s: the headers of traces and of most programs need no objects',
  async (generation) => {
    const path = new ObjectPath(generation, stringConverter);
    const usual = {
      traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
      tracestate: 'rojo=00f067aa0ba902b7,congo=t61rcWkgMzE',
      'X-B3-TraceId': '80f198ee56343ba864fe8b2a57d3eff7',
      id: '550e8400-e29b-41d4-a716-446655440000',
      'content-type': 'application/json; charset="utf-8"',
      spring_json_header_types: 'a\tb',
      attempt: '-3',
      sentAt: '1700000000123',
      phone: '555-123-4567',
      version: '1.12.3',
      none: '',
    };
    const headers = Object.entries(usual).map(([name, text]): RawHeader => [name, Buffer.from(text)]);
    const record: TestRecord = {
      offset: 1n,
      timestamp: 1n,
      key: null,
      value: Buffer.from('{}'),
      headers: [...headers, ['null', null]],
    };
    const batch = fetched([recordBatch({ records: [record] })]);
    const raw = await rawRows(path, 'string', batch);
    expect(raw.rows).toEqual(objectRows(path, batch));
    expect(raw.fragments).toBe(0);
  },
);

test('a number longer than Jackson reads is refused by both', async () => {
  const path = new ObjectPath('own', stringConverter);
  const given = [`{"n":${'1'.repeat(1001)}}`, `{"n":${'1'.repeat(1000)}}`].map(
    (text, index): TestRecord => ({
      offset: BigInt(index),
      timestamp: 1n,
      key: null,
      value: Buffer.from(text),
      headers: [],
    }),
  );
  const batch = fetched([recordBatch({ records: given })]);
  const raw = await rawRows(path, 'string', batch);
  expect(raw.rows).toEqual(objectRows(path, batch));
  expect(raw.rows).toHaveLength(1);
});
