import { create, toBinary } from '@bufbuild/protobuf';
import avsc from 'avsc';
import { messageAt } from '../src/converters/protobuf/message-indexes.ts';
import { parseProto } from '../src/converters/protobuf/parse-proto.ts';
import { orderJson } from './sample-values.ts';

/** One order of about 250 bytes of Avro; the same for the same number. */
export interface SampleOrder {
  readonly order_id: number;
  readonly customer: string;
  readonly cents: number;
  readonly currency: string;
  readonly status: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly quantity: number;
  readonly weight: number;
  readonly gift: boolean;
  readonly coupon: string | null;
  readonly note: string;
}

export const sampleOrder = (i: number): SampleOrder => {
  const hash = Math.imul(i + 1, 0x9e3779b1) >>> 0;
  const { note } = JSON.parse(orderJson(i, 360)) as { readonly note: string };
  return {
    order_id: 1_000_000_000 + i,
    customer: `customer-${hash % 100_003}`,
    cents: hash % 1_000_000,
    currency: ['EUR', 'USD', 'CHF', 'SEK'][hash % 4] ?? 'EUR',
    status: ['created', 'paid', 'shipped', 'returned'][(hash >>> 3) % 4] ?? 'paid',
    at: 1_700_000_000_000 + i * 37,
    quantity: 1 + (hash % 7),
    weight: (hash % 10_000) / 100,
    gift: hash % 2 === 0,
    coupon: hash % 3 === 0 ? `coupon-${hash % 999}` : null,
    note: note.padEnd(180, 'at the door ').slice(0, 180),
  };
};

/** How many rows of samples go round. */
export const sampleCount = 1000;

