// A JSON object → the members of a row with a column for each field: `,"COLUMN":value` in the order of the fields. The fields that the host has
// named are the plan; where the plan does not say what becomes of a member, the host is asked, and the record is begun anew.
import { copy } from './bytes.as';
import { hasEscape, hashOf, literalOrNumber, memberValue, skipSpace, string } from './json.as';
import { spliceJson } from './text.as';

/** The record is not for the kernel. */
const REFUSED: usize = 0;
/** `asked` and `questions` tell about what. */
export const ASK: usize = 1;
/** No field of the plan. */
const UNKNOWN: usize = 1;

/** As column-plan.ts numbers them. */
const NULLABLE: u32 = 1;
const BOOLEANS: u32 = 2;
const OBJECTS: u32 = 4;
const ARRAYS: u32 = 8;
const REQUIRED: u32 = 16;
/** Any number of digits. */
const ANY: i32 = 0x7fffffff;

/** A field's name and its column. Behind it `"name":` and then `,"COLUMN":`, each padded to whole 16 bytes. */
@unmanaged
class Field {
  /** The field that stood behind it last: records of a topic mostly have the same fields in the same order. */
  next: usize;
  /** Another one whose name falls into the same bucket. */
  sibling: usize;
  hash: u32;
  nameLength: u32;
  prefixLength: u32;
  /** The first field of this column: two spellings of one name share it. */
  column: usize;
  /** The row that this column was written in last; counts in `column` only. */
  row: u32;
  /** What the column stores as it comes: the longest string in bytes and most digits before and behind a number's point; -1: none. */
  stringBytes: i32;
  wholeDigits: i32;
  fractionDigits: i32;
  flags: u32;
}
const NAME: usize = 48;

const BUCKETS: usize = 256;
/** Heads of the lists of fields, by their hash. */
const heads = memory.data(1024);

/** False: rows are RECORD_CONTENT. */
export let intoColumns: bool = false;
let planEnd: usize = 0;
let planLimit: usize = 0;
/** Columns that a row must have. */
let requiredCount: i32 = 0;
/** The field that an object began with last. */
let first: usize = 0;
/** The field added last. */
let newest: usize = 0;
/** The most that column names take in a row. */
let prefixBytes: u32 = 0;
let row: u32 = 0;

/** How many values the host is asked about; 0: about the name of a field that the plan has not. */
export let asked: i32 = 0;
/** For each its field (of a name 0), where the value or the name in its quotes begins, and where it ends. */
export const questions = memory.data(768);
const MOST_QUESTIONS: i32 = 64;

/** What the host answered. */
let answers: i32 = 0;
let answersAt: usize = 0;
let answersBytes: u32 = 0;

/** A plan without fields, between `at` and `limit`. `at` 0: rows are RECORD_CONTENT from now on. */
export function beginColumns(at: usize, limit: usize, required: i32): void {
  intoColumns = at != 0;
  planEnd = (at + 15) & ~15;
  planLimit = limit;
  requiredCount = required;
  first = 0;
  newest = 0;
  prefixBytes = 0;
  answers = 0;
  answersBytes = 0;
  memory.fill(heads, 0, BUCKETS << 2);
}

@inline
function padded(n: usize): usize {
  return (n + 15) & ~15;
}

/** At `name` lies `"name":`, at `prefix` `,"COLUMN":`. `same`: the first field of this column, 0: this one. Returns the field, 0: no room for it. */
export function addField(
  name: usize,
  nameLength: u32,
  prefix: usize,
  prefixLength: u32,
  same: usize,
  stringBytes: i32,
  wholeDigits: i32,
  fractionDigits: i32,
  flags: u32,
): usize {
  const at = planEnd;
  const prefixAt = at + NAME + padded(nameLength);
  if (prefixAt + padded(prefixLength) > planLimit) return 0;
  planEnd = prefixAt + padded(prefixLength);
  copy(at + NAME, name, nameLength);
  copy(prefixAt, prefix, prefixLength);
  const field = changetype<Field>(at);
  field.next = 0;
  field.hash = hashOf(name + 1, nameLength - 3);
  field.nameLength = nameLength;
  field.prefixLength = prefixLength;
  field.column = same == 0 ? at : same;
  field.row = row;
  field.stringBytes = stringBytes;
  field.wholeDigits = wholeDigits;
  field.fractionDigits = fractionDigits;
  field.flags = flags;
  const head = heads + ((<usize>field.hash & (BUCKETS - 1)) << 2);
  field.sibling = load<u32>(head);
  store<u32>(head, <u32>at);
  if (newest == 0) first = at;
  else changetype<Field>(newest).next = at;
  newest = at;
  prefixBytes += prefixLength;
  return at;
}

/**
 * For the record that `rows` begins with: so many of its values that the plan does not settle are, in turn, the texts at `at`, each its
 * length (4 bytes) and its bytes. `bytes`: of all of them.
 */
export function answered(count: i32, at: usize, bytes: u32): void {
  answers = count;
  answersAt = at;
  answersBytes = bytes;
}

/** Bytes by which a row's members may be longer than the value. */
@inline
export function mostAdded(): u64 {
  return <u64>prefixBytes + answersBytes;
}

@inline
function startsWith(p: usize, text: usize, n: usize): bool {
  for (let i: usize = 0; i < n; i += 16) {
    const differs = ~i8x16.bitmask(i8x16.eq(v128.load(p + i), v128.load(text + i)));
    if (<usize>ctz(differs | 0x10000) < min<usize>(n - i, 16)) return false;
  }
  return true;
}

