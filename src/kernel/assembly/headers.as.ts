// Record headers → `,"headers":{…}`, where it is plain to see what a converter reads in a value. All other headers are the host's,
// which has the whole of Connect's rules: a property test holds both side by side.
import { copy, cursor, moveCursor, varint } from './bytes.as';
import { hashOf } from './json.as';
import { jsonString } from './text.as';

/** As kernel.ts numbers them. */
export const HEADERS_HOST: i32 = 0;
/** StringConverter: each value is its text. */
const STRINGS: i32 = 1;
/** SimpleHeaderConverter: `1` is a number; with SIMPLE_TEXTS its type is forgotten again. */
const SIMPLE: i32 = 2;

/** Hashes of the names of one record; of more headers the look for a repeated name would take too long here. */
const NAMES = memory.data(64);
const MAX_HEADERS: i64 = 16;

const HEADERS = memory.data<u8>([0x2c, 0x22, 0x68, 0x65, 0x61, 0x64, 0x65, 0x72, 0x73, 0x22, 0x3a, 0x7b, 0, 0, 0, 0]); // ,"headers":{

/** Moves the cursor behind `count` headers; false if they do not end at `stop`. */
export function skipHeaders(count: i64, stop: usize): bool {
  for (; count > 0; count--) {
    const name = varint();
    if (cursor > stop || name < 0 || name > <i64>(stop - cursor)) return false;
    moveCursor(cursor + <usize>name);
    const value = varint();
    if (cursor > stop || value < -1 || value > <i64>(stop - cursor)) return false;
    if (value > 0) moveCursor(cursor + <usize>value);
  }
  return cursor == stop;
}

/** Of a repeated name Connect keeps the last value at the first one's place, so that is the host's; so are hashes that meet by chance. */
@inline
function isNewName(name: usize, n: usize, before: i64): bool {
  const hash = hashOf(name, n);
  for (let i: usize = 0; i < <usize>before; i++) if (load<u32>(NAMES + (i << 2)) == hash) return false;
  store<u32>(NAMES + (<usize>before << 2), hash);
  return true;
}

@inline
function isDigit(c: u8): bool {
  return c - 0x30 < 10;
}

/**
 * What begins with a digit or a sign (Values.parseString): whole numbers, and strings that are neither numbers nor dates: ids, versions,
 * addresses. Dates with a time have colons, others are of ten characters with hyphens.
 */
function numberOrId(target: usize, p: usize, n: usize, mode: i32): usize {
  let digits: usize = 0;
  let hyphens: usize = 0;
  let dots: usize = 0;
  let isWord = false;
  let maySign = true; // in a number a sign stands first or behind an e
  for (let i: usize = 0; i < n; i++) {
    const c = load<u8>(p + i);
    const isLetter = (c | 0x20) - 0x61 < 26 || c == 0x5f;
    const isSign = c == 0x2d || c == 0x2b;
    if (isDigit(c)) digits++;
    else if (c == 0x2e) dots++;
    else if (!isLetter && !isSign) return 0;
    if (c == 0x2d) hyphens++;
    if (isSign && !maySign) isWord = true;
    maySign = (c | 0x20) == 0x65;
    if (isLetter && !maySign) isWord = true;
  }
  isWord = isWord || dots > 1;
  if (isWord) return n == 10 && hyphens > 0 ? 0 : jsonString(target, p, n);
  const sign: usize = load<u8>(p) == 0x2d ? 1 : 0;
  const isWritten = digits == n - sign && digits <= 18 && (load<u8>(p + sign) != 0x30 || n == 1);
  if (!isWritten || digits == 0) return 0;
  return mode == SIMPLE ? copy(target, p, n) : jsonString(target, p, n);
}

/** A value's JSON; 0: the host's. */
function headerValue(target: usize, p: usize, n: usize, mode: i32): usize {
  if (mode == STRINGS || n == 0) return jsonString(target, p, n);
  const c = load<u8>(p);
  if (isDigit(c) || c == 0x2d || c == 0x2b) return numberOrId(target, p, n, mode);
  if (c <= 0x20 || c == 0x5b || c == 0x7b) return 0; // blanks are trimmed at times; lists and maps
  const word = load<u32>(p);
  const mayBeLiteral = word == 0x65757274 || word == 0x736c6166 || word == 0x6c6c756e; // true, fals, null
  return n >= 4 && mayBeLiteral ? 0 : jsonString(target, p, n);
}

/** `count` headers from the cursor on, which `skipHeaders` has looked at; at most 6 bytes for each of theirs and 12. 0: the host's. */
export function headersField(target: usize, count: i64, mode: i32): usize {
  if (count > MAX_HEADERS) return 0;
  target = copy(target, HEADERS, 12);
  for (let i: i64 = 0; i < count; i++) {
    const n = <usize>varint();
    const name = cursor;
    moveCursor(name + n);
    if (!isNewName(name, n, i)) return 0;
    target = jsonString(target, name, n);
    if (target == 0) return 0;
    store<u8>(target++, 0x3a);
    const length = varint();
    if (length < 0) {
      store<u32>(target, 0x6c6c756e); // null
      target += 4;
    } else {
      const value = cursor;
      moveCursor(value + <usize>length);
      target = headerValue(target, value, <usize>length, mode);
      if (target == 0) return 0;
    }
    store<u8>(target++, 0x2c);
  }
  store<u8>(target - 1, 0x7d);
  return target;
}
