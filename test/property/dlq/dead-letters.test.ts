import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type Assignment,
  asNextOffset,
  type DeadLetterLog,
  type DeadLetterNote,
  silentLogger,
} from '../../../src/api/index.ts';
import { charactersFor, decodeOffsetNote, encodeOffsetNote } from '../../../src/dlq/offset-note.ts';
import { SourcePartitionLetters } from '../../../src/dlq/source-partition-letters.ts';
import { settled, VirtualClock } from '../../support/virtual-clock.ts';

test('a note says which offsets it was made of, within the room that was reckoned for it', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 60n }), fc.array(fc.boolean(), { maxLength: 3000 }), (from, isBad) => {
      const offsets = isBad.flatMap((bad, at) => (bad ? [from + BigInt(at)] : []));
      const text = encodeOffsetNote({ topicId: 'T', from, offsets, dropped: [] });
      const dropped = offsets.filter((offset) => offset % 3n === 0n);
      const withDropped = encodeOffsetNote({ topicId: 'T', from, offsets, dropped });
      expect(decodeOffsetNote(text)).toEqual({ topicId: 'T', from, offsets, dropped: [] });
      expect(decodeOffsetNote(withDropped)).toEqual({ topicId: 'T', from, offsets, dropped });
      const empty = encodeOffsetNote({ topicId: 'T', from, offsets: [], dropped: [] });
      expect(text.length).toBeLessThanOrEqual(empty.length + charactersFor(isBad.length));
    }),
    { numRuns: 200 },
  );
});

type Fault = 'refused' | 'answer-lost';

/** What Kafka keeps: letters, the note, and who may write. */
class ModelLog {
  readonly letters: bigint[] = [];
  note: DeadLetterNote | null = null;
  faults: Fault[] = [];
  #owner = 0;

  log(): DeadLetterLog {
    return {
      maxNoteCharacters: 4096,
      deliveryTimeoutMs: 60_000,
      retryBackoffMs: 10,
      open: async () => {
        const me = ++this.#owner;
        return {
          note: this.note,
          write: async (records, note) => {
            if (me !== this.#owner) throw new Error('fenced');
            const fault = this.faults.shift();
            if (fault === 'refused') throw new Error('refused');
            this.letters.push(...records.map(({ value }) => BigInt(Buffer.from(value ?? []).toString())));
            this.note = note;
            if (fault === 'answer-lost') throw new Error('answer lost');
          },
        };
      },
      close: async () => {},
    };
  }
}

const letterOf = (offset: bigint) => ({
  offset,
  isDroppedRow: false,
  bytes: 1,
  record: { topic: 'q', key: null, value: Buffer.from(String(offset)), headers: [] },
});

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('read' as const), count: fc.integer({ min: 1, max: 5 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('zombie-reads' as const), count: fc.integer({ min: 1, max: 5 }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('commit' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('handed-over' as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom<Fault>('refused', 'answer-lost') }) },
);

/** Every third record is bad. */
const isBad = (offset: bigint): boolean => offset % 3n === 0n;

test('whatever fails and whoever writes, zombies too: each bad record has one letter', async () => {
  const hits = { zombies: 0, lost: 0 };
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
      const kafka = new ModelLog();
      const clock = new VirtualClock();
      const log = kafka.log();
      let committed = 0n;
      const own = async () => {
        const start = asNextOffset(committed);
        const ends = { logStart: asNextOffset(0n), logEnd: asNextOffset(1000n) };
        const source: Assignment = { topic: 't', partition: 0, epoch: 1, committed: null, ...ends, topicId: 'T' };
        const letters = new SourcePartitionLetters(source, log, clock, silentLogger);
        await letters.open();
        letters.begin(start);
        return { letters, position: committed, reports: [] as Promise<void>[] };
      };
      let owner = await own();
      let zombie: typeof owner | null = null;
      const read = (reader: typeof owner, count: number): void => {
        for (let left = count; left > 0; left--, reader.position++) {
          const offset = reader.position;
          if (isBad(offset) && !reader.letters.has(offset)) reader.reports.push(reader.letters.add(letterOf(offset)));
        }
      };
      for (const at of steps) {
        if (at.kind === 'read') read(owner, at.count);
        else if (at.kind === 'zombie-reads' && zombie !== null) {
          hits.zombies++;
          read(zombie, at.count);
        } else if (at.kind === 'commit') {
          await clock.advance(5_000);
          await Promise.all(owner.reports);
          committed = owner.position;
          owner.letters.committed(asNextOffset(committed));
        } else if (at.kind === 'handed-over') {
          zombie = owner;
          owner = await own();
        } else if (at.kind === 'refused' || at.kind === 'answer-lost') {
          if (at.kind === 'answer-lost') hits.lost++;
          kafka.faults.push(at.kind);
        }
        await settled();
      }
      kafka.faults = [];
      await clock.advance(20_000);
      await Promise.all([...owner.reports, ...(zombie?.reports ?? [])]);
      expect(new Set(kafka.letters).size).toBe(kafka.letters.length);
      const wanted = Array.from({ length: Number(owner.position) }, (_, at) => BigInt(at)).filter(isBad);
      expect(wanted.filter((offset) => !kafka.letters.includes(offset))).toEqual([]);
    }),
    { numRuns: 300 },
  );
  expect(Math.min(hits.zombies, hits.lost)).toBeGreaterThan(0);
});
