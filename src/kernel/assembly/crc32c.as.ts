// CRC-32C (Castagnoli, reflected polynomial 0x82f63b78; RFC 3720 appendix B.4), eight bytes a step by eight tables.
// One such chain waits for its own table loads, so long inputs run as three chains side by side, which are then joined.

const POLYNOMIAL: u32 = 0x82f63b78;
/** Length of each of the three chains: a multiple of 8. */
const LANE: usize = 1024;
const TABLES = memory.data(8192);
/** What LANE zero bytes do to a CRC: four tables, one for each of its bytes. */
const SHIFT = memory.data(4096);

@inline
function table(t: usize, index: u32): u32 {
  return load<u32>(TABLES + t * 1024 + (<usize>index << 2));
}

@inline
function eightBytes(crc: u32, p: usize): u32 {
  const a = crc ^ load<u32>(p);
  const b = load<u32>(p + 4);
  return (
    table(7, a & 255) ^ table(6, (a >>> 8) & 255) ^ table(5, (a >>> 16) & 255) ^ table(4, a >>> 24) ^
    table(3, b & 255) ^ table(2, (b >>> 8) & 255) ^ table(1, (b >>> 16) & 255) ^ table(0, b >>> 24)
  );
}

@inline
function behindZeros(crc: u32): u32 {
  return (
    load<u32>(SHIFT + ((crc & 255) << 2)) ^
    load<u32>(SHIFT + 1024 + (((crc >>> 8) & 255) << 2)) ^
    load<u32>(SHIFT + 2048 + (((crc >>> 16) & 255) << 2)) ^
    load<u32>(SHIFT + 3072 + ((crc >>> 24) << 2))
  );
}

/** Fills the tables; once per instance. */
export function initialize(): void {
  for (let i: u32 = 0; i < 256; i++) {
    let c = i;
    for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ POLYNOMIAL : c >>> 1;
    store<u32>(TABLES + <usize>i * 4, c);
  }
  for (let i: u32 = 0; i < 256; i++) {
    for (let t: usize = 1; t < 8; t++) {
      const c = table(t - 1, i);
      store<u32>(TABLES + t * 1024 + <usize>i * 4, (c >>> 8) ^ table(0, c & 255));
    }
  }
  for (let byte: usize = 0; byte < 4; byte++) {
    // A CRC is linear: what becomes of several bits is the sum of what becomes of each.
    for (let i: u32 = 1; i < 256; i++) {
      const rest = i & (i - 1);
      let c = (i ^ rest) << (<u32>byte * 8);
      if (rest == 0) {
        for (let zeros: usize = 0; zeros < LANE; zeros++) c = (c >>> 8) ^ table(0, c & 255);
      } else c = load<u32>(SHIFT + byte * 1024 + <usize>(i ^ rest) * 4) ^ load<u32>(SHIFT + byte * 1024 + <usize>rest * 4);
      store<u32>(SHIFT + byte * 1024 + <usize>i * 4, c);
    }
  }
}

/** CRC-32C of the n bytes at p. */
export function crc32c(p: usize, n: usize): u32 {
  let crc: u32 = 0xffffffff;
  const end = p + n;
  while (p + 3 * LANE <= end) {
    let second: u32 = 0;
    let third: u32 = 0;
    const stop = p + LANE;
    for (; p < stop; p += 8) {
      crc = eightBytes(crc, p);
      second = eightBytes(second, p + LANE);
      third = eightBytes(third, p + 2 * LANE);
    }
    crc = behindZeros(behindZeros(crc) ^ second) ^ third;
    p += 2 * LANE;
  }
  for (; p + 8 <= end; p += 8) crc = eightBytes(crc, p);
  for (; p < end; p++) crc = (crc >>> 8) ^ table(0, (crc ^ load<u8>(p)) & 255);
  return ~crc;
}
