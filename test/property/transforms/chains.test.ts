import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  ConnectError,
  type ConnectorConfig,
  Decimal,
  JsonNumber,
  type Schema,
  type SinkRecord,
  Struct,
  TypedNumber,
} from '../../../src/api/index.ts';
import { createTransformation } from '../../../src/transforms/index.ts';

const apache = 'org.apache.kafka.connect.transforms';
const confluent = 'io.confluent.connect.transforms';
const debezium = 'io.debezium.transforms';

/** What a transform may change; all else must come out as it went in. */
type Part = 'key' | 'value' | 'headers' | 'topic' | 'timestamp';
interface Link {
  readonly type: string;
  readonly config: ConnectorConfig;
  readonly changes: readonly Part[];
}
const link = (type: string, config: ConnectorConfig, ...changes: readonly Part[]): Link => ({ type, config, changes });
/** The `$Key` and the `$Value` form. */
const both = (type: string, config: ConnectorConfig, ...also: readonly Part[]): readonly Link[] => [
  link(`${type}$Key`, config, 'key', ...also),
  link(`${type}$Value`, config, 'value', ...also),
];

const links: readonly Link[] = [
  ...both(`${apache}.Cast`, { spec: 'a:string,b:int32' }),
  ...both(`${apache}.ExtractField`, { field: 'a' }),
  ...both(`${apache}.ExtractField`, { field: 'n.a', 'field.syntax.version': 'V2' }),
  ...both(`${apache}.Flatten`, { delimiter: '_' }),
  ...both(`${apache}.HeaderFrom`, { fields: 'a,b', headers: 'ha,hb', operation: 'move' }, 'headers'),
  ...both(`${apache}.HoistField`, { field: 'h' }),
  ...both(`${apache}.InsertField`, { 'topic.field': 't', 'offset.field': 'o', 'timestamp.field': 'ts' }),
  ...both(`${apache}.MaskField`, { fields: 'a' }),
  ...both(`${apache}.ReplaceField`, { exclude: 'a', renames: 'b:c' }),
  ...both(`${apache}.SetSchemaMetadata`, { 'schema.name': 's', 'schema.version': '2' }),
  ...both(`${apache}.TimestampConverter`, { field: 'b', 'target.type': 'unix' }),
  link(`${apache}.ValueToKey`, { fields: 'a' }, 'key'),
  link(`${apache}.InsertHeader`, { header: 'x', 'value.literal': '1' }, 'headers'),
  link(`${apache}.DropHeaders`, { headers: 'x' }, 'headers'),
  link(`${apache}.RegexRouter`, { regex: '(.*)', replacement: '$1_x' }, 'topic'),
  link(`${apache}.TimestampRouter`, {}, 'topic'),
  ...both(`${confluent}.Drop`, { 'schema.behavior': 'retain' }),
  ...both(`${confluent}.ExtractTopic`, { field: 'a', 'skip.missing.or.null': 'true' }).map(({ type, config }) =>
    link(type, config, 'topic'),
  ),
  link(`${confluent}.ExtractTopic$Header`, { field: 'ha', 'skip.missing.or.null': 'true' }, 'topic'),
  ...both(`${confluent}.Filter`, {
    'filter.condition': '$[?(@.a != 1)]',
    'filter.type': 'include',
    'missing.or.null.behavior': 'include',
  }).map(({ type, config }) => link(type, config)),
  link(`${confluent}.MessageTimestampRouter`, { 'message.timestamp.keys': 'a' }, 'topic'),
  link(`${confluent}.TombstoneHandler`, {}),
  ...both(`${confluent}.GzipDecompress`, {}),
  ...both(`${confluent}.ReplaceField`, { exclude: 'b.a', renames: 'a.n:m,b:c' }),
  link(
    'com.github.jcustenborder.kafka.connect.transform.common.ChangeTopicCase',
    { from: 'LOWER_CAMEL', to: 'UPPER_UNDERSCORE' },
    'topic',
  ),
  link(
    `${debezium}.ByLogicalTableRouter`,
    { 'topic.regex': '(.*)', 'topic.replacement': 'all' },
    'topic',
    'key',
    'value',
  ),
  link(`${debezium}.ExtractNewRecordState`, { 'add.fields': 'op', 'add.headers': 'op' }, 'value', 'headers'),
  link(`${debezium}.ExtractChangedRecordState`, { 'header.changed.name': 'c' }, 'headers'),
  link(`${debezium}.HeaderToValue`, { headers: 'x', fields: 'x', operation: 'move' }, 'value', 'headers'),
  link(`${debezium}.TimezoneConverter`, { 'converted.timezone': '+01:00' }, 'value'),
  link(`${debezium}.SchemaChangeEventFilter`, { 'schema.change.event.include.list': 'CREATE' }),
  link(`${debezium}.outbox.EventRouter`, {}, 'value', 'key', 'headers', 'topic', 'timestamp'),
];

