// CRC-32C (Castagnoli, reflected polynomial 0x82f63b78; RFC 3720 appendix B.4). A few bytes go through eight tables, eight bytes a step.
// Of long inputs all but the end is folded away first, sixteen bytes a step and without tables ("Chorba", Kadatch and Jenkins 2024):
// x^209 + x^144 + x^54 + x^39 + x^14 + 1 is a multiple of the polynomial, and so is its 32nd power, which has the same terms in steps of
// four bytes. So four bytes of the message may be cleared if they are added to the five places that far behind them.

const POLYNOMIAL: u32 = 0x82f63b78;
const TABLES = memory.data(8192);

/** 4 × 209: how far behind it four bytes reach. The other places are 4 × (209 - 14), 4 × (209 - 39) … behind. */
const REACH: usize = 836;
/** Bytes that are folded away in one go: a multiple of 16. */
const PIECE: usize = 8192;
/** What was cleared: the last REACH bytes of the piece before, then the present piece. */
const CLEARED = memory.data(9872); // REACH + PIECE + REACH + 8
/** What is left at the end of a message. */
const REST = memory.data(864); // REACH + 28

@inline
function table(t: usize, index: u32): u32 {
  return load<u32>(TABLES + t * 1024 + (<usize>index << 2));
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
}

function byTables(crc: u32, p: usize, n: usize): u32 {
  const end = p + n;
  for (; p + 8 <= end; p += 8) {
    const a = crc ^ load<u32>(p);
    const b = load<u32>(p + 4);
    crc =
      table(7, a & 255) ^ table(6, (a >>> 8) & 255) ^ table(5, (a >>> 16) & 255) ^ table(4, a >>> 24) ^
      table(3, b & 255) ^ table(2, (b >>> 8) & 255) ^ table(1, (b >>> 16) & 255) ^ table(0, b >>> 24);
  }
  for (; p < end; p++) crc = (crc >>> 8) ^ table(0, (crc ^ load<u8>(p)) & 255);
  return crc;
}

/** The 16 bytes at p with all that was added to them; `before`: in CLEARED, REACH bytes before their own place. */
@inline
function folded(p: usize, before: usize): v128 {
  const far = v128.xor(v128.load(before), v128.load(before, 56));
  const middle = v128.xor(v128.load(before, 156), v128.load(before, 216));
  return v128.xor(v128.xor(v128.load(p), v128.load(before, 576)), v128.xor(far, middle));
}

/** CRC-32C of the n bytes at p. */
export function crc32c(p: usize, n: usize): u32 {
  if (n < 2 * REACH) return ~byTables(0xffffffff, p, n);
  const end = p + n;
  memory.fill(CLEARED, 0, REACH);
  store<u32>(CLEARED, 0xffffffff); // the initial value: the first place that it reaches is the message's beginning
  let left = (n - REACH) & ~15;
  while (left > 0) {
    const piece = min(left, PIECE);
    for (let x: usize = 0; x < piece; x += 16) v128.store(CLEARED + x, folded(p + x, CLEARED + x), REACH);
    memory.copy(CLEARED, CLEARED + piece, REACH);
    p += piece;
    left -= piece;
  }
  memory.fill(CLEARED + REACH, 0, REACH + 16); // of the rest nothing is cleared
  for (let x: usize = 0; x < REACH + 16; x += 16) v128.store(REST + x, folded(p + x, CLEARED + x));
  return ~byTables(0, REST, end - p);
}
