import type { DescFile, DescMessage } from '@bufbuild/protobuf';
import { DataError } from '../../api/index.ts';

export interface MessageIndexes {
  /** From the file's messages inwards. */
  readonly path: readonly number[];
  /** Position behind them. */
  readonly end: number;
}

const first: readonly number[] = [0];
/** Messages within messages within …: deeper ones nobody declares. */
const maxDepth = 100;

/** Confluent's message indexes: zig-zag varints, the count, then the indexes; a single 0 stands for [0]. */
export const readMessageIndexes = (bytes: Uint8Array, from: number): MessageIndexes => {
  if (bytes[from] === 0) return { path: first, end: from + 1 };
  let at = from;
  const next = (): number => {
    let bits = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = bytes[at++];
      if (byte === undefined) throw new DataError('The message indexes are incomplete');
      bits |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (bits >>> 1) ^ -(bits & 1);
    }
    throw new DataError('The message indexes are no varints');
  };
  const count = next();
  if (count <= 0 || count > maxDepth) throw new DataError(`The message indexes claim to be ${count}`);
  return { path: Array.from({ length: count }, next), end: at };
};

export const messageAt = (file: DescFile, path: readonly number[]): DescMessage => {
  let messages: readonly DescMessage[] = file.messages;
  let found: DescMessage | undefined;
  for (const index of path) {
    found = messages[index];
    messages = found?.nestedMessages ?? [];
  }
  if (found === undefined) throw new DataError(`The schema has no message at index ${path.join('.')}`);
  return found;
};
