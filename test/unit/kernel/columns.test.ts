import { expect, test } from 'vitest';
import type { EncodedRows } from '../../../src/api/index.ts';
import {
  type PlannedField,
  RawRowEncoder,
  type RawRowEncoderOptions,
  type RawRowHost,
  type RowColumns,
} from '../../../src/kernel/index.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { fetched, jsonRecord, recordBatch } from './record-batches.ts';

const nothing = {
  stringBytes: -1,
  wholeDigits: -1,
  fractionDigits: -1,
  booleans: false,
  objects: false,
  arrays: false,
};
const kinds: Readonly<Record<string, Partial<PlannedField['taken']>>> = {
  text: { stringBytes: 4 },
  price: { wholeDigits: 3, fractionDigits: 2 },
  any: { wholeDigits: Number.POSITIVE_INFINITY, fractionDigits: Number.POSITIVE_INFINITY },
  flag: { booleans: true },
  tree: { objects: true, arrays: true },
};

/** Columns of the fields' names; what is asked about a field or value is noted. */
class Table implements RowColumns {
  readonly asked: string[] = [];
  readonly #columns = new Map<string, object>();
  readonly requiredCount: number;
  readonly #required: string;

  constructor(required = '') {
    this.#required = required;
    this.requiredCount = required === '' ? 0 : 1;
  }

  fieldOf(name: string): PlannedField | null {
    this.asked.push(name);
    const kind = name.toLowerCase();
    const taken = kinds[kind] ?? (/^[fs]/.test(kind) ? kinds[kind[0] === 'f' ? 'any' : 'flag'] : undefined);
    if (taken === undefined) return null;
    const column = this.#columns.get(kind) ?? {};
    this.#columns.set(kind, column);
    const prefix = `${JSON.stringify(kind.toUpperCase())}:`;
    return {
      column,
      prefix,
      taken: { ...nothing, ...taken },
      nullable: kind !== 'flag',
      isRequired: kind === this.#required,
    };
  }

  valueJson(name: string, json: string): string | null {
    this.asked.push(`${name}=${json}`);
    return /^[ts]/.test(name) ? JSON.stringify(`judged ${json}`) : null;
  }
}

const allMetadata = { topic: true, offsetAndPartition: true, createTime: true, pushTime: true };
const encoderOf = (memory = {}, more: Partial<RawRowEncoderOptions> = {}): RawRowEncoder =>
  new RawRowEncoder({
    metadata: null,
    key: 'string',
    headers: 'host',
    checkCrcs: true,
    clock: new VirtualClock(),
    maxRowBytes: 1 << 20,
    memory,
    ...more,
  });

const encode = async (
  values: readonly string[],
  host: Partial<RawRowHost> & Pick<RawRowHost, 'columns'>,
  encoder = encoderOf(),
  keys: readonly (Buffer | null)[] = [],
): Promise<readonly string[]> => {
  const lines: string[] = [];
  const sink = {
    add: ({ bytes, release }: EncodedRows) => {
      lines.push(...Buffer.from(bytes).toString().trimEnd().split('\n'));
      release();
    },
  };
  const records = values.map((value, offset) => jsonRecord(BigInt(offset), value, { key: keys[offset] ?? null }));
  await encoder.encode(fetched([recordBatch({ records })]), 0n, sink, {
    keyAndHeaders: () => '',
    row: ({ offset }) => Buffer.from(`host ${offset}`),
    ...host,
  });
  return lines;
};

test('members go behind their columns’ names, in any order, and each field is asked about once', async () => {
  const table = new Table();
  const lines = await encode(
    [
      '{"text":"a","price":-1.25,"flag":true}',
      ' { "text" : "b\\n" , "price":12 ,\n"flag": false } ',
      '{"flag":true,"tree":[{"a":\n1}],"text":"ü"}',
      '{"price":null,"TEXT":"c"}',
      '{"any":1e500}',
    ],
    { columns: () => table },
  );
  expect(lines).toEqual([
    '{"TEXT":"a","PRICE":-1.25,"FLAG":true}',
    '{"TEXT":"b\\n","PRICE":12,"FLAG":false}',
    '{"FLAG":true,"TREE":[{"a": 1}],"TEXT":"ü"}',
    '{"PRICE":null,"TEXT":"c"}',
    '{"ANY":1e500}',
  ]);
  expect(table.asked).toEqual(['text', 'price', 'flag', 'tree', 'TEXT', 'any']);
});

