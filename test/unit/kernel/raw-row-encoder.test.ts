import { expect, test } from 'vitest';
import type { EncodedRows, RecordBatch, RecordView } from '../../../src/api/index.ts';
import { RawRowEncoder, type RawRowEncoderOptions, type RawRowHost } from '../../../src/kernel/index.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { at, compressors, fetched, jsonRecord, recordBatch, type TestRecord } from './record-batches.ts';

const all = { topic: true, offsetAndPartition: true, createTime: true, pushTime: true };
const options = (more: Partial<RawRowEncoderOptions> = {}): RawRowEncoderOptions => ({
  metadata: all,
  key: 'string',
  headers: 'host',
  checkCrcs: true,
  clock: new VirtualClock(1_700_000_000_500),
  maxRowBytes: 1 << 24,
  ...more,
});

const hostRows: RawRowHost = {
  keyAndHeaders: ({ key, headers }) => {
    const text = (bytes: Uint8Array | null): string | null => (bytes === null ? null : Buffer.from(bytes).toString());
    const named = Object.fromEntries(headers.map(([name, value]) => [name, text(value)]));
    const keyField = key === null ? '' : `,"key":${JSON.stringify(`host:${text(key)}`)}`;
    return keyField + (headers.length === 0 ? '' : `,"headers":${JSON.stringify(named)}`);
  },
  row: (record) => Buffer.from(`{"host":${record.offset}}`),
};

class Collected {
  readonly pieces: { readonly text: string; readonly first: bigint; readonly last: bigint; readonly count: number }[] =
    [];
  add(rows: EncodedRows): void {
    const { rowCount: count, firstOffset: first, lastOffset: last } = rows;
    this.pieces.push({ text: Buffer.from(rows.bytes).toString(), first, last, count });
    rows.release();
  }
  get lines(): string[] {
    return this.pieces.flatMap(({ text }) => text.trimEnd().split('\n'));
  }
}

const encode = async (
  records: readonly TestRecord[],
  more: Partial<RawRowEncoderOptions> = {},
  { from = 0n, host = hostRows }: { from?: bigint; host?: RawRowHost } = {},
): Promise<Collected> => {
  const sink = new Collected();
  await new RawRowEncoder(options(more)).encode(fetched([recordBatch({ records })]), from, sink, host);
  return sink;
};
const metadata = '"topic":"orders","partition":3,"SnowflakeConnectorPushTime":1700000000500';

/** The batch in memory of its own, and where answers are read to. */
const inBothPlaces = (encoder: RawRowEncoder, batch: RecordBatch): readonly RecordBatch[] => {
  const place = encoder.place(batch.bytes.length);
  if (place === null) throw new Error('no place');
  return [batch, at(batch, place)];
};

test('a row is the value as it is and the metadata that the switches ask for', async () => {
  const record = jsonRecord(7n, '{"id": 12345678901234567890.10}', { key: Buffer.from('k"1') });
  const time = '"CreateTime":1700000000007';
  expect((await encode([record])).pieces).toEqual([
    {
      text: `{"RECORD_CONTENT":{"id": 12345678901234567890.10},"RECORD_METADATA":{${metadata},"offset":7,${time},"key":"k\\"1"}}\n`,
      first: 7n,
      last: 7n,
      count: 1,
    },
  ]);
  const value = '{"RECORD_CONTENT":{"id": 12345678901234567890.10}';
  const none = { topic: false, offsetAndPartition: false, createTime: false, pushTime: false };
  expect((await encode([record], { metadata: null })).lines).toEqual([`${value}}`]);
  expect((await encode([record], { metadata: none })).lines).toEqual([`${value},"RECORD_METADATA":{ "key":"k\\"1"}}`]);
  expect((await encode([{ ...record, key: null }], { metadata: none })).lines).toEqual([
    `${value},"RECORD_METADATA":{}}`,
  ]);
  expect((await encode([{ ...record, key: null }], { metadata: { ...none, createTime: true } })).lines).toEqual([
    `${value},"RECORD_METADATA":{ ${time}}}`,
  ]);
});

test('timestamp types name the field, and no timestamp leaves it out', async () => {
  for (const [timestampType, field] of [
    ['CreateTime', ',"CreateTime":1700000000001'],
    ['LogAppendTime', ',"LogAppendTime":1700000099999'],
    ['NoTimestampType', ''],
  ] as const) {
    const sink = new Collected();
    const batch = recordBatch({ records: [jsonRecord(1n, {})], timestampType, maxTimestamp: 1_700_000_099_999n });
    await new RawRowEncoder(options()).encode(fetched([batch]), 0n, sink, hostRows);
    expect(sink.lines).toEqual([`{"RECORD_CONTENT":{},"RECORD_METADATA":{${metadata},"offset":1${field}}}`]);
  }
});

