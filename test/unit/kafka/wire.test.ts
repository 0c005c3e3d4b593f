import { describe, expect, test } from 'vitest';
import { explainKafkaError } from '../../../src/kafka/explain-kafka-error.ts';
import { createHardenedKafkaJs, overrides, sourceHash } from '../../../src/kafka/hardening/load-kafkajs.ts';
import { createPrivateCopy } from '../../../src/kafka/hardening/private-copy.ts';
import { murmur2 } from '../../../src/kafka/murmur2.ts';
import { ResponseFrames } from '../../../src/kafka/response-frames.ts';
import { ResponsePlace } from '../../../src/kafka/response-place.ts';
import { assignRoundRobin } from '../../../src/kafka/round-robin-assigner.ts';
import { decodeResponse, encodeRequest } from '../../../src/kafka/topic-metadata.ts';
import { crc32c } from '../../../src/util/crc32c.ts';

test.each([
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
])('murmur2 of %s is what Java’s Utils.murmur2 answers', (key, hash) => {
  expect(murmur2(Buffer.from(key))).toBe(hash);
});

test('CRC-32C of RFC 3720, B.4', () => {
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(new Uint8Array(32).fill(255))).toBe(0x62a8ab43);
  expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e);
});

describe('framing', () => {
  const frame = (size: number, fill: number): Buffer => {
    const bytes = Buffer.alloc(4 + size, fill);
    bytes.writeInt32BE(size);
    return bytes;
  };
  const sizes = [0, 10, 65_532, 65_533, 200_000, 3, 1_000_000, 1];
  const stream = Buffer.concat(sizes.map((size, i) => frame(size, i)));

  test.each([1, 3, 1000, 70_000, 10_000_000])('responses of any size, in chunks of %i bytes', (chunk) => {
    const placed: number[] = [];
    const ids: number[] = [];
    const frames = new ResponseFrames((bytes, correlationId) => {
      placed.push(bytes);
      ids.push(correlationId);
      return Buffer.alloc(bytes);
    });
    const whole: Buffer[] = [];
    const step = chunk === 1 ? 1 : chunk;
    const end = chunk === 1 ? 200 : stream.length;
    for (let from = 0; from < end; from += step)
      frames.copied(stream.subarray(from, Math.min(from + step, end)), (f) => whole.push(f));
    const expected = sizes.map((size, i) => frame(size, i)).slice(0, chunk === 1 ? 2 : undefined);
    expect(whole.length).toBe(expected.length);
    whole.forEach((bytes, i) => void expect(bytes.equals(expected[i] ?? Buffer.alloc(0))).toBe(true));
    if (chunk === 1) return;
    expect(placed).toEqual([65_537, 200_004, 1_000_004]);
    expect(ids).toEqual([0x03030303, 0x04040404, 0x06060606]);
  });
});

test('the place is one connection’s at a time, and nothing is written to it while views are out', () => {
  const memory = new Uint8Array(100);
  const views = { isInUse: true, hasStragglers: false };
  const place = new ResponsePlace((bytes) => (bytes <= 100 ? memory.subarray(0, bytes) : null), views);
  const [a, b] = [{}, {}];
  const inPlace = (bytes: Buffer) => bytes.buffer === memory.buffer;
  expect(inPlace(place.for(a, 50))).toBe(true);
  const room = place.for(b, 50);
  expect(inPlace(room)).toBe(false);
  expect(place.for(b, 80).buffer).toBe(room.buffer);
  expect(place.for({}, 80).buffer).not.toBe(room.buffer);
  const tooLarge = place.for(a, 200);
  expect(inPlace(tooLarge)).toBe(false);
  expect(place.for(a, 300).buffer).toBe(tooLarge.buffer);
  place.closed(a);
  expect(inPlace(place.for(b, 50))).toBe(false);
  views.isInUse = false;
  expect(inPlace(place.for(b, 50))).toBe(true);
  views.hasStragglers = true;
  expect(inPlace(place.for(b, 50))).toBe(false);
  expect(place.for(b, 50).buffer).not.toBe(room.buffer);
});