const scalar: readonly (readonly [Schema, fc.Arbitrary<unknown>])[] = [
  [{ type: 'STRING', optional: true }, fc.string()],
  [{ type: 'INT32', optional: true }, fc.integer()],
  [{ type: 'INT64', optional: true }, fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })],
  [{ type: 'FLOAT64', optional: true }, fc.double()],
  [{ type: 'BOOLEAN', optional: true }, fc.boolean()],
  [{ type: 'BYTES', optional: true }, fc.uint8Array({ maxLength: 4 })],
  [
    { type: 'INT64', optional: true, name: 'org.apache.kafka.connect.data.Timestamp', version: 1 },
    fc.date({ noInvalidDate: true }),
  ],
];
const struct = fc.array(fc.constantFrom(...scalar), { minLength: 1, maxLength: 3 }).chain((kinds) => {
  const names = ['a', 'b', 'c'];
  const fields = kinds.map(([schema], index) => ({ name: names[index] ?? '', index, schema }));
  const schema: Schema = { type: 'STRUCT', optional: false, name: 'R', fields };
  return fc.tuple(...kinds.map(([, values]) => fc.option(values))).map((values) => ({
    schema,
    value: new Struct(schema, new Map(fields.map(({ name }, index) => [name, values[index] ?? null]))),
  }));
});
const plain: fc.Arbitrary<unknown> = fc.oneof(
  fc.string(),
  fc.boolean(),
  fc.constant(null),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.double(),
  fc.integer().map((value) => new JsonNumber(String(value))),
  fc.integer({ min: -128, max: 127 }).map((value) => new TypedNumber('INT8', value)),
  fc.bigInt().map((unscaled) => new Decimal(unscaled, 2)),
  fc.array(fc.string(), { maxLength: 2 }),
);
const schemaless = fc
  .dictionary(fc.constantFrom('a', 'b', 'n', '_'), fc.oneof(plain, fc.dictionary(fc.constantFrom('a', 'b'), plain)))
  .map((object) => {
    const mapOf = (from: object): Map<string, unknown> =>
      new Map(
        Object.entries(from).map(([name, value]) => [
          name,
          value !== null && value?.constructor === Object ? mapOf(value) : value,
        ]),
      );
    return { schema: null, value: mapOf(object) };
  });
const side = fc.oneof(
  struct,
  schemaless,
  plain.map((value) => ({ schema: null, value })),
  fc.constant({ schema: null, value: null }),
);

const sinkRecord = fc
  .record({ key: side, value: side, timestamp: fc.option(fc.bigInt({ min: 0n, max: 4102444800000n })) })
  .map(({ key, value, timestamp }): SinkRecord => {
    const coordinates = { offset: 42n, batchOffset: 42n, timestamp, timestampType: 'CreateTime' } as const;
    return {
      topic: 'orders',
      partition: 3,
      ...coordinates,
      keySchema: key.schema,
      key: key.value,
      valueSchema: value.schema,
      value: value.value,
      headers: [{ name: 'x', schema: { type: 'STRING', optional: true }, value: 'h' }],
      original: {
        topic: 'orders',
        partition: 3,
        record: { ...coordinates, timestamp: timestamp ?? -1n, key: null, value: null, headers: [] },
      },
    };
  });

test('whatever a chain does to a record, it leaves alone what its transforms do not speak of, and fails with Connect’s errors only', async () => {
  let [whole, failed] = [0, 0];
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom(...links), { minLength: 1, maxLength: 5 }),
      sinkRecord,
      async (chain, first) => {
        let record: SinkRecord | null = first;
        const changed = new Set<Part>();
        for (const { type, config, changes } of chain) {
          for (const part of changes) changed.add(part);
          try {
            record = await createTransformation(type, config).apply(record);
          } catch (error) {
            expect(error, `${type}: ${error}`).toBeInstanceOf(ConnectError);
            failed++;
            return;
          }
          if (record === null) return;
          expect([record.original, record.partition, record.offset, record.timestampType]).toEqual([
            first.original,
            first.partition,
            first.offset,
            first.timestampType,
          ]);
          if (!changed.has('timestamp')) expect(record.timestamp).toBe(first.timestamp);
          if (!changed.has('topic')) expect(record.topic).toBe(first.topic);
          if (!changed.has('headers')) expect(record.headers).toBe(first.headers);
          if (!changed.has('key')) expect([record.key, record.keySchema]).toStrictEqual([first.key, first.keySchema]);
          if (!changed.has('value'))
            expect([record.value, record.valueSchema]).toStrictEqual([first.value, first.valueSchema]);
        }
        whole++;
      },
    ),
    { numRuns: 500 },
  );
  expect(Math.min(whole, failed)).toBeGreaterThan(50);
});
