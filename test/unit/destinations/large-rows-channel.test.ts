import { expect, test } from 'vitest';
import {
  asLastOffset,
  type Channel,
  type ChannelStatus,
  type LastOffset,
  type RowBatch,
} from '../../../src/api/index.ts';
import { LargeRowsChannel } from '../../../src/destinations/large-rows/large-rows-channel.ts';
import { settled } from '../../support/virtual-clock.ts';

const limits = { maxWireBytes: 100, maxRowBytes: 1000 };
const never = new AbortController().signal;

/** Takes batches at once; they are durable when the test says so. */
class ScriptedChannel implements Channel {
  readonly spec = { topic: 't', partition: 0, table: 'T', channelName: 'c' };
  readonly opened: ChannelStatus;
  readonly appended: LastOffset[] = [];
  failure: Error | null = null;
  isClosed = false;
  #status: ChannelStatus;
  #listener: (status: ChannelStatus | Error) => void = () => {};

  constructor(committed: number | null = null) {
    this.opened = {
      ...{ committed: committed === null ? null : asLastOffset(BigInt(committed)), incarnation: '1' },
      ...{ rowsRejected: 0, rowsRejectedEver: 1, rowsInsertedEver: 2, lastRejection: null },
    };
    this.#status = this.opened;
  }

  async append({ lastOffset }: RowBatch): Promise<void> {
    if (this.failure !== null) throw this.failure;
    this.appended.push(lastOffset);
  }
  status(): ChannelStatus {
    return this.#status;
  }
  onStatus(listener: (status: ChannelStatus | Error) => void): void {
    this.#listener = listener;
  }
  tell(status: bigint | Error): void {
    if (typeof status === 'bigint') this.#status = { ...this.#status, committed: asLastOffset(status) };
    this.#listener(status instanceof Error ? status : this.#status);
  }
  close(): void {
    this.isClosed = true;
  }
}

const batch = (first: number, last: number, wireBytes: number, rawBytes = wireBytes): RowBatch => ({
  ...{ firstOffset: BigInt(first), lastOffset: asLastOffset(BigInt(last)), rowCount: last - first + 1 },
  ...{ encoding: 'gzip', chunks: [], wireBytes, rawBytes, firstBufferedAtMs: 0, release: () => {} },
});

const setUp = (streamToken: number | null = null, copyToken: number | null = null) => {
  const [stream, copy] = [new ScriptedChannel(streamToken), new ScriptedChannel(copyToken)];
  return { stream, copy, channel: new LargeRowsChannel(stream, copy, limits) };
};

test('a large row waits for all before it to be durable, and what comes after it waits for its COPY', async () => {
  const { stream, copy, channel } = setUp();
  const heard: unknown[] = [];
  channel.onStatus((status) => heard.push(status instanceof Error ? status : status.committed));
  await channel.append(batch(0, 9, 100), never);
  const large = channel.append(batch(10, 10, 101), never);
  const after = channel.append(batch(11, 19, 50), never);
  await settled();
  expect([stream.appended, copy.appended]).toEqual([[9n], []]);
  stream.tell(9n);
  await large;
  await after;
  expect([stream.appended, copy.appended]).toEqual([[9n, 19n], [10n]]);
  copy.tell(10n);
  expect(channel.status().committed).toBe(10n);
  stream.tell(19n);
  expect(heard).toEqual([9n, 10n, 19n]);
});

test('by COPY goes what is too large on the wire or as one value; a batch of many rows is judged on the wire only', async () => {
  const { stream, copy, channel } = setUp();
  await channel.append(batch(0, 1, 90, 2000), never);
  stream.tell(1n);
  await channel.append(batch(2, 2, 90, 2000), never);
  expect([stream.appended, copy.appended]).toEqual([[1n], [2n]]);
});

test('both together tell how far the partition is and how many rows there were', () => {
  const { channel } = setUp(5, 9);
  expect(channel.opened).toMatchObject({ committed: 9n, rowsRejectedEver: 2, rowsInsertedEver: 4, incarnation: '1' });
  expect(setUp(12, 9).channel.opened.committed).toBe(12n);
  expect(setUp(null, null).channel.opened.committed).toBeNull();
});

test('nothing follows what did not end well in either channel', async () => {
  const lostStream = setUp();
  lostStream.stream.failure = new Error('no answer');
  await expect(lostStream.channel.append(batch(0, 9, 50), never)).rejects.toThrow('no answer');
  await expect(lostStream.channel.append(batch(10, 10, 200), never)).rejects.toThrow('did not end well');
  const lostCopy = setUp();
  lostCopy.copy.failure = new Error('no commit');
  await expect(lostCopy.channel.append(batch(0, 0, 200), never)).rejects.toThrow('no commit');
  await expect(lostCopy.channel.append(batch(1, 9, 50), never)).rejects.toThrow('did not end well');
  expect([lostStream.copy.appended, lostCopy.stream.appended]).toEqual([[], []]);
});

test('a large row that waits is given up when the stream is lost, the caller gives up, or the channel is closed', async () => {
  for (const end of ['lost', 'given up', 'closed']) {
    const { stream, copy, channel } = setUp();
    const giveUp = new AbortController();
    await channel.append(batch(0, 9, 50), never);
    const large = channel.append(batch(10, 10, 200), giveUp.signal);
    large.catch(() => {});
    await settled();
    if (end === 'lost') stream.tell(new Error('lost'));
    if (end === 'given up') giveUp.abort(new Error('given up'));
    if (end === 'closed') channel.close();
    await expect(large).rejects.toThrow(end);
    expect(copy.appended).toEqual([]);
    expect([stream.isClosed, copy.isClosed]).toEqual([end === 'closed', end === 'closed']);
  }
});