test('round robin gives a topic only to members that subscribe to it', () => {
  const subscriptions = new Map([
    ['m1', new Set(['a'])],
    ['m2', new Set(['a', 'b'])],
  ]);
  const assignment = assignRoundRobin(subscriptions, () => [0, 1, 2]);
  expect(assignment.get('m1')).toEqual({ a: [0, 2] });
  expect(assignment.get('m2')).toEqual({ a: [1], b: [0, 1, 2] });
});

describe('Metadata version 10', () => {
  test('request: flexible header, null for all topics', () => {
    expect([...encodeRequest(null)]).toEqual([0, 0, 0, 0, 0, 0]);
    const named = encodeRequest(['ab']);
    expect([...named]).toEqual([0, 2, ...new Array(16).fill(0), 3, 97, 98, 0, 0, 0, 0, 0]);
  });
  test('response: id, error and partition count per topic', () => {
    const id = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex');
    const int32 = (value: number) => {
      const bytes = Buffer.alloc(4);
      bytes.writeInt32BE(value);
      return bytes;
    };
    const partition = Buffer.concat([
      Buffer.alloc(2),
      int32(0),
      int32(1),
      int32(0),
      Buffer.from([2]),
      int32(1),
      Buffer.from([1, 1, 0]),
    ]);
    const payload = Buffer.concat([
      Buffer.from([0]),
      int32(0),
      Buffer.from([2]),
      int32(1),
      Buffer.from([2, 0x68]),
      int32(9092),
      Buffer.from([0, 0]),
      Buffer.from([2, 0x63]),
      int32(1),
      Buffer.from([3]),
      Buffer.from([0, 0, 2, 0x74]),
      id,
      Buffer.from([0, 2]),
      partition,
      int32(0),
      Buffer.from([0]),
      Buffer.from([0, 3, 2, 0x75]),
      Buffer.alloc(16),
      Buffer.from([0, 1]),
      int32(0),
      Buffer.from([0]),
      int32(0),
      Buffer.from([0]),
    ]);
    expect(decodeResponse(payload)).toEqual([
      { name: 't', errorCode: 0, topicId: 'AAECAwQFBgcICQoLDA0ODw', isInternal: false, partitionCount: 1 },
      { name: 'u', errorCode: 3, topicId: null, isInternal: false, partitionCount: 0 },
    ]);
  });
});

describe('hardening', () => {
  test('every override knows the source that it replaces', () => {
    const stock = createPrivateCopy();
    for (const { patches } of overrides)
      for (const patch of patches) expect(sourceHash(stock, patch)).toBe(patch.sha256);
  });
  test('names are unique, so that a test leaves out what it means', () => {
    expect(new Set(overrides.map(({ name }) => name)).size).toBe(overrides.length);
  });

  interface Queue {
    throttleCheckTimeoutId: NodeJS.Timeout | null;
    checkPendingRequests(): void;
    destroy(): void;
  }
  const idleQueue = (without: readonly string[]): Queue => {
    const RequestQueue =
      createHardenedKafkaJs(without).load<new (options: object) => Queue>('network/requestQueue/index');
    return new RequestQueue({ logger: { debug: () => {} }, isConnected: () => true });
  };
  test('K12: an idle connection has no timer', () => {
    const queue = idleQueue([]);
    queue.checkPendingRequests();
    expect(queue.throttleCheckTimeoutId).toBeNull();
  });
  test('K12 without the override: it has one, and arms it again and again', () => {
    const queue = idleQueue(['rest-idle-connections']);
    queue.checkPendingRequests();
    expect(queue.throttleCheckTimeoutId).not.toBeNull();
    queue.destroy();
  });
});

test('kafkajs’s errors in words, the innermost cause first known', () => {
  const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:9092'), { code: 'ECONNREFUSED' });
  const wrapped = new Error('retries exceeded', { cause: refused });
  expect(explainKafkaError(wrapped, 'Kafka at a:1').message).toBe(
    'Kafka at a:1: connect ECONNREFUSED 127.0.0.1:9092: check that Kafka runs there and bootstrap.servers is right',
  );
});
