// Copies and varints. All of the kernel may read and write up to 16 bytes behind a region: every region has that much padding.

/** Copies n bytes in steps of 16; writes up to 15 bytes more than n. Returns the end of the copy. */
@inline
export function copy(target: usize, source: usize, n: usize): usize {
  for (let i: usize = 0; i < n; i += 16) v128.store(target + i, v128.load(source + i));
  return target + n;
}

/** Where `varint` reads next. */
export let cursor: usize = 0;

@inline
export function moveCursor(to: usize): void {
  cursor = to;
}

/** Zigzag varint of at most 64 bits at the cursor (Kafka protocol guide, VARINT and VARLONG). */
@inline
export function varint(): i64 {
  let byte = load<u8>(cursor++);
  let value = <u64>(byte & 127);
  let shift: u64 = 7;
  while (byte > 127 && shift < 64) {
    byte = load<u8>(cursor++);
    value |= <u64>(byte & 127) << shift;
    shift += 7;
  }
  return <i64>(value >> 1) ^ -(<i64>(value & 1));
}
