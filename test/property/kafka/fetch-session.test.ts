import fc from 'fast-check';
import { expect, test } from 'vitest';
import { asNextOffset, topicPartitionKey } from '../../../src/api/index.ts';
import {
  type FetchFrom,
  FetchSession,
  type SessionAnswer,
  type SessionRequest,
} from '../../../src/kafka/fetch-session.ts';

/** What a broker does with sessions (kafka.server.FetchManager): closed and made anew by epoch 0, and by no other epoch than the next. */
class BrokerSessions {
  #lastId = 0;
  #session: { readonly id: number; epoch: number; readonly offsets: Map<string, bigint> } | null = null;

  evict(): void {
    this.#session = null;
  }

  /** The offsets that are read from, or null where the request is refused. */
  fetch(
    request: SessionRequest,
    hasRoom: boolean,
  ): { answer: SessionAnswer; offsets: ReadonlyMap<string, bigint> | null } {
    const { sessionId, sessionEpoch, partitions, forgotten } = request;
    const asked = partitions.map((from): [string, bigint] => [topicPartitionKey(from), from.offset]);
    const refused = (errorCode: number) => ({ answer: { errorCode, sessionId: 0, partitions: [] }, offsets: null });
    if (sessionEpoch === 0) {
      if (this.#session?.id === sessionId) this.#session = null;
      const offsets = new Map(asked);
      if (hasRoom) this.#session = { id: ++this.#lastId, epoch: 1, offsets };
      const answer = { errorCode: 0, sessionId: hasRoom ? this.#lastId : 0, partitions: [...offsets.keys()] };
      return { answer, offsets };
    }
    if (this.#session?.id !== sessionId) return refused(70);
    if (this.#session.epoch !== sessionEpoch) return refused(71);
    this.#session.epoch++;
    const { offsets } = this.#session;
    for (const gone of forgotten) offsets.delete(topicPartitionKey(gone));
    for (const [key, offset] of asked) offsets.set(key, offset);
    const news = [...offsets.keys()].filter((_, at) => at % 2 === 0);
    return { answer: { errorCode: 0, sessionId, partitions: news }, offsets };
  }
}

const partitions = 5;
const fetch = fc.record({
  /** Where each partition is read from; null: it is paused, or somebody else's. */
  positions: fc.array(fc.option(fc.nat(3)), { minLength: partitions, maxLength: partitions }),
  fate: fc.constantFrom('answered', 'answered', 'answered', 'request lost', 'answer lost', 'answer not understood'),
  before: fc.constantFrom('nothing', 'nothing', 'nothing', 'evicted', 'broker started again'),
  hasRoom: fc.boolean(),
});

test('whatever happens to sessions and answers, a broker reads each partition from where it was last wanted, or refuses', () => {
  fc.assert(
    fc.property(fc.array(fetch, { maxLength: 30 }), (fetches) => {
      const session = new FetchSession();
      let broker = new BrokerSessions();
      for (const { positions, fate, before, hasRoom } of fetches) {
        if (before === 'evicted') broker.evict();
        if (before === 'broker started again') broker = new BrokerSessions();
        const wanted = new Map<string, FetchFrom>();
        for (const [partition, offset] of positions.entries()) {
          if (offset === null) continue;
          const from = { topic: 'orders', partition, offset: asNextOffset(BigInt(offset)) };
          wanted.set(topicPartitionKey(from), from);
        }
        const request = session.next(wanted);
        if (fate === 'request lost') {
          session.failed();
          continue;
        }
        const { answer, offsets } = broker.fetch(request, hasRoom);
        if (fate === 'answered') expect(session.answered(answer)).toBe(offsets !== null);
        else session.failed();
        if (offsets === null) continue;
        const asWanted = new Map([...wanted].map(([key, { offset }]): [string, bigint] => [key, offset]));
        expect(new Map([...offsets].sort())).toEqual(new Map([...asWanted].sort()));
      }
    }),
    { numRuns: 2000, interruptAfterTimeLimit: 3000 },
  );
});
