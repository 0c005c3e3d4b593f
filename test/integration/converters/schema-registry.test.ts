import { Type } from 'avsc';
import { expect, inject, onTestFinished, test } from 'vitest';
import { startEmulatorProcess } from '../../support/emulator-process.ts';
import { noSchemaRegistry, startSchemaRegistry } from '../../support/schema-registry.ts';
import { createScenario } from '../../support/sink-scenario.ts';
import { produceRecords, readTopic } from '../../support/topics.ts';
import { waitFor } from '../../support/wait-for.ts';
import { startWorker } from '../../support/worker-process.ts';

const missing = await noSchemaRegistry();
const title = 'Avro in two versions, Protobuf and JSON Schema from a real registry to rows';

const framed = (id: number, payload: Uint8Array, indexes: readonly number[] = []): Buffer => {
  const prefix = Buffer.alloc(5);
  prefix.writeInt32BE(id, 1);
  return Buffer.concat([prefix, Buffer.from(indexes), payload]);
};

const order = (...fields: readonly object[]) => ({ type: 'record', name: 'Order', namespace: 'shop', fields });
const id = { name: 'id', type: 'long' };
const price = { name: 'price', type: { type: 'bytes', logicalType: 'decimal', precision: 10, scale: 2 } };
const note = { name: 'note', type: ['null', 'string'], default: null };

const proto = `syntax = "proto3";
package shop;
message Unused { int32 n = 1; }
message Order { int64 id = 1; string name = 2; repeated int32 sizes = 3; }
`;
const jsonSchema = JSON.stringify({
  type: 'object',
  title: 'Order',
  properties: { id: { type: 'integer' }, tags: { type: 'array', items: { type: 'string' } } },
});

/** Integers beyond 2^53 as their digits. */
const parseDigits = (json: string): unknown => JSON.parse(json.replace(/:(\d{16,})/g, ':"$1"'));

test.skipIf(missing !== null)(missing === null ? title : `${title} (skipped: ${missing})`, async () => {
  const bootstrapServers = inject('kafkaBootstrapServers');
  const [registry, emulator] = await Promise.all([startSchemaRegistry(), startEmulatorProcess()]);
  onTestFinished(() => registry.stop());
  onTestFinished(() => emulator.stop());
  const scenario = async (javaClass: string) => {
    const overrides = {
      'value.converter': javaClass,
      'value.converter.schema.registry.url': `http://127.0.0.1:1,${registry.url}`,
      'value.converter.http.read.timeout.ms': '300',
      'value.converter.max.retries': '0',
      'errors.tolerance': 'all',
      'errors.retry.timeout': '-1',
      'errors.retry.delay.max.ms': '500',
      'errors.deadletterqueue.context.headers.enable': 'true',
    };
    const made = await createScenario({ bootstrapServers, url: emulator.url, partitions: 1, overrides });
    onTestFinished(() => made.close());
    return made;
  };
  const avro = await scenario('io.confluent.connect.avro.AvroConverter');
  const protobuf = await scenario('io.confluent.connect.protobuf.ProtobufConverter');
  const json = await scenario('io.confluent.connect.json.JsonSchemaConverter');

  const versions = [order(id, price), order(id, price, note)];
  const [first = 0, second = 0] = [
    await registry.register(`${avro.topic}-value`, JSON.stringify(versions[0])),
    await registry.register(`${avro.topic}-value`, JSON.stringify(versions[1])),
  ];
  const protoId = await registry.register(`${protobuf.topic}-value`, proto, 'PROTOBUF');
  const jsonId = await registry.register(`${json.topic}-value`, jsonSchema, 'JSON');
  const cents = (value: number): Buffer => Buffer.of(value >> 8, value & 255);
  const small = Type.forSchema(versions[0] as never).toBuffer({ id: 1, price: cents(1050) });
  await produceRecords(bootstrapServers, avro.topic, [
    { value: framed(first, small) },
    {
      value: framed(
        second,
        Type.forSchema(versions[1] as never).toBuffer({ id: 2, price: cents(-5 & 0xffff), note: 'n' }),
      ),
    },
    { value: framed(999_999, small) },
    { value: framed(first, small.subarray(0, 2)) },
    { value: 'no magic' },
    // 2^63 - 1
    { value: framed(first, Buffer.from('feffffffffffffffff010201', 'hex')) },
  ]);
  const protoOrder = Buffer.from('0881808080808080101203616263 1a020102'.replaceAll(' ', ''), 'hex');
  await produceRecords(bootstrapServers, protobuf.topic, [{ value: framed(protoId, protoOrder, [2, 2]) }]);
  await produceRecords(bootstrapServers, json.topic, [
    { value: framed(jsonId, Buffer.from('{"id":9007199254740993,"tags":["a"]}')) },
  ]);

  await registry.pause();
  const worker = await startWorker({
    ...avro.worker,
    connectors: [avro, protobuf, json].map(({ connector }) => connector),
  });
  onTestFinished(async ({ task }) => {
    await worker.kill();
    if (task.result?.state === 'fail') console.log(worker.process.output().slice(-6000));
  });
  const retried = /snowsink_total_retries_total\{[^}]*stage="VALUE_CONVERTER"[^}]*\} [1-9]/;
  await waitFor(async () => retried.test(await worker.metrics()), {
    deadlineMs: 60_000,
    what: 'a retry while the registry does not answer',
    everyMs: 100,
  });
  await registry.unpause();

  const rowsOf = async ({ session, table }: typeof avro) => {
    const rows = await session.query(
      `SELECT RECORD_METADATA:offset::INT AS O, TO_JSON(RECORD_CONTENT) AS C FROM "${table}" ORDER BY O`,
    );
    return rows.map(({ O, C }) => [O, parseDigits(String(C))]);
  };
  for (const [made, count] of [
    [avro, 3],
    [protobuf, 1],
    [json, 1],
  ] as const) {
    await waitFor(async () => (await made.rows().catch(() => 0)) === count, {
      deadlineMs: 60_000,
      what: `${count} rows in ${made.table}`,
      everyMs: 200,
    });
  }
  expect(await rowsOf(avro)).toEqual([
    [0, { id: 1, price: 10.5 }],
    [1, { id: 2, price: -0.05, note: 'n' }],
    [5, { id: '9223372036854775807', price: 0.01 }],
  ]);
  expect(await rowsOf(protobuf)).toEqual([[0, { id: '9007199254740993', name: 'abc', sizes: [1, 2] }]]);
  expect(await rowsOf(json)).toEqual([[0, { id: '9007199254740993', tags: ['a'] }]]);

  await waitFor(async () => (await readTopic(bootstrapServers, avro.deadLetterTopic)).length >= 3, {
    deadlineMs: 30_000,
    what: 'three dead letters',
    everyMs: 200,
  });
  const letters = await readTopic(bootstrapServers, avro.deadLetterTopic);
  const textOf = (letter: (typeof letters)[number], name: string): string =>
    String(letter.headers[`__connect.errors.${name}`] ?? '');
  expect(letters.map((letter) => textOf(letter, 'offset')).sort()).toEqual(['2', '3', '4']);
  const traces = letters.map((letter) => textOf(letter, 'exception.stacktrace')).join('\n');
  expect(traces).toContain('Error retrieving Avro value schema for id 999999');
  expect(traces).toContain(`Error deserializing Avro message for id ${first}`);
  expect(traces).toContain('Unknown magic byte!');
});
