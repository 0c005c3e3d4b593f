import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { asNextOffset, type DeadLetterLog, type ProducerRecord, silentLogger } from '../../../src/api/index.ts';
import { createDeadLetterLog } from '../../../src/kafka/index.ts';
import { systemClock } from '../../../src/util/system-clock.ts';
import { createTopic, readTopic, uniqueName } from '../../support/topics.ts';
import { waitFor } from '../../support/wait-for.ts';

const bootstrapServers = inject('kafkaBootstrapServers');
const logs: DeadLetterLog[] = [];
let source: string;
let queue: string;
beforeAll(async () => {
  source = await createTopic(bootstrapServers, { name: 'source' });
  queue = await createTopic(bootstrapServers, { name: 'letters', partitions: 2 });
  // a cluster's first transaction makes its transaction topic; until the coordinators have loaded it they refuse
  const warming = await connect(uniqueName('warming'));
  const opened = () => Promise.all([0, 1, 2, 3, 4, 5].map((partition) => warming.open({ topic: source, partition })));
  await waitFor(opened, { deadlineMs: 30_000, what: 'the transaction coordinators', everyMs: 100 });
});
afterAll(() => Promise.all(logs.map((log) => log.close())));

const connect = async (groupId: string): Promise<DeadLetterLog> => {
  const properties = { 'bootstrap.servers': bootstrapServers };
  const log = await createDeadLetterLog({ properties, groupId, clock: systemClock, logger: silentLogger });
  logs.push(log);
  return log;
};

const letter = (value: string): ProducerRecord => ({
  topic: queue,
  key: Buffer.from(value),
  value: Buffer.from(value),
  headers: [],
});
const letters = async (prefix: string): Promise<string[]> =>
  (await readTopic(bootstrapServers, queue))
    .map(({ value }) => String(value))
    .filter((text) => text.startsWith(prefix));

test('letters and note come together, and the next owner fences this one', async () => {
  const groupId = uniqueName('connect');
  const at = { topic: source, partition: 0 };
  const first = await (await connect(groupId)).open(at);
  expect(first.note).toBeNull();
  const packed = String.fromCharCode(0x4e00, 0xcdff).repeat(2040); // three bytes each in UTF-8
  await first.write([letter('a1'), letter('a2'), letter('a3')], { offset: asNextOffset(3n), metadata: 'one' });
  await first.write([letter('a4')], { offset: asNextOffset(4n), metadata: packed });
  const second = await (await connect(groupId)).open(at);
  expect(second.note).toEqual({ offset: 4n, metadata: packed });
  await expect(first.write([letter('a5')], { offset: asNextOffset(5n), metadata: 'zombie' })).rejects.toThrow();
  await second.write([letter('a6')], { offset: asNextOffset(6n), metadata: 'two' });
  const third = await (await connect(groupId)).open(at);
  expect(third.note).toEqual({ offset: 6n, metadata: 'two' });
  expect((await letters('a')).sort()).toEqual(['a1', 'a2', 'a3', 'a4', 'a6']);
});

test('a note too long for the broker is refused with the setting, and no letter is seen', async () => {
  const session = await (await connect(uniqueName('connect'))).open({ topic: source, partition: 0 });
  const metadata = 'x'.repeat(4097);
  await expect(session.write([letter('b1')], { offset: asNextOffset(1n), metadata })).rejects.toThrow(
    /offset\.metadata\.max\.bytes/,
  );
  expect(await letters('b')).toEqual([]);
});
