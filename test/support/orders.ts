/** mulberry32: a small seeded generator, so that a failing run can be repeated by its seed. */
export const seededRandom = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

export interface Order {
  readonly key: string;
  readonly value: Buffer;
  readonly malformed: boolean;
}

const cities = ['Berlin', 'Lisboa', 'Kraków', 'São Paulo', '東京', 'Montréal'];

/** What a producer with a bug writes: cut off, not JSON at all, a trailing comma, not even UTF-8. */
const malformedValues = (id: number): readonly Buffer[] => [
  Buffer.from(`{"order_id":${id},"customer":{"id":`),
  Buffer.from(`order ${id} was here`),
  Buffer.from(`{"order_id":${id},}`),
  Buffer.concat([Buffer.from(`{"order_id":${id},"note":"`), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]),
];

/** Order number `id` of a stream in which about one in `malformedEvery` is broken. Amounts have more digits than a double. */
export const createOrder = (id: number, random: () => number, malformedEvery = 50): Order => {
  const key = `customer-${Math.floor(random() * 1000)}`;
  if (random() * malformedEvery < 1) {
    const values = malformedValues(id);
    return { key, value: values[Math.floor(random() * values.length)] ?? Buffer.from('{'), malformed: true };
  }
  const city = cities[Math.floor(random() * cities.length)];
  const amount = `${Math.floor(random() * 10_000)}.${String(Math.floor(random() * 100)).padStart(2, '0')}`;
  const value = `{"order_id":${id},"customer":{"id":"${key}","city":"${city}"},"total":${amount},"ledger_id":90071992547409${String(id).padStart(8, '0')},"items":[{"sku":"A-${id % 97}","quantity":${1 + (id % 5)}}]}`;
  return { key, value: Buffer.from(value), malformed: false };
};
