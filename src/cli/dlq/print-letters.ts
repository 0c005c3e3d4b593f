import { type Letter, originOf } from './letter.ts';

export interface PrintOptions {
  /** Keys, values and messages of exceptions, which may quote them. */
  readonly values: boolean;
}

const sizeOf = (bytes: Uint8Array | null): string => (bytes === null ? 'null' : `${bytes.length} bytes`);

const textOf = (bytes: Uint8Array | null): string | null => {
  if (bytes === null) return null;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const text = buffer.toString('utf8');
  return text.includes('\uFFFD') ? `base64:${buffer.toString('base64')}` : text;
};

const reasonOf = ({ context }: Letter): string => {
  const exception = context.get('exception.class.name')?.replace(/^.*\./, '') ?? 'unknown reason';
  return `${context.get('stage') ?? 'unknown stage'} ${exception}`;
};

/** For programs; the same fields that `letterLine` and `letterText` print. */
export const letterJson = (letter: Letter, { values }: PrintOptions): object => ({
  partition: letter.partition,
  offset: String(letter.offset),
  timestamp: Number(letter.timestamp),
  origin: originOf(letter),
  stage: letter.context.get('stage') ?? null,
  class: letter.context.get('class.name') ?? null,
  exception: letter.context.get('exception.class.name') ?? null,
  keyBytes: letter.key?.length ?? null,
  valueBytes: letter.value?.length ?? null,
  headers: letter.headers.map(([name]) => name),
  ...(values && {
    key: textOf(letter.key),
    value: textOf(letter.value),
    message: letter.context.get('exception.message') ?? null,
  }),
});

export const letterLine = (letter: Letter, { values }: PrintOptions): string => {
  const time = letter.timestamp < 0n ? '' : `${new Date(Number(letter.timestamp)).toISOString()}  `;
  const message = values ? `  ${letter.context.get('exception.message') ?? ''}  ${textOf(letter.value) ?? 'null'}` : '';
  return `${letter.partition}:${letter.offset}  ${time}from ${originOf(letter) ?? 'somewhere'}  ${reasonOf(letter)}  ${sizeOf(letter.value)}${message}`;
};

export const letterText = (letter: Letter, options: PrintOptions): string => {
  const lines = Object.entries(letterJson(letter, options)).map(([name, value]) => `${name}: ${value ?? 'null'}`);
  return lines.join('\n');
};

interface Count {
  readonly topic: string;
  readonly reason: string;
  readonly letters: number;
  readonly first: string;
  readonly last: string;
}

/** How many letters of which topic failed of what, most first. */
export const countLetters = async (letters: AsyncIterable<Letter>): Promise<readonly Count[]> => {
  const counts = new Map<string, { topic: string; reason: string; letters: number; first: bigint; last: bigint }>();
  for await (const letter of letters) {
    const topic = letter.context.get('topic') ?? '(not said)';
    const reason = `${reasonOf(letter)} ${letter.context.get('class.name') ?? ''}`.trim();
    const key = JSON.stringify([topic, reason]);
    const { timestamp } = letter;
    const count = counts.get(key) ?? { topic, reason, letters: 0, first: timestamp, last: timestamp };
    count.letters++;
    if (timestamp < count.first) count.first = timestamp;
    if (timestamp > count.last) count.last = timestamp;
    counts.set(key, count);
  }
  const time = (ms: bigint): string => (ms < 0n ? '' : new Date(Number(ms)).toISOString());
  return [...counts.values()]
    .sort((a, b) => b.letters - a.letters)
    .map((count) => ({ ...count, first: time(count.first), last: time(count.last) }));
};
