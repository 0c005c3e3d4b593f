// Records of one batch → NDJSON rows. The kernel does what is always the same; where a record needs a decision it stops there and says why.
import { copy, cursor, moveCursor, varint } from './bytes.as';
import { ASK, columnMembers, intoColumns, mostAdded } from './columns.as';
import { HEADERS_HOST, headersField, skipHeaders } from './headers.as';
import { isJsonText, isNullLiteral } from './json.as';
import { decimal, jsonString, spliceJson } from './text.as';

/** All records are done. */
const DONE: i32 = 0;
/** The row might not fit between target and limit: call again with a new slot. */
const NO_ROOM: i32 = 1;
/** The host makes this row: no value, not strict JSON, the literal null, a time before 1970, longer than maxRow. */
const HOST_ROW: i32 = 2;
/** The record's lengths contradict each other. */
const CORRUPT: i32 = 3;
/** The host makes key and headers of this record: call again with the fragment. */
const FRAGMENT: i32 = 4;
/** The host is asked about a member (columns.as.ts): call again when it is answered. */
const ASKED: i32 = 5;

/** Why `rows` stopped. */
export let status: i32 = 0;
/** The record it stopped at; with DONE the end of the last one. */
export let at: usize = 0;
/** The record behind that one. */
export let next: usize = 0;
/** The end of what was written. */
export let out: usize = 0;
/** Rows written by this call. */
export let written: i32 = 0;
/** Offset of the first and the last of them. */
export let firstOffset: i64 = 0;
export let lastOffset: i64 = 0;

const KEY_STRING: i32 = 0;
const KEY_HOST: i32 = 2;
const TIME_NONE: i32 = 0;
const TIME_CREATE: i32 = 1;

/** As rows.as.ts's callers number them: kernel.ts. */
let keyMode: i32 = 0;
let headerMode: i32 = 0;
let withMetadata: bool = false;
let withOffset: bool = false;
let prefixIsEmpty: bool = false;
let maxRow: usize = 0;

/** What holds for all rows of an encoder. maxRowBytes: the longest row, its line break not counted. */
export function configure(
  key: i32,
  headers: i32,
  metadata: bool,
  offset: bool,
  emptyPrefix: bool,
  maxRowBytes: usize,
): void {
  keyMode = key;
  headerMode = headers;
  withMetadata = metadata;
  withOffset = offset;
  prefixIsEmpty = emptyPrefix;
  maxRow = maxRowBytes;
}

const OFFSET_CACHE = memory.data(32);
const TIME_CACHE = memory.data(32);
// Constant text, padded for `copy`.
const CONTENT = memory.data<u8>([
  0x7b, 0x22, 0x52, 0x45, 0x43, 0x4f, 0x52, 0x44, 0x5f, 0x43, 0x4f, 0x4e, 0x54, 0x45, 0x4e, 0x54, 0x22, 0x3a, 0, 0, 0, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
]); // {"RECORD_CONTENT":
const OFFSET = memory.data<u8>([0x2c, 0x22, 0x6f, 0x66, 0x66, 0x73, 0x65, 0x74, 0x22, 0x3a, 0, 0, 0, 0, 0, 0]); // ,"offset":
const CREATE_TIME = memory.data<u8>([
  0x2c, 0x22, 0x43, 0x72, 0x65, 0x61, 0x74, 0x65, 0x54, 0x69, 0x6d, 0x65, 0x22, 0x3a, 0, 0,
]); // ,"CreateTime":
const APPEND_TIME = memory.data<u8>([
  0x2c, 0x22, 0x4c, 0x6f, 0x67, 0x41, 0x70, 0x70, 0x65, 0x6e, 0x64, 0x54, 0x69, 0x6d, 0x65, 0x22, 0x3a, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 0,
]); // ,"LogAppendTime":
const KEY = memory.data<u8>([0x2c, 0x22, 0x6b, 0x65, 0x79, 0x22, 0x3a, 0, 0, 0, 0, 0, 0, 0, 0, 0]); // ,"key":

/** The key field; 0 if the host must make it. */
@inline
function keyField(target: usize, key: usize, n: usize): usize {
  if (keyMode == KEY_STRING) return withMetadata ? jsonString(copy(target, KEY, 7), key, n) : target;
  if (!isJsonText(key, n) || isNullLiteral(key, n)) return 0;
  return withMetadata ? spliceJson(copy(target, KEY, 7), key, n) : target;
}

