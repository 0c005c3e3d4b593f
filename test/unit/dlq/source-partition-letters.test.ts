import { expect, test } from 'vitest';
import {
  type Assignment,
  asNextOffset,
  type DeadLetterLog,
  type DeadLetterNote,
  silentLogger,
} from '../../../src/api/index.ts';
import { SourcePartitionLetters } from '../../../src/dlq/source-partition-letters.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

/** One transactional id: each open fences the one before. */
class FencingLog implements DeadLetterLog {
  readonly maxNoteCharacters = 4096;
  readonly deliveryTimeoutMs = 120_000;
  readonly retryBackoffMs = 100;
  readonly written: string[] = [];
  opened = 0;
  /** Opens that get no answer. */
  away = 0;
  #note: DeadLetterNote | null = null;

  async open() {
    if (this.away-- > 0) throw new Error('NOT_COORDINATOR');
    const epoch = ++this.opened;
    return {
      note: this.#note,
      write: async (letters: readonly { readonly value: Uint8Array | null }[], note: DeadLetterNote) => {
        if (epoch !== this.opened) throw new Error('INVALID_PRODUCER_EPOCH');
        this.#note = note;
        this.written.push(...letters.map(({ value }) => `${value} in session ${epoch}`));
      },
    };
  }

  async close(): Promise<void> {}
}

const clock = new VirtualClock();
const warnings: string[] = [];
const logger = { ...silentLogger, warn: (_: object, message: string) => void warnings.push(message) };
const start = asNextOffset(0n);

const owner = async (
  log: DeadLetterLog,
  isOursNow: () => Promise<boolean>,
  others: Partial<Assignment> = {},
): Promise<SourcePartitionLetters> => {
  const source: Assignment = {
    ...{ topic: 't', partition: 0, epoch: 1, committed: null, logStart: start, logEnd: start, topicId: 'id' },
    isOursNow,
    ...others,
  };
  const letters = new SourcePartitionLetters(source, log, clock, logger);
  await letters.open();
  letters.begin(start);
  return letters;
};

const letter = (offset: number, isDroppedRow: boolean) => ({
  offset: BigInt(offset),
  isDroppedRow,
  record: { topic: 'dlq', key: null, value: Uint8Array.of(offset), headers: [] },
  bytes: 1,
});

/** Runs what waits for a retry. */
const settled = async (adding: Promise<unknown>): Promise<void> => {
  let isOver = false;
  const over = adding.then(() => {
    isOver = true;
  });
  while (!isOver) await clock.advance(100);
  await over;
};

test('an owner that was pushed out leaves dropped rows to the next one, which may have sent them again', async () => {
  const log = new FencingLog();
  let isPushedOut = false;
  const old = await owner(log, async () => !isPushedOut);
  isPushedOut = true;
  await owner(log, async () => true);
  await settled(Promise.all([old.add(letter(1, true)), old.add(letter(2, false))]));
  expect(log.written).toEqual(['2 in session 3']);
});

test('the owner whose session a pushed-out one has ended writes the letter of its dropped row', async () => {
  const log = new FencingLog();
  const old = await owner(log, async () => false);
  const next = await owner(log, async () => true);
  await settled(Promise.all([old.add(letter(1, true)), old.add(letter(2, false))]));
  await settled(next.add(letter(1, true)));
  expect(log.written).toEqual(['2 in session 3', '1 in session 4']);
});

test('where nobody answers who the owner is, it is asked again before a dropped row gets its letter', async () => {
  const log = new FencingLog();
  const answers = [Promise.reject(new Error('away')), Promise.resolve(true)];
  const letters = await owner(log, () => answers.shift() ?? Promise.resolve(false));
  await settled(letters.add(letter(1, true)));
  expect(log.written).toEqual(['1 in session 2']);
});

test('a topic that was made again has taken the note along: no letter that may be there is written once more', async () => {
  const log = new FencingLog();
  const ids = ['id', 'another id'];
  const letters = await owner(log, async () => true, { topicIdNow: async () => ids.shift() ?? null });
  await owner(log, async () => true);
  await settled(letters.add(letter(1, false)));
  expect(log.written).toEqual(['1 in session 3']);
  await owner(log, async () => true);
  const adding = letters.add(letter(2, false));
  await settled(expect(adding).rejects.toThrow('was deleted and made again'));
  expect(log.written).toHaveLength(1);
});

test.each([
  [4, 0],
  [9, 1],
])('a coordinator that is away for %i attempts is told of %i times', async (away, told) => {
  const log = new FencingLog();
  log.away = away;
  warnings.length = 0;
  await settled(owner(log, async () => true));
  expect(warnings).toHaveLength(told);
});
