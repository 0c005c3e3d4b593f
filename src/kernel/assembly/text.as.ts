// What a row needs beside copied bytes: decimal numbers and quoted strings.
import { copy } from './bytes.as';
import { hasLineBreak, specialBytes, utf8Character } from './json.as';

/** Copies the JSON that was read last: inside a row its line breaks become spaces. */
@inline
export function spliceJson(target: usize, p: usize, n: usize): usize {
  const end = copy(target, p, n);
  if (hasLineBreak) for (let x = target; x < end; x++) if (load<u8>(x) == 0x0a) store<u8>(x, 0x20);
  return end;
}

@inline
function eightDigits(target: usize, value: u32): void {
  for (let i = 7; i >= 0; i--) {
    const quotient = value / 10;
    store<u8>(target + i, <u8>(0x30 + value - quotient * 10));
    value = quotient;
  }
}

@inline
function smallDecimal(target: usize, value: u32): usize {
  let count: usize = 1;
  for (let x: u32 = 10; count < 8 && value >= x; count++) x *= 10;
  for (let i = count; i-- > 0; ) {
    const quotient = value / 10;
    store<u8>(target + i, <u8>(0x30 + value - quotient * 10));
    value = quotient;
  }
  return target + count;
}

/**
 * A number of 0 or more. Offsets and times of neighbouring records share their upper digits: `cache` (32 bytes) keeps those above
 * 10^8 of the last number: value (8 bytes), count (1 byte), digits.
 */
export function decimal(target: usize, value: i64, cache: usize): usize {
  if (value < 100000000) return smallDecimal(target, <u32>value);
  const upper = value / 100000000;
  if (load<i64>(cache) != upper) {
    store<i64>(cache, upper);
    let count: usize = 0;
    for (let x = upper; x > 0; x /= 10) count++;
    store<u8>(cache + 8, <u8>count);
    let x = upper;
    for (let i = count; i-- > 0; x /= 10) store<u8>(cache + 9 + i, <u8>(0x30 + (x % 10)));
  }
  const count = <usize>load<u8>(cache + 8);
  store<u64>(target, load<u64>(cache + 9));
  store<u32>(target + 8, load<u32>(cache + 17));
  eightDigits(target + count, <u32>(value - upper * 100000000));
  return target + count + 8;
}

@inline
function hexDigit(value: u8): u8 {
  return value < 10 ? 0x30 + value : 0x57 + value;
}

/** The n bytes at p as a JSON string; at most 6n + 2 bytes. 0 if they are not UTF-8. */
export function jsonString(target: usize, p: usize, n: usize): usize {
  const end = p + n;
  store<u8>(target++, 0x22);
  while (p < end) {
    const special = specialBytes(p);
    v128.store(target, v128.load(p));
    const plain = min<usize>(special == 0 ? 16 : ctz(special), end - p);
    p += plain;
    target += plain;
    if (p >= end || special == 0) continue;
    const c = load<u8>(p);
    if (c > 127) {
      const next = utf8Character(p, end);
      if (next == 0) return 0;
      store<u32>(target, load<u32>(p));
      target += next - p;
      p = next;
    } else if (c >= 0x20) {
      store<u8>(target, 0x5c);
      store<u8>(target + 1, c);
      target += 2;
      p++;
    } else {
      store<u32>(target, 0x3030755c); // \u00
      store<u8>(target + 4, 0x30 + (c >> 4));
      store<u8>(target + 5, hexDigit(c & 15));
      target += 6;
      p++;
    }
  }
  store<u8>(target, 0x22);
  return target + 1;
}