test('what the kernel does not take goes to the host, one record at a time and in order', async () => {
  const records = [
    jsonRecord(0n, { a: 1 }),
    jsonRecord(1n, null),
    jsonRecord(2n, ''),
    jsonRecord(3n, '{"a":}'),
    jsonRecord(4n, ' null '),
    jsonRecord(5n, '[1,\n2]'),
    jsonRecord(6n, {}, { timestamp: -1n }),
    jsonRecord(7n, '"x"'),
    jsonRecord(8n, `"${'y'.repeat(400)}"`),
  ];
  const { lines } = await encode(records, { maxRowBytes: 400 });
  expect(lines.map((line) => (line.startsWith('{"host"') ? 'host' : JSON.parse(line).RECORD_CONTENT))).toEqual([
    { a: 1 },
    'host',
    'host',
    'host',
    'host',
    [1, 2],
    'host',
    'x',
    'host',
  ]);
  expect(lines[5]).toContain('[1, 2]');
});

test('the host may leave a record out, wait, and make rows larger than a slot', async () => {
  const host: RawRowHost = {
    keyAndHeaders: async (record) => (record.offset === 2n ? null : hostRows.keyAndHeaders(record)),
    row: async ({ offset }) => (offset === 1n ? null : Buffer.from(`"${'z'.repeat(5000)}"`)),
  };
  const header = [['h', Buffer.from('1')]] as const;
  const records = [
    jsonRecord(0n, {}, { headers: header }),
    jsonRecord(1n, null),
    jsonRecord(2n, {}, { headers: header }),
    jsonRecord(3n, null),
    jsonRecord(4n, {}, { headers: header }),
  ];
  const { pieces } = await encode(records, { memory: { slotBytes: 4096 } }, { host });
  expect(pieces.map(({ first, last, count }) => [first, last, count])).toEqual([
    [0n, 0n, 1],
    [3n, 3n, 1],
    [4n, 4n, 1],
  ]);
  expect(pieces[0]?.text).toContain('"CreateTime":1700000000000,"headers":{"h":"1"}}}\n');
  expect(pieces[1]?.text.length).toBe(5003);
});

test('keys: as strings, as JSON, by the host', async () => {
  const keys = ['a', '1', '{"b": [true]}', 'null', '\xff'];
  const records = keys.map((key, i) => jsonRecord(BigInt(i), {}, { key: Buffer.from(key, 'latin1') }));
  const keysOf = async (key: 'string' | 'json' | 'host'): Promise<unknown[]> =>
    (await encode(records, { key })).lines.map((line) => JSON.parse(line).RECORD_METADATA.key);
  expect(await keysOf('string')).toEqual(['a', '1', '{"b": [true]}', 'null', 'host:�']);
  expect(await keysOf('json')).toEqual(['host:a', 1, { b: [true] }, 'host:null', 'host:�']);
  expect(await keysOf('host')).toEqual(['host:a', 'host:1', 'host:{"b": [true]}', 'host:null', 'host:�']);
});

test('records below `from` are left out, whether in part of a batch or all of it', async () => {
  const batches = [0n, 10n, 20n].map((base) =>
    recordBatch({ records: [0n, 3n, 9n].map((n) => jsonRecord(base + n, {})) }),
  );
  const sink = new Collected();
  await new RawRowEncoder(options()).encode(fetched(batches), 13n, sink, hostRows);
  expect(sink.lines.map((line) => JSON.parse(line).RECORD_METADATA.offset)).toEqual([13, 19, 20, 23, 29]);
});

test('the same rows whatever the codec and wherever the bytes lie', async () => {
  const records = Array.from({ length: 300 }, (_, i) =>
    jsonRecord(BigInt(i), { i, text: 'é'.repeat(i % 50) }, { key: Buffer.from(`k${i}`) }),
  );
  const expected = (await encode(records)).lines;
  for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
    for (const memory of [{}, { stagingBytes: 1000, unpackedBytes: 500, slotBytes: 1024 }]) {
      const encoder = new RawRowEncoder(options({ memory }));
      for (const placed of inBothPlaces(encoder, recordBatch({ records, codec }))) {
        const sink = new Collected();
        await encoder.encode(fetched([placed]), 0n, sink, hostRows);
        expect(sink.lines).toEqual(expected);
      }
    }
  }
});

test('a record larger than all room is the host’s, its neighbours are not', async () => {
  const records = [jsonRecord(0n, {}), jsonRecord(1n, 'x'.repeat(3000)), jsonRecord(2n, {})];
  const { lines } = await encode(records, { memory: { stagingBytes: 1000, largeBytes: 1000 } });
  expect(lines.map((line) => line.slice(0, 10))).toEqual(['{"RECORD_C', '{"host":1}', '{"RECORD_C']);
});