export const orderAvro = {
  type: 'record',
  name: 'Value',
  namespace: 'shop.public.orders',
  fields: [
    { name: 'order_id', type: 'long' },
    { name: 'customer', type: 'string' },
    { name: 'amount', type: { type: 'bytes', logicalType: 'decimal', precision: 12, scale: 2 } },
    { name: 'currency', type: { type: 'enum', name: 'Currency', symbols: ['EUR', 'USD', 'CHF', 'SEK'] } },
    { name: 'status', type: 'string' },
    { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
    { name: 'quantity', type: 'int' },
    { name: 'weight', type: 'double' },
    { name: 'gift', type: 'boolean' },
    { name: 'coupon', type: ['null', 'string'], default: null },
    { name: 'note', type: 'string' },
  ],
} as const;

/** A change event of Debezium around the same order. */
export const envelopeAvro = {
  type: 'record',
  name: 'Envelope',
  namespace: 'shop.public.orders',
  fields: [
    { name: 'before', type: ['null', orderAvro], default: null },
    { name: 'after', type: ['null', 'Value'], default: null },
    {
      name: 'source',
      type: {
        type: 'record',
        name: 'Source',
        namespace: 'io.debezium.connector.postgresql',
        fields: ['version', 'connector', 'name', 'db', 'schema', 'table']
          .map((name): object => ({ name, type: 'string' }))
          .concat([
            { name: 'ts_ms', type: 'long' },
            { name: 'lsn', type: ['null', 'long'], default: null },
          ]),
      },
    },
    { name: 'op', type: 'string' },
    { name: 'ts_ms', type: ['null', 'long'], default: null },
  ],
} as const;

const twoBytes = (cents: number): Buffer => Buffer.of((cents >> 16) & 255, (cents >> 8) & 255, cents & 255);

const avroValue = (order: SampleOrder) => ({
  ...order,
  amount: twoBytes(order.cents),
  coupon: order.coupon === null ? null : { string: order.coupon },
});

const source = {
  version: '3.2.0.Final',
  connector: 'postgresql',
  name: 'shop',
  db: 'shop',
  schema: 'public',
  table: 'orders',
};

const orders = Array.from({ length: sampleCount }, (_, i) => sampleOrder(i));

export const avroSamples = (): readonly Buffer[] => {
  const type = avsc.Type.forSchema(orderAvro as never, { wrapUnions: true });
  return orders.map((order) => type.toBuffer(avroValue(order)));
};

export const avroEnvelopeSamples = (): readonly Buffer[] => {
  const type = avsc.Type.forSchema(envelopeAvro as never, { wrapUnions: true });
  return orders.map((order) =>
    type.toBuffer({
      before: null,
      after: { 'shop.public.orders.Value': avroValue(order) },
      source: { ...source, ts_ms: order.at, lsn: { long: order.at } },
      op: 'c',
      ts_ms: { long: order.at },
    }),
  );
};

export const orderProto = `syntax = "proto3";
package shop;
import "google/protobuf/timestamp.proto";
message Order {
  int64 order_id = 1;
  string customer = 2;
  int64 cents = 3;
  Currency currency = 4;
  string status = 5;
  google.protobuf.Timestamp at = 6;
  int32 quantity = 7;
  double weight = 8;
  bool gift = 9;
  optional string coupon = 10;
  string note = 11;
  enum Currency { EUR = 0; USD = 1; CHF = 2; SEK = 3; }
}
`;

/** Message indexes [0] in front. */
export const protobufSamples = (): readonly Buffer[] => {
  const { file } = parseProto({ text: orderProto, references: [] });
  const message = messageAt(file, [0]);
  return orders.map((order) => {
    const value = create(message, {
      orderId: BigInt(order.order_id),
      customer: order.customer,
      cents: BigInt(order.cents),
      currency: ['EUR', 'USD', 'CHF', 'SEK'].indexOf(order.currency),
      status: order.status,
      at: { seconds: BigInt(Math.floor(order.at / 1000)), nanos: (order.at % 1000) * 1_000_000 },
      quantity: order.quantity,
      weight: order.weight,
      gift: order.gift,
      ...(order.coupon === null ? {} : { coupon: order.coupon }),
      note: order.note,
    } as never);
    return Buffer.concat([Buffer.of(0), toBinary(message, value)]);
  });
};

export const orderJsonSchema = {
  type: 'object',
  title: 'Order',
  properties: {
    order_id: { type: 'integer' },
    customer: { type: 'string' },
    amount: {
      type: 'number',
      title: 'org.apache.kafka.connect.data.Decimal',
      'connect.type': 'bytes',
      'connect.parameters': { scale: '2' },
    },
    currency: { type: 'string', enum: ['EUR', 'USD', 'CHF', 'SEK'] },
    status: { type: 'string' },
    at: {
      type: 'integer',
      title: 'org.apache.kafka.connect.data.Timestamp',
      'connect.type': 'int64',
      'connect.version': 1,
    },
    quantity: { type: 'integer', 'connect.type': 'int32' },
    weight: { type: 'number' },
    gift: { type: 'boolean' },
    coupon: { oneOf: [{ type: 'null' }, { type: 'string' }] },
    note: { type: 'string' },
  },
};

const jsonOrder = ({ cents, ...order }: SampleOrder) => ({ ...order, amount: cents / 100 });

/** Schemaless: twelve fields, about 250 bytes. */
export const plainJsonSamples = (): readonly Buffer[] =>
  orders.map((order) => {
    const at = new Date(order.at).toISOString().slice(0, -1);
    return Buffer.from(
      JSON.stringify({ ...jsonOrder(order), at, paid: order.quantity > 1, note: order.note.slice(0, 40) }),
    );
  });

export const jsonSamples = (): readonly Buffer[] =>
  orders.map((order) => Buffer.from(JSON.stringify(jsonOrder(order))));

const field = (name: string, type: string, more: object = {}) => ({ field: name, type, optional: false, ...more });

/** JsonConverter's own schema of the same order. */
export const connectSchema = {
  type: 'struct',
  name: 'shop.public.orders.Value',
  optional: false,
  fields: [
    field('order_id', 'int64'),
    field('customer', 'string'),
    field('amount', 'bytes', { name: 'org.apache.kafka.connect.data.Decimal', version: 1, parameters: { scale: '2' } }),
    field('currency', 'string'),
    field('status', 'string'),
    field('at', 'int64', { name: 'org.apache.kafka.connect.data.Timestamp', version: 1 }),
    field('quantity', 'int32'),
    field('weight', 'double'),
    field('gift', 'boolean'),
    field('coupon', 'string', { optional: true }),
    field('note', 'string'),
  ],
};

export const jsonWithSchemaSamples = (): readonly Buffer[] => {
  const schema = JSON.stringify(connectSchema);
  return orders.map((order) => {
    const payload = JSON.stringify({ ...jsonOrder(order), amount: twoBytes(order.cents).toString('base64') });
    return Buffer.from(`{"schema":${schema},"payload":${payload}}`);
  });
};
