import { deflateRawSync, inflateRawSync } from 'node:zlib';

/** Which records of a source partition have a dead letter already. */
export interface OffsetNote {
  /** KIP-516 topic id; null where the broker tells none. */
  readonly topicId: string | null;
  /** Nothing is said of offsets below: Kafka's commit had passed them. */
  readonly from: bigint;
  /** Ascending. */
  readonly offsets: readonly bigint[];
  /** Those of them whose rows Snowflake accepted and dropped later. */
  readonly dropped: readonly bigint[];
}

/** Fifteen bits a character, from U+4E00 on: no surrogates, and Kafka counts characters. */
const firstCharacter = 0x4e00;
const bitsPerCharacter = 15;

/** As an offset's metadata: about one bit for each record of the window where bad and good ones alternate at random, less elsewhere. */
export const encodeOffsetNote = ({ topicId, from, offsets, dropped }: OffsetNote): string => {
  const runs = (first: bigint, of: readonly bigint[]): string => packed(deflateRawSync(runsOf(first, of)));
  const note = { snowsink: 1, topicId, from: String(from), runs: runs(from, offsets) };
  // By their places among the others: mostly all of them are, or none.
  const among = new Set(dropped);
  const places = offsets.flatMap((offset, place) => (among.has(offset) ? [BigInt(place)] : []));
  return JSON.stringify({ ...note, ...(places.length > 0 && { dropped: runs(0n, places) }) });
};

/** Null for what somebody else wrote. */
export const decodeOffsetNote = (text: string): OffsetNote | null => {
  if (!text.startsWith('{"snowsink":1,')) return null;
  try {
    const { topicId, from, runs, dropped } = JSON.parse(text) as Record<string, unknown>;
    if (typeof from !== 'string' || typeof runs !== 'string') return null;
    const start = BigInt(from);
    const offsets = [...offsetsOf(start, inflateRawSync(unpacked(runs)))];
    const places = typeof dropped === 'string' ? offsetsOf(0n, inflateRawSync(unpacked(dropped))) : [];
    return {
      topicId: typeof topicId === 'string' ? topicId : null,
      from: start,
      offsets,
      dropped: [...places].flatMap((place) => offsets[Number(place)] ?? []),
    };
  } catch {
    return null;
  }
};

/** How many characters more the note may need when so many further records were all looked at: an upper bound. */
export const charactersFor = (records: number): number => Math.ceil((records * 1.4) / bitsPerCharacter) + 16;

/** Alternately: how many offsets are skipped, how many follow each other. LEB128. */
const runsOf = (from: bigint, offsets: readonly bigint[]): Uint8Array => {
  const bytes: number[] = [];
  let next = from;
  for (let at = 0; at < offsets.length; ) {
    const first = offsets[at] ?? next;
    let length = 1;
    while (offsets[at + length] === first + BigInt(length)) length++;
    pushVarint(bytes, Number(first - next));
    pushVarint(bytes, length);
    next = first + BigInt(length);
    at += length;
  }
  return Uint8Array.from(bytes);
};

const pushVarint = (bytes: number[], value: number): void => {
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  bytes.push(rest);
};

function* offsetsOf(from: bigint, runs: Uint8Array): Generator<bigint> {
  let next = from;
  let isRun = false;
  for (const length of varints(runs)) {
    if (isRun) for (let step = 0; step < length; step++) yield next + BigInt(step);
    next += BigInt(length);
    isRun = !isRun;
  }
}

function* varints(bytes: Uint8Array): Generator<number> {
  let value = 0;
  let factor = 1;
  for (const byte of bytes) {
    value += (byte & 127) * factor;
    factor *= 128;
    if (byte > 127) continue;
    yield value;
    value = 0;
    factor = 1;
  }
}

const packed = (bytes: Uint8Array): string => {
  const characters: string[] = [];
  let held = 0;
  let bits = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    if (bits < bitsPerCharacter) continue;
    bits -= bitsPerCharacter;
    characters.push(String.fromCharCode(firstCharacter + (held >>> bits)));
    held &= (1 << bits) - 1;
  }
  if (bits > 0) characters.push(String.fromCharCode(firstCharacter + (held << (bitsPerCharacter - bits))));
  return characters.join('');
};

/** Perhaps with a byte too many at the end, which inflating does not look at. */
const unpacked = (text: string): Uint8Array => {
  const bytes: number[] = [];
  let held = 0;
  let bits = 0;
  for (let at = 0; at < text.length; at++) {
    held = (held << bitsPerCharacter) | (text.charCodeAt(at) - firstCharacter);
    bits += bitsPerCharacter;
    while (bits >= 8) {
      bits -= 8;
      bytes.push(held >>> bits);
      held &= (1 << bits) - 1;
    }
  }
  return Uint8Array.from(bytes);
};
