import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { RawHeader, RecordView } from '../../../src/api/index.ts';
import { RawRowEncoder, type RawRowHost, RecordReader } from '../../../src/kernel/index.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { at, fetched, recordBatch, type TestRecord } from '../../unit/kernel/record-batches.ts';
import { alikeObjects, anyBytes, hasOddNames, jsonText, parseStrict } from './json-cases.ts';

const pushTime = 1_700_000_000_500;
const metadata = { topic: true, offsetAndPartition: true, createTime: true, pushTime: true };
const byteRecords = fc
  .array(
    fc.record({
      gap: fc.integer({ min: 1, max: 3 }),
      timestamp: fc.bigInt({ min: 0n, max: 4_102_444_800_000n }),
      key: fc.option(anyBytes),
      value: fc.option(anyBytes, { freq: 20 }),
      headers: fc.array(fc.tuple(fc.string({ maxLength: 5 }), fc.option(fc.uint8Array({ maxLength: 5 }))), {
        maxLength: 2,
      }),
    }),
    { minLength: 1, maxLength: 30 },
  )
  .map((records) => {
    let offset = 0n;
    return records.map(({ gap, headers, ...record }): TestRecord => {
      offset += BigInt(gap);
      return { ...record, offset, headers: headers as RawHeader[] };
    });
  });

const keyAndHeaders = ({ key, headers }: RecordView): string =>
  `${key === null ? '' : `,"key":"by host, ${key.length} bytes"`}${headers.length === 0 ? '' : `,"headers":{"n":${headers.length}}`}`;
const hostMetadata = (record: { offset: bigint }): string => `{"host":"${record.offset}"}`;
const host: RawRowHost = { keyAndHeaders, row: (record) => Buffer.from(hostMetadata(record)) };

/** The row as an object path makes it, from the runtime's JSON parser. */
const expectedRow = (record: TestRecord): unknown => {
  const content = record.value === null ? null : parseStrict(record.value);
  if (content === null || content.value === null) return JSON.parse(hostMetadata(record));
  const key = record.key === null ? null : parseStrict(record.key);
  const byHost = record.headers.length > 0 || (record.key !== null && (key === null || key.value === null));
  return {
    RECORD_CONTENT: content.value,
    RECORD_METADATA: {
      topic: 'orders',
      partition: 3,
      SnowflakeConnectorPushTime: pushTime,
      offset: Number(record.offset),
      CreateTime: Number(record.timestamp),
      ...(byHost
        ? JSON.parse(`{${keyAndHeaders({ ...record, batchOffset: 0n, timestampType: 'CreateTime' }).slice(1)}}`)
        : null),
      ...(!byHost && key !== null ? { key: key.value } : null),
    },
  };
};

const encoderOf = (slotBytes: number, stagingBytes: number): RawRowEncoder =>
  new RawRowEncoder({
    metadata,
    key: 'json',
    headers: 'host',
    checkCrcs: true,
    clock: new VirtualClock(pushTime),
    maxRowBytes: 1 << 24,
    memory: { slots: 2, slotBytes, stagingBytes, unpackedBytes: 20_000, placeBytes: 1 << 18 },
  });
const usual = encoderOf(65_536, 20_000);
/** Its rows are mostly too large for a slot. */
const narrow = encoderOf(250, 100);
const rowsOf = async (batch: Parameters<typeof fetched>[0], from = 0n, encoder = usual): Promise<string> => {
  let text = '';
  let last = -1n;
  await encoder.encode(
    fetched(batch),
    from,
    {
      add: (rows) => {
        expect(rows.firstOffset).toBeGreaterThan(last);
        expect(rows.lastOffset).toBeGreaterThanOrEqual(rows.firstOffset);
        last = rows.lastOffset;
        const piece = Buffer.from(rows.bytes).toString();
        expect(piece.split('\n').length - 1).toBe(rows.rowCount);
        text += piece;
        rows.release();
      },
    },
    host,
  );
  return text;
};

test('every row is what JSON.parse makes of the record, whatever the bytes, the codec, the place and the start', async () => {
  const codecs = fc.constantFrom('none', 'gzip', 'snappy', 'lz4', 'zstd');
  await fc.assert(
    fc.asyncProperty(
      byteRecords,
      codecs,
      fc.boolean(),
      fc.constantFrom(usual, narrow),
      fc.bigInt({ min: 0n, max: 20n }),
      async (records, codec, inPlace, encoder, from) => {
        const place = encoder.place(1 << 18);
        const batch = recordBatch({ records, codec });
        const placed = inPlace && place !== null && batch.bytes.length <= place.length ? at(batch, place) : batch;
        const text = await rowsOf([placed], from, encoder);
        const wanted = records.filter(({ offset }) => offset >= from);
        const lines = text === '' ? [] : text.slice(0, -1).split('\n');
        expect(lines.map((line) => JSON.parse(line))).toEqual(wanted.map(expectedRow));
        for (const [i, line] of lines.entries()) {
          const value = wanted[i]?.value;
          // Digit for digit: a parser would round what the splice must not.
          if (line.startsWith('{"RECORD_CONTENT":') && value)
            expect(line).toContain(Buffer.from(value).toString().replaceAll('\n', ' '));
        }
      },
    ),
    { numRuns: 400, interruptAfterTimeLimit: 3000 },
  );
});

