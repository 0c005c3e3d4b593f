import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Channel, ChannelSpec, Destination, RowBatch } from '../../../src/api/index.ts';
import { createFileSnowpipe } from '../../../src/destinations/index.ts';
import { waitFor } from '../../support/wait-for.ts';
import { type DestinationBench, destinationOptions, gzipBatch, startDestinationBench } from './destination-bench.ts';

const never = new AbortController().signal;
const database = 'FILES';
let bench: DestinationBench;

beforeAll(async () => {
  bench = await startDestinationBench(database);
});
afterAll(() => bench?.close());

/** `deaf`: never asks what became of its files. */
const using = async (work: (destination: Destination) => Promise<void>, deaf = false): Promise<void> => {
  const destination = createFileSnowpipe({
    ...{ ...destinationOptions, account: bench.account, connectorObject: 'kc', isShared: () => false },
    timing: { reportIntervalMs: deaf ? 3_600_000 : 30 },
  });
  try {
    await work(destination);
  } finally {
    await destination.close();
  }
};

const specOf = (table: string): ChannelSpec => ({ topic: 't', partition: 0, table, channelName: `kc_${table}` });
const lines = (first: number, last: number, without = -1): readonly string[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index).map((offset) =>
    JSON.stringify({ ...(offset === without ? {} : { content: { ID: offset } }), meta: { offset } }),
  );

const batch = (first: number, last: number, without = -1): RowBatch =>
  gzipBatch(first, last, lines(first, last, without));
const createTable = (table: string, content = 'VARIANT') =>
  bench.session.query(`CREATE TABLE ${table} (RECORD_METADATA VARIANT, RECORD_CONTENT ${content})`);
const stageOf = (table: string): string => `SNOWFLAKE_KAFKA_CONNECTOR_KC_STAGE_${table}`;
const offsetsIn = async (table: string): Promise<number[]> => {
  const rows = await bench.session.query(`SELECT RECORD_METADATA:offset::NUMBER AS O FROM ${table} ORDER BY O`);
  return rows.map(({ O }) => Number(O));
};
const filesOn = async (stage: string): Promise<string[]> =>
  (await bench.session.query(`LIST @${stage}`)).map(({ name }) => String(name).replace(/_\d+\.json\.gz$/, ''));
const range = (last: number): number[] => Array.from({ length: last + 1 }, (_, offset) => offset);
const durable = (channel: Channel, offset: bigint) =>
  waitFor(() => channel.status().committed === offset, { deadlineMs: 20_000, what: `offset ${offset}`, everyMs: 20 });

test('files that loaded are purged; one that did not goes to the table stage, and its rows count as rejected', async () => {
  await createTable('PURGED', 'VARIANT NOT NULL');
  await using(async (destination) => {
    const channel = await destination.open(specOf('PURGED'), never);
    await channel.append(batch(0, 9), never);
    await channel.append(batch(10, 19, 12), never);
    await channel.append(batch(20, 29), never);
    await durable(channel, 29n);
    expect(channel.status()).toMatchObject({ rowsRejected: 10, rowsInsertedEver: 20 });
    expect(channel.status().lastRejection?.message).toMatch(/NULL/i);
    await waitFor(async () => (await filesOn(stageOf('PURGED'))).length === 0, {
      ...{ deadlineMs: 20_000, what: 'an empty stage' },
    });
    const again = await destination.open(specOf('PURGED'), never);
    expect(again.opened).toMatchObject({ committed: 29n, rowsRejected: 0, rowsRejectedEver: 10 });
  });
  expect(await filesOn('%PURGED')).toEqual(['kc/PURGED/0/10_19']);
  expect(await offsetsIn('PURGED')).toEqual(range(29).filter((offset) => offset < 10 || offset > 19));
});

test('the files of an owner that was lost are taken over: loaded but not noted, staged but not named', async () => {
  await createTable('LEFT_BEHIND');
  await using(async (lost) => {
    const channel = await lost.open(specOf('LEFT_BEHIND'), never);
    await channel.append(batch(0, 9), never);
    const isLoaded = async () => (await offsetsIn('LEFT_BEHIND')).length === 10;
    await waitFor(isLoaded, { deadlineMs: 20_000, what: 'the first file', everyMs: 20 });
  }, true);
  const folder = await mkdtemp(join(tmpdir(), 'left-'));
  const file = join(folder, '10_19_1700000000000.json.gz');
  writeFileSync(file, gzipSync(lines(10, 19).join('\n')));
  await bench.session.query(`PUT 'file://${file}' @${stageOf('LEFT_BEHIND')}/kc/LEFT_BEHIND/0 AUTO_COMPRESS = FALSE`);
  await rm(folder, { recursive: true });
  await using(async (next) => {
    const channel = await next.open(specOf('LEFT_BEHIND'), never);
    expect(channel.opened.committed).toBe(19n);
    await channel.append(batch(20, 29), never);
    await durable(channel, 29n);
  });
  expect(await offsetsIn('LEFT_BEHIND')).toEqual(range(29));
});