/**
 * Writes rows of `count` records of [p, end) to [target, limit), none below offset `from`. `time` is the batch's base timestamp
 * (timeKind 1) or its log append time (2); timeKind 0 writes no time. prefix: `,"RECORD_METADATA":{` and the fields that are the same in
 * all rows. fragment: key and headers of the first record, as the host made them; fragmentLength -1: none given.
 * Returns how many records are done, left-out ones included.
 */
export function rows(
  p: usize,
  end: usize,
  count: i32,
  base: i64,
  time: i64,
  timeKind: i32,
  from: i64,
  target: usize,
  limit: usize,
  prefix: usize,
  prefixLength: usize,
  fragment: usize,
  fragmentLength: i32,
): i32 {
  let done = 0;
  status = DONE;
  written = 0;
  for (; done < count; done++) {
    at = p;
    moveCursor(p);
    const size = varint();
    if (size < 0 || cursor > end || size > <i64>(end - cursor)) {
      status = CORRUPT;
      break;
    }
    const stop = cursor + <usize>size;
    next = stop;
    moveCursor(cursor + 1); // attributes, unused
    const timeDelta = varint();
    const offset = base + varint();
    const keyLength = varint();
    if (cursor > stop || keyLength > <i64>(stop - cursor) || keyLength < -1) {
      status = CORRUPT;
      break;
    }
    const key = cursor;
    if (keyLength > 0) moveCursor(cursor + <usize>keyLength);
    const valueLength = varint();
    if (cursor > stop || valueLength > <i64>(stop - cursor) || valueLength < -1) {
      status = CORRUPT;
      break;
    }
    const value = cursor;
    if (valueLength > 0) moveCursor(cursor + <usize>valueLength);
    const headers = varint();
    const firstHeader = cursor;
    if (cursor > stop || headers < 0 || !skipHeaders(headers, stop)) {
      status = CORRUPT;
      break;
    }
    if (offset < from) {
      p = stop;
      continue;
    }
    const timestamp = timeKind == TIME_CREATE ? time + timeDelta : time;
    if (valueLength <= 0 || (timeKind != TIME_NONE && timestamp < 0)) {
      status = HOST_ROW;
      break;
    }
    const isHosts = (headers > 0 && headerMode == HEADERS_HOST) || (keyLength >= 0 && keyMode == KEY_HOST);
    if (isHosts && fragmentLength < 0) {
      status = FRAGMENT;
      break;
    }
    // A byte becomes six at most: \u001f.
    const keyMost = <u64>max<i64>(keyLength, 0) * (keyMode == KEY_STRING ? 6 : 1);
    const room = fragmentLength >= 0 ? <u64>fragmentLength : keyMost + <u64>(stop - firstHeader) * 6;
    if (<u64>prefixLength + <u64>valueLength + room + mostAdded() + 160 > <u64>(limit - target)) {
      status = NO_ROOM;
      break;
    }
    const n = <usize>valueLength;
    let w: usize;
    if (intoColumns) {
      w = columnMembers(target, value, n);
      if (w <= ASK) {
        status = w == ASK ? ASKED : HOST_ROW;
        break;
      }
    } else {
      if (!isJsonText(value, n) || isNullLiteral(value, n)) {
        status = HOST_ROW;
        break;
      }
      w = spliceJson(copy(target, CONTENT, 18), value, n);
    }
    w = copy(w, prefix, prefixLength);
    const fields = w;
    if (withOffset) w = decimal(copy(w, OFFSET, 10), offset, OFFSET_CACHE);
    if (timeKind != TIME_NONE) {
      w = timeKind == TIME_CREATE ? copy(w, CREATE_TIME, 14) : copy(w, APPEND_TIME, 17);
      w = decimal(w, timestamp, TIME_CACHE);
    }
    if (fragmentLength >= 0) {
      if (withMetadata) w = copy(w, fragment, <usize>fragmentLength);
    } else {
      if (keyLength >= 0) w = keyField(w, key, <usize>keyLength);
      if (w != 0 && headers > 0 && withMetadata) {
        moveCursor(firstHeader);
        w = headersField(w, headers, headerMode);
      }
      if (w == 0) {
        status = FRAGMENT;
        break;
      }
    }
    // Every field begins with a comma; the first one of the object must not.
    if (prefixIsEmpty && w > fields) store<u8>(fields, 0x20);
    if (withMetadata) store<u8>(w++, 0x7d);
    store<u16>(w, 0x0a7d);
    if (w + 1 - target > maxRow) {
      status = HOST_ROW;
      break;
    }
    target = w + 2;
    if (written++ == 0) firstOffset = offset;
    lastOffset = offset;
    fragmentLength = -1;
    p = stop;
  }
  if (status == DONE) {
    at = p;
    if (p > end) status = CORRUPT;
  }
  out = target;
  return done;
}