test('valid JSON of any shape stays on the fast path, unless a name may stand twice', async () => {
  await fc.assert(
    fc.asyncProperty(jsonText, async (text) => {
      fc.pre(JSON.parse(text) !== null && text.length < 8000);
      const record = { offset: 1n, batchOffset: 1n, timestamp: 1n, key: null, value: Buffer.from(text), headers: [] };
      const rows = await rowsOf([recordBatch({ records: [record] })]);
      expect(rows.includes('"RECORD_CONTENT"')).toBe(!hasOddNames(text));
    }),
    { numRuns: 300, interruptAfterTimeLimit: 2000 },
  );
});

test('names that stand where they stood in the record before are found twice all the same', async () => {
  await fc.assert(
    fc.asyncProperty(alikeObjects, async (texts) => {
      const records = texts.map((text, i) => {
        return { offset: BigInt(i), timestamp: 1n, key: null, value: Buffer.from(text), headers: [] };
      });
      const lines = (await rowsOf([recordBatch({ records })])).trimEnd().split('\n');
      expect(lines.map((line) => line.includes('"RECORD_CONTENT"'))).toEqual(texts.map((text) => !hasOddNames(text)));
    }),
    {
      numRuns: 100,
      interruptAfterTimeLimit: 2000,
      examples: [
        [['{"a":{"b":1},"c":1}', '{"a":{"b":1,"b":1}}']],
        [['{"a":1,"b":1,"c":1}', '{"c":1}', '{"c":1,"b":1,"c":1}']],
      ],
    },
  );
});

test('1,000 levels are read, 1,001 are the host’s', async () => {
  for (const [depth, start] of [
    [1000, '{"RECORD_CONTENT"'],
    [1001, '{"host"'],
  ] as const) {
    for (const [open, close] of [
      ['[', ']'],
      ['{"a":', '}'],
    ] as const) {
      const value = Buffer.from(`${open.repeat(depth)}${open === '[' ? '' : '1'}${close.repeat(depth)}`);
      const record = { offset: 1n, batchOffset: 1n, timestamp: 1n, key: null, value, headers: [] };
      expect((await rowsOf([recordBatch({ records: [record] })])).slice(0, start.length)).toBe(start);
    }
  }
});

test('a damaged batch is an error that names it, or is read as the reader reads it; it never ends in rows of another batch', async () => {
  const reader = new RecordReader({ checkCrcs: false });
  const lenient = new RawRowEncoder({
    metadata: null,
    key: 'string',
    headers: 'simple',
    checkCrcs: false,
    clock: new VirtualClock(pushTime),
    maxRowBytes: 1 << 24,
    memory: { slots: 2, slotBytes: 65_536 },
  });
  await fc.assert(
    fc.asyncProperty(
      byteRecords,
      fc.constantFrom('none', 'gzip', 'snappy', 'lz4', 'zstd'),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      async (records, codec, position, flip) => {
        const good = recordBatch({ records, codec });
        const bytes = Uint8Array.from(good.bytes);
        const i = 61 + (position % (bytes.length - 61));
        bytes[i] = (bytes[i] ?? 0) ^ flip;
        const batch = { ...good, bytes };
        let counted = 0;
        const sink = {
          add: (rows: { rowCount: number; release(): void }) => {
            counted += rows.rowCount;
            rows.release();
          },
        };
        const plainHost: RawRowHost = { keyAndHeaders: () => '', row: () => Buffer.from('{}') };
        const outcome = await lenient.encode(fetched([batch]), -(2n ** 62n), sink, plainHost).then(
          () => 'read',
          (error: unknown) => String(error),
        );
        let read = 0;
        let readerOutcome = 'read';
        try {
          for (const _ of reader.read(batch, -(2n ** 62n), { topic: 'orders', partition: 3 })) read++;
        } catch (error) {
          readerOutcome = String(error);
        }
        for (const text of [outcome, readerOutcome])
          expect(text).toMatch(/^read$|orders-3: the record batch at offsets/);
        if (outcome === 'read' && readerOutcome === 'read') expect(counted).toBe(read);
      },
    ),
    { numRuns: 400, interruptAfterTimeLimit: 3000 },
  );
});