/** Offsets 1, 3 and 4 are larger than a slot. */
const amongLarge = [2, 3000, 4, 5000, 2000, 1].map((length, offset) =>
  jsonRecord(BigInt(offset), `[\n"${'x'.repeat(length)}"]`, {
    key: Buffer.from('k'),
    headers: offset === 3 ? [['h', null]] : [],
  }),
);
const smallSlots = { slotBytes: 1024, stagingBytes: 1500 };

test('a row larger than a slot goes alone, made like any other, wherever its record lies', async () => {
  const expected = (await encode(amongLarge)).lines;
  expect(expected.map((line) => JSON.parse(line).RECORD_CONTENT[0].length)).toEqual([2, 3000, 4, 5000, 2000, 1]);
  const encoder = new RawRowEncoder(options({ memory: smallSlots }));
  for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
    for (const placed of inBothPlaces(encoder, recordBatch({ records: amongLarge, codec }))) {
      const sink = new Collected();
      await encoder.encode(fetched([placed]), 0n, sink, hostRows);
      expect(sink.lines).toEqual(expected);
      expect(sink.pieces.map(({ first, last }) => [first, last])).toEqual([0n, 1n, 2n, 3n, 4n, 5n].map((n) => [n, n]));
    }
  }
});

test('of a large row it is asked whether it may go: the host makes what may not', async () => {
  const asked: string[] = [];
  const isSendable = (row: Uint8Array): boolean => {
    const { RECORD_METADATA } = JSON.parse(Buffer.from(row).toString());
    asked.push(RECORD_METADATA.offset);
    return RECORD_METADATA.offset !== 3;
  };
  for (const largeRowOfHost of [false, true]) {
    const made = Buffer.from(largeRowOfHost ? `"${'z'.repeat(4000)}"` : '{"host":3}');
    const host: RawRowHost = { ...hostRows, row: ({ offset }) => (offset === 3n ? made : null) };
    const { pieces } = await encode(amongLarge, { isSendable, memory: smallSlots }, { host });
    expect(pieces.map(({ first, last, count }) => [first, last, count])).toEqual(
      [0n, 1n, 2n, 3n, 4n, 5n].map((n) => [n, n, 1]),
    );
    expect(pieces[3]?.text).toBe(`${made}\n`);
  }
  expect(asked).toEqual([1, 3, 4, 1, 3, 4]);
  const { lines } = await encode(amongLarge, { memory: { ...smallSlots, largeBytes: 4096 } });
  expect(lines.map((line) => line.slice(0, 10))[3]).toBe('{"host":3}');
  expect((await encode(amongLarge, { maxRowBytes: 4000, memory: smallSlots })).lines[3]).toBe('{"host":3}');
});

test('one large row is under way at a time, and those that fail give their room back', async () => {
  const encoder = new RawRowEncoder(options({ memory: smallSlots }));
  const batch = fetched([recordBatch({ records: amongLarge })]);
  const failing = { add: (): Promise<void> => Promise.reject(new Error('the sink is shut')) };
  for (let i = 0; i < 3; i++) await expect(encoder.encode(batch, 1n, failing, hostRows)).rejects.toThrow('shut');
  const held: EncodedRows[] = [];
  const encoding = encoder.encode(batch, 0n, { add: (rows) => void held.push(rows) }, hostRows);
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  for (let i = 0; i < 20; i++) await turn();
  expect(held.map(({ firstOffset }) => firstOffset)).toEqual([0n, 1n, 2n]);
  for (let next = 0; next < 6; next++) {
    while (held[next] === undefined) await turn();
    held[next]?.release();
  }
  await encoding;
  expect(held.map(({ firstOffset }) => firstOffset)).toEqual([0n, 1n, 2n, 3n, 4n, 5n]);
});

test('a damaged batch ends the encoding with topic, partition and offsets', async () => {
  const good = recordBatch({ records: [jsonRecord(40n, {}), jsonRecord(41n, {})] });
  const flipped = { ...good, bytes: Uint8Array.from(good.bytes) };
  flipped.bytes[70] = (flipped.bytes[70] ?? 0) ^ 1;
  const run = (batch: typeof good, checkCrcs: boolean): Promise<void> =>
    new RawRowEncoder(options({ checkCrcs })).encode(fetched([batch]), 0n, new Collected(), hostRows);
  await expect(run(flipped, true)).rejects.toThrow(/orders-3: the record batch at offsets 40 to 41.*CRC-32C/);
  await expect(run({ ...good, recordCount: 1 }, false)).rejects.toThrow(/bytes are left behind its records/);
  await expect(run({ ...good, recordCount: 3 }, false)).rejects.toThrow(/a record ends early|contradict/);
  for (const codec of ['gzip', 'snappy', 'lz4', 'zstd'] as const) {
    const batch = recordBatch({
      records: [jsonRecord(1n, {})],
      codec,
      compress: (bytes) => compressors[codec](bytes).subarray(0, -9),
    });
    await expect(run(batch, false)).rejects.toThrow(/orders-3: the record batch at offsets 1 to 1/);
  }
});

