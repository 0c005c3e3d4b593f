const m = 0x5bd1e995;
const r = 24;
const seed = 0x9747b28c;

/** MurmurHash2 (Austin Appleby, public domain), 32 bits, with the seed of Kafka's producers (`Utils.murmur2`); signed. */
export const murmur2 = (data: Uint8Array): number => {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const whole = data.length - (data.length % 4);
  let h = seed ^ data.length;
  for (let at = 0; at < whole; at += 4) {
    let k = Math.imul(view.getInt32(at, true), m);
    k ^= k >>> r;
    h = Math.imul(h, m) ^ Math.imul(k, m);
  }
  if (whole < data.length) {
    for (let at = data.length - 1; at >= whole; at--) h ^= (data[at] ?? 0) << (8 * (at - whole));
    h = Math.imul(h, m);
  }
  h ^= h >>> 13;
  h = Math.imul(h, m);
  return h ^ (h >>> 15);
};

/** The partition of a key, as Java's producers choose it. */
export const partitionOfKey = (key: Uint8Array, partitions: number): number => (murmur2(key) & 0x7fffffff) % partitions;