/** Where `fieldAt` found the member's value, or the space before it. */
let behindName: usize = 0;

/** The field of the name at p, by its hash. */
function fieldAt(p: usize, end: usize): usize {
  if (p >= end || load<u8>(p) != 0x22) return REFUSED;
  const name = p + 1;
  const nameEnd = string(name, end);
  if (nameEnd == 0 || hasEscape(name, nameEnd - 1)) return REFUSED;
  const colon = skipSpace(nameEnd, end);
  if (colon >= end || load<u8>(colon) != 0x3a) return REFUSED;
  behindName = colon + 1;
  const length = <u32>(nameEnd - p);
  const hash = hashOf(name, length - 2);
  let at = <usize>load<u32>(heads + ((<usize>hash & (BUCKETS - 1)) << 2));
  for (; at != 0; at = changetype<Field>(at).sibling) {
    const field = changetype<Field>(at);
    if (field.hash == hash && field.nameLength == length + 1 && startsWith(p, at + NAME, length)) return at;
  }
  asked = 0;
  ask(0, p, nameEnd);
  return UNKNOWN;
}

@inline
function ask(field: usize, from: usize, end: usize): void {
  const question = questions + <usize>asked * 12;
  store<u32>(question, <u32>field);
  store<u32>(question, <u32>from, 4);
  store<u32>(question, <u32>end, 8);
}

/** Whether the number from p to `behind` has no more digits than the field's column stores. */
@inline
function takesNumber(field: Field, p: usize, behind: usize): bool {
  if (field.fractionDigits == ANY) return true;
  if (load<u8>(p) == 0x2d) p++;
  let point = behind;
  for (let q = p; q < behind; q++) {
    const c = load<u8>(q);
    if (c == 0x2e) point = q;
    else if (c > 0x39 || c < 0x30) return false;
  }
  const fraction = point == behind ? 0 : <i64>(behind - point - 1);
  return <i64>(point - p) <= <i64>field.wholeDigits && fraction <= <i64>field.fractionDigits;
}

/** Whether the field's column stores the value from p to `behind`, which begins with `c`, as it is. */
@inline
function takes(field: Field, c: u8, p: usize, behind: usize): bool {
  if (c == 0x22) return <i64>(behind - p - 2) <= <i64>field.stringBytes;
  if (c == 0x74 || c == 0x66) return (field.flags & BOOLEANS) != 0;
  if (c == 0x6e) return (field.flags & NULLABLE) != 0;
  if (c == 0x7b) return (field.flags & OBJECTS) != 0;
  if (c == 0x5b) return (field.flags & ARRAYS) != 0;
  return takesNumber(field, p, behind);
}

/**
 * Writes the members of the n bytes at p, if they are an object of which each member has a column that takes it, behind a `{` to target.
 * Returns the end of what was written, REFUSED or ASK.
 */
export function columnMembers(target: usize, p: usize, n: usize): usize {
  const end = p + n;
  let left = answers;
  let answer = answersAt;
  answers = 0;
  answersBytes = 0;
  asked = 0;
  p = skipSpace(p, end);
  if (p >= end || load<u8>(p) != 0x7b) return REFUSED;
  let w = target;
  let required = 0;
  let last: usize = 0;
  row++;
  while (true) {
    p = skipSpace(p + 1, end);
    let at = last == 0 ? first : changetype<Field>(last).next;
    const length: usize = at == 0 ? 0 : <usize>changetype<Field>(at).nameLength;
    if (at != 0 && startsWith(p, at + NAME, length)) p += length;
    else {
      at = fieldAt(p, end);
      if (at == REFUSED) return REFUSED;
      if (at == UNKNOWN) return ASK;
      if (last == 0) first = at;
      else changetype<Field>(last).next = at;
      p = behindName;
    }
    last = at;
    const field = changetype<Field>(at);
    const column = changetype<Field>(field.column);
    if (column.row == row) return REFUSED;
    column.row = row;
    if (field.flags & REQUIRED) required++;
    p = skipSpace(p, end);
    if (p >= end) return REFUSED;
    const from = p;
    const c = load<u8>(p);
    const isNested = c == 0x7b || c == 0x5b;
    if (c == 0x22) p = string(p + 1, end);
    else p = isNested ? memberValue(p, end) : literalOrNumber(c, p, end);
    if (p == 0 || p > end) return REFUSED;
    w = copy(w, at + NAME + padded(field.nameLength), field.prefixLength);
    if (takes(field, c, from, p)) w = isNested ? spliceJson(w, from, p - from) : copy(w, from, p - from);
    else if (left > 0) {
      const bytes = load<u32>(answer);
      w = copy(w, answer + 4, bytes);
      answer += 4 + bytes;
      left--;
    } else {
      if (isNested || c == 0x6e) return REFUSED;
      ask(at, from, p);
      if (++asked == MOST_QUESTIONS) return ASK;
    }
    p = skipSpace(p, end);
    if (p >= end) return REFUSED;
    const next = load<u8>(p);
    if (next == 0x7d) break;
    if (next != 0x2c) return REFUSED;
  }
  if (skipSpace(p + 1, end) != end || required != requiredCount) return REFUSED;
  if (asked > 0) return ASK;
  store<u8>(target, 0x7b); // in place of the first comma
  return w;
}