test('a sink that fails ends the encoding; its slots are free again', async () => {
  const records = Array.from({ length: 100 }, (_, i) => jsonRecord(BigInt(i), { text: 'x'.repeat(500) }));
  const encoder = new RawRowEncoder(options({ memory: { slots: 2, slotBytes: 2048 } }));
  const failing = { add: (): Promise<void> => Promise.reject(new Error('the sink is shut')) };
  for (let i = 0; i < 5; i++)
    await expect(encoder.encode(fetched([recordBatch({ records })]), 0n, failing, hostRows)).rejects.toThrow('shut');
  const failingHost: RawRowHost = { ...hostRows, row: () => Promise.reject(new Error('errors.tolerance=none')) };
  const bad = [...records.slice(0, 2), jsonRecord(200n, null)];
  for (let i = 0; i < 5; i++)
    await expect(
      encoder.encode(fetched([recordBatch({ records: bad })]), 0n, new Collected(), failingHost),
    ).rejects.toThrow('tolerance');
  const sink = new Collected();
  await encoder.encode(fetched([recordBatch({ records })]), 0n, sink, hostRows);
  expect(sink.lines.length).toBe(100);
});

test('slots bound what is under way: it waits until rows are released', async () => {
  const records = Array.from({ length: 40 }, (_, i) => jsonRecord(BigInt(i), { text: 'x'.repeat(500) }));
  const encoder = new RawRowEncoder(options({ memory: { slots: 2, slotBytes: 2048 } }));
  const held: EncodedRows[] = [];
  let done = false;
  const seen: bigint[] = [];
  const encoding = encoder
    .encode(fetched([recordBatch({ records })]), 0n, { add: (rows) => void held.push(rows) }, hostRows)
    .then(() => {
      done = true;
    });
  while (!done) {
    await new Promise((resolve) => setImmediate(resolve));
    expect(held.length).toBeLessThanOrEqual(2);
    const rows = held.shift();
    if (rows !== undefined) seen.push(rows.firstOffset);
    rows?.release();
  }
  await encoding;
  expect(seen).toEqual([...seen].sort((a, b) => Number(a - b)));
});

test('one place for answers, never for too large a one', () => {
  const encoder = new RawRowEncoder(options({ memory: { placeBytes: 100 } }));
  expect([encoder.place(100)?.length, encoder.place(1)?.length, encoder.place(101)]).toEqual([100, 1, null]);
  expect(encoder.place(1)?.byteOffset).toBe(encoder.place(100)?.byteOffset);
});

test('the host sees the record whole: key, value, headers, coordinates', async () => {
  const seen: RecordView[] = [];
  const row = (view: RecordView): null => {
    seen.push(structuredClone(view));
    return null;
  };
  const record = jsonRecord(5n, 'not json', {
    key: Buffer.from('k'),
    headers: [
      ['a', null],
      ['a', Buffer.from('2')],
    ],
  });
  await encode([record], {}, { host: { ...hostRows, row } });
  expect(seen).toEqual([
    {
      offset: 5n,
      batchOffset: 5n,
      timestamp: 1_700_000_000_005n,
      timestampType: 'CreateTime',
      key: Uint8Array.from(Buffer.from('k')),
      value: Uint8Array.from(Buffer.from('not json')),
      headers: [
        ['a', null],
        ['a', Uint8Array.from(Buffer.from('2'))],
      ],
    },
  ]);
});

test('a piece holds no more rows than the sink has room for, whether the kernel or the host makes them', async () => {
  const batch = fetched([
    recordBatch({ records: Array.from({ length: 50 }, (_, i) => jsonRecord(BigInt(i), i % 7 === 0 ? null : { i })) }),
  ]);
  const pieces: number[] = [];
  let room = 20;
  const sink = {
    add: ({ rowCount, release }: EncodedRows) => {
      pieces.push(rowCount);
      room -= rowCount;
      if (room === 0) room = 20;
      release();
    },
    rowRoom: () => room,
  };
  const encoder = new RawRowEncoder({
    metadata: null,
    key: 'string',
    headers: 'host',
    checkCrcs: true,
    clock: new VirtualClock(),
    maxRowBytes: 1 << 20,
  });
  await encoder.encode(batch, 0n, sink, { keyAndHeaders: () => '', row: () => Buffer.from('{}') });
  expect(pieces).toEqual([20, 20, 10]);
});