test('what a column does not take as it is, is judged; what nobody takes is the host’s', async () => {
  const table = new Table();
  const lines = await encode(
    [
      '{"text":"longer","flag":true}',
      '{"price":1,"text":12}',
      '{"price":1000}',
      '{"price":1.255}',
      '{"price":1e2}',
      '{"flag":null}',
      '{"text":{}}',
      '{"unknown":1}',
      '{"text":"a","TEXT":"b"}',
      '{"text":"a"',
      '{"text":"a"} x',
      '{"te\\u0078t":"a"}',
      '{"text":"\u0001"}',
      '{}',
      '[]',
      '{"text":true}',
    ],
    { columns: () => table },
  );
  const hosts = Array.from({ length: 13 }, (_, index) => `host ${index + 2}`);
  expect(lines).toEqual([
    '{"TEXT":"judged \\"longer\\"","FLAG":true}',
    '{"PRICE":1,"TEXT":"judged 12"}',
    ...hosts,
    '{"TEXT":"judged true"}',
  ]);
  expect(table.asked.filter((asked) => asked.includes('='))).toEqual([
    'text="longer"',
    'text=12',
    'price=1000',
    'price=1.255',
    'price=1e2',
    'text=true',
  ]);
});

test('any number of a record’s values is judged, also where the host makes key and headers', async () => {
  const table = new Table();
  const names = Array.from({ length: 150 }, (_, index) => `s${index}`);
  const value = `{${names.map((name, index) => (index % 2 === 0 ? `"${name}":${index}` : `"${name}":true`))}}`;
  const wanted = names.map((name, index) =>
    index % 2 === 0 ? `"${name.toUpperCase()}":"judged ${index}"` : `"${name.toUpperCase()}":true`,
  );
  const encoder = encoderOf({}, { key: 'host', metadata: allMetadata });
  const lines = await encode([value, value], { columns: () => table, keyAndHeaders: () => ',"key":1' }, encoder, [
    Buffer.from('k'),
    null,
  ]);
  expect(lines.map((line) => line.slice(0, line.indexOf(',"RECORD_METADATA"')))).toEqual([`{${wanted}`, `{${wanted}`]);
  expect(lines.map((line) => line.endsWith(',"key":1}}'))).toEqual([true, false]);
});

test('a row lacks no column that must be there', async () => {
  const table = new Table('price');
  const lines = await encode(['{"text":"a"}', '{"price":1,"text":"a"}', '{"text":"a"}'], { columns: () => table });
  expect(lines).toEqual(['host 0', '{"PRICE":1,"TEXT":"a"}', 'host 2']);
});

test('the host may alter the table: rows before it are handed over first, those behind it go into the new columns', async () => {
  let table = new Table();
  const old = table;
  const seen: string[] = [];
  const lines = await encode(['{"text":"a"}', '{"unknown":1}', '{"text":"b"}'], {
    columns: () => table,
    row: async (_, before) => {
      await before.handOver();
      seen.push('altered');
      table = new Table('price');
      return null;
    },
  });
  expect(lines).toEqual(['{"TEXT":"a"}']);
  expect(old.asked).toEqual(['text', 'unknown']);
  expect(seen).toEqual(['altered', 'altered']);
});

test('an abandoned batch ends behind the host’s row', async () => {
  let isAbandoned = false;
  const table = new Table();
  const lines = await encode(['{"text":"a"}', '{"unknown":1}', '{"text":"b"}'], {
    columns: () => table,
    isAbandoned: () => isAbandoned,
    row: () => {
      isAbandoned = true;
      return null;
    },
  });
  expect(lines).toEqual(['{"TEXT":"a"}']);
});

test('one encoder makes rows for several tables in turn, and of RECORD_CONTENT', async () => {
  const encoder = encoderOf();
  const [one, other] = [new Table(), new Table('text')];
  for (let round = 0; round < 2; round++) {
    expect(await encode(['{"any":1}'], { columns: () => one }, encoder)).toEqual(['{"ANY":1}']);
    expect(await encode(['{"any":1}', '{"text":"a"}'], { columns: () => other }, encoder)).toEqual([
      'host 0',
      '{"TEXT":"a"}',
    ]);
    expect(await encode(['{"any":1}'], {}, encoder)).toEqual(['{"RECORD_CONTENT":{"any":1}}']);
  }
});

test('more fields than a plan holds, rows longer than a slot, and names of any length', async () => {
  const names = Array.from({ length: 6000 }, (_, index) => `f${index}`);
  const table = new Table();
  const wide = `{${names.slice(0, 3000).map((name) => `"${name}":1`)}}`;
  const long = `f${'x'.repeat(2000)}`;
  const values = [wide, `{"${long}":2}`, `{${names.map((name) => `"${name}":1`)}}`, wide];
  const lines = await encode(values, { columns: () => table }, encoderOf({ slots: 2, slotBytes: 500 }));
  expect(lines).toEqual([wide.toUpperCase(), `{"${long.toUpperCase()}":2}`, 'host 2', wide.toUpperCase()]);
});
