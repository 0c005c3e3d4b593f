import { describe, expect, test } from 'vitest';
import { asNextOffset, ConnectError, RetriableError } from '../../../src/api/index.ts';
import { InMemoryKafka } from './in-memory-kafka.ts';
import { p0, p1, settled, startTask } from './worker-sink-task-fixture.ts';

const values = (...texts: (string | null)[]) => texts.map((value) => ({ value }));

describe('life', () => {
  test('start, open, put, flush, preCommit, commit, close and stop come in this order', async () => {
    const { kafka, consumer, task, stop, statuses } = await startTask();
    kafka.append(p0, values('a', 'b'));
    consumer.assign([p0]);
    await settled();
    await stop();
    expect(task.calls).toEqual([
      'start test.Sink',
      'open t-0',
      'put 0 1',
      'flush t-0',
      'preCommit',
      'close t-0',
      'stop',
    ]);
    expect(kafka.committed.get('t-0')?.offset).toBe(2n);
    expect(statuses).toEqual([{ state: 'RUNNING', trace: null }]);
    expect(consumer.closed).toBe(true);
  });

  test('put is called with an empty list when nothing comes', async () => {
    let empty = 0;
    const { clock, stop } = await startTask({
      prepare: (task) => {
        task.onPut = (records) => {
          if (records.length === 0) empty++;
        };
      },
    });
    await clock.advance(3000);
    expect(empty).toBeGreaterThanOrEqual(3);
    await stop();
  });

  test('an error from put fails the task whatever the tolerance, leaves the group, and commits only what is durable', async () => {
    const { kafka, consumer, statuses, task, ended, counters } = await startTask({
      config: { 'errors.tolerance': 'all' },
      prepare: (sink) => {
        sink.onPut = (records) => {
          if (records.some(({ value }) => value === 'poison')) throw new ConnectError('cannot write');
        };
      },
    });
    kafka.append(p0, values('a', 'b', 'c', 'poison'));
    consumer.assign([p0]);
    await settled();
    await ended;
    expect(statuses.map(({ state }) => state)).toEqual(['RUNNING', 'FAILED']);
    expect(statuses[1]?.trace).toBe('org.apache.kafka.connect.errors.ConnectException: cannot write');
    expect(consumer.closed).toBe(true);
    expect(consumer.heldAtClose).toBe(false);
    expect(task.calls).not.toContain('flush t-0');
    expect(task.calls.at(-1)).toBe('stop');
    expect(kafka.committed.get('t-0')?.offset).toBe(3n);
    expect(counters.get('snowsink_total_records_skipped_total')).toBeUndefined();
  });

  test('a failure found outside a call fails the task', async () => {
    const { task, statuses, ended } = await startTask();
    task.context.fail(new ConnectError('the channel is gone'));
    await ended;
    expect(statuses.at(-1)?.trace).toContain('the channel is gone');
  });

  test('an error from put while the task stops fails it; a wait that the stop ended does not', async () => {
    const endOf = async (error: Error): Promise<readonly string[]> => {
      const putting = Promise.withResolvers<void>();
      const { kafka, consumer, stop, statuses } = await startTask({
        prepare: (sink) => {
          sink.onPut = (records) => (records.length > 0 ? putting.promise : undefined);
        },
      });
      kafka.append(p0, values('a'));
      consumer.assign([p0]);
      await settled();
      const stopped = stop();
      putting.reject(error);
      await stopped;
      return statuses.map(({ state }) => state);
    };
    expect(await endOf(new ConnectError('cannot write'))).toEqual(['RUNNING', 'FAILED']);
    expect(await endOf(new Error('The task is stopping.'))).toEqual(['RUNNING']);
  });

  test('an error in a rebalance callback fails the task from its loop', async () => {
    const { consumer, statuses, ended } = await startTask({
      prepare: (sink) => {
        sink.onOpen = () => {
          throw new ConnectError('no such database');
        };
      },
    });
    consumer.assign([p0]);
    await ended;
    expect(statuses.at(-1)).toMatchObject({ state: 'FAILED', trace: expect.stringContaining('no such database') });
  });

  test('a flush that does not end is bounded by the graceful timeout, and what is durable is committed', async () => {
    let aborted = false;
    const { kafka, consumer, clock, worker, ended, task } = await startTask({
      prepare: (sink) => {
        sink.onFlush = (deadline) =>
          new Promise((resolve) => {
            deadline.addEventListener('abort', () => {
              aborted = true;
              resolve();
            });
          });
      },
    });
    kafka.append(p0, values('a'));
    consumer.assign([p0]);
    await settled();
    worker.stop();
    await clock.advance(5000);
    await ended;
    expect(aborted).toBe(true);
    expect(kafka.committed.get('t-0')?.offset).toBe(1n);
    expect(task.calls.at(-1)).toBe('stop');
  });
});

describe('pause', () => {
  test('a paused task stays in the group, commits, takes no new records, and goes on where it was', async () => {
    const { kafka, consumer, worker, statuses, task, stop } = await startTask();
    kafka.append(p0, values('a'));
    consumer.assign([p0]);
    await settled();
    worker.setPaused(true);
    await settled();
    kafka.append(p0, values('b'));
    consumer.wakeup();
    await settled();
    expect(task.offsets).toEqual([0n]);
    expect(kafka.committed.get('t-0')?.offset).toBe(1n);
    worker.setPaused(false);
    await settled();
    expect(task.offsets).toEqual([0n, 1n]);
    expect(statuses.map(({ state }) => state)).toEqual(['RUNNING', 'PAUSED', 'RUNNING']);
    await stop();
  });

  test('a task that is paused from the beginning joins no group until it is resumed', async () => {
    const { consumer, worker, statuses, task, stop } = await startTask({ paused: true });
    expect([consumer.started, task.calls]).toEqual([false, []]);
    worker.setPaused(false);
    await settled();
    expect(consumer.started).toBe(true);
    expect(statuses.map(({ state }) => state)).toEqual(['PAUSED', 'RUNNING']);
    await stop();
  });

  test('partitions that the task holds back stay so when the connector is resumed', async () => {
    const { consumer, worker, task, stop } = await startTask();
    consumer.assign([p0, p1]);
    await settled();
    task.context.pause([p1]);
    worker.setPaused(true);
    expect(consumer.paused).toEqual(new Set(['t-0', 't-1']));
    worker.setPaused(false);
    expect(consumer.paused).toEqual(new Set(['t-1']));
    task.context.resume([p1]);
    expect(consumer.paused).toEqual(new Set());
    await stop();
  });
});

describe('RetriableError from put', () => {
  test('the very same records come again, partitions paused meanwhile, for as long as it takes, state RUNNING', async () => {
    const seen: (readonly unknown[])[] = [];
    const { kafka, consumer, clock, task, statuses, stop } = await startTask({
      prepare: (sink) => {
        sink.onPut = (records) => {
          if (records.length === 0) return;
          seen.push(records);
          if (seen.length <= 5) throw new RetriableError('not now');
        };
      },
    });
    kafka.append(p0, values('a', 'b'));
    consumer.assign([p0, p1]);
    await settled();
    expect(consumer.paused).toEqual(new Set(['t-0', 't-1']));
    await clock.advance(30_000);
    expect(seen).toHaveLength(6);
    expect(new Set(seen).size).toBe(1);
    expect(task.offsets).toEqual([0n, 1n]);
    expect(consumer.paused).toEqual(new Set());
    expect(consumer.holdsBatch).toBe(false);
    expect(statuses.map(({ state }) => state)).toEqual(['RUNNING']);
    await stop();
  });

  test('records of a partition that is taken away meanwhile are not put again and not committed', async () => {
    const { kafka, consumer, clock, task, stop } = await startTask({
      prepare: (sink) => {
        sink.onPut = (records) => {
          if (records.length > 0) throw new RetriableError('not now');
        };
      },
    });
    kafka.append(p0, values('a'));
    consumer.assign([p0]);
    await settled();
    consumer.revoke([p0]);
    await settled();
    const before = task.calls.filter((call) => call.startsWith('put')).length;
    await clock.advance(30_000);
    expect(task.calls.filter((call) => call.startsWith('put'))).toHaveLength(before);
    expect(consumer.holdsBatch).toBe(false);
    expect(kafka.committed.get('t-0')?.offset ?? 0n).toBe(0n);
    await stop();
  });
});

describe('rebalance', () => {
  test('lost partitions are closed and nothing is committed for them', async () => {
    const { kafka, consumer, task, stop } = await startTask();
    kafka.append(p0, values('a'));
    consumer.assign([p0]);
    await settled();
    consumer.lose([p0]);
    await settled();
    expect(task.calls.slice(-1)).toEqual(['close t-0']);
    await stop();
    expect(kafka.committed.size).toBe(0);
    expect(task.calls.filter((call) => call.startsWith('close'))).toEqual(['close t-0']);
  });

  test('revoked partitions are committed, the others go on', async () => {
    const { kafka, consumer, task, stop } = await startTask();
    kafka.append(p0, values('a'));
    kafka.append(p1, values('b'));
    consumer.assign([p0, p1]);
    await settled();
    consumer.revoke([p0]);
    await settled();
    expect([...kafka.committed.keys()]).toEqual(['t-0']);
    expect([...(task.consumed.at(-1)?.keys() ?? [])]).toEqual(['t-0']);
    expect(task.context.assignment()).toMatchObject([p1]);
    await stop();
  });

  test('open decides where a partition starts', async () => {
    const { kafka, consumer, task, stop } = await startTask({
      prepare: (sink) => {
        sink.onOpen = (partitions) => {
          for (const partition of partitions) sink.context.offset(partition, asNextOffset(2n));
        };
      },
    });
    kafka.append(p0, values('a', 'b', 'c'));
    consumer.assign([p0]);
    await settled();
    expect(task.offsets).toEqual([2n]);
    await stop();
  });
});

describe('rewind', () => {
  test('records fetched before it are never put after it', async () => {
    const { kafka, consumer, task, stop } = await startTask();
    kafka.append(p0, values('a', 'b', 'c', 'd'));
    let rewound = false;
    task.onPut = (records) => {
      if (records.at(-1)?.offset !== 3n || rewound) return;
      rewound = true;
      task.context.offset(p0, asNextOffset(1n));
    };
    consumer.assign([p0]);
    await settled();
    expect(task.offsets).toEqual([0n, 1n, 2n, 3n, 1n, 2n, 3n]);
    await stop();
    expect(kafka.committed.get('t-0')?.offset).toBe(4n);
  });

  test('a wish for a partition that is no longer ours is ignored', async () => {
    const { consumer, task, stop, statuses } = await startTask();
    task.context.offset(p1, asNextOffset(5n));
    await settled();
    expect(consumer.position(p1)).toBeNull();
    await stop();
    expect(statuses.at(-1)?.state).toBe('RUNNING');
  });
});

describe('offset commits', () => {
  test('at the interval, and at once on request', async () => {
    const { kafka, consumer, clock, task, stop } = await startTask();
    kafka.append(p0, values('a'));
    consumer.assign([p0]);
    await settled();
    expect(kafka.committed.size).toBe(0);
    await clock.advance(10_000);
    expect(kafka.committed.get('t-0')?.offset).toBe(1n);
    kafka.append(p0, values('b'));
    consumer.wakeup();
    await settled();
    task.context.requestCommit();
    await settled();
    expect(kafka.committed.get('t-0')?.offset).toBe(2n);
    await stop();
  });

  test('preCommit holds offsets back; answers beyond what was consumed or assigned are ignored with a warning', async () => {
    const { kafka, consumer, clock, logs, stop } = await startTask({
      prepare: (sink) => {
        sink.onPreCommit = () =>
          new Map([
            ['t-0', { ...p0, offset: asNextOffset(1n), metadata: 'held back' }],
            ['t-1', { ...p1, offset: asNextOffset(9n), metadata: '' }],
            ['u-0', { topic: 'u', partition: 0, offset: asNextOffset(1n), metadata: '' }],
          ]);
      },
    });
    kafka.append(p0, values('a', 'b'));
    kafka.append(p1, values('c'));
    consumer.assign([p0, p1]);
    await settled();
    await clock.advance(10_000);
    expect(kafka.committed).toEqual(new Map([['t-0', { offset: 1n, metadata: 'held back' }]]));
    const warnings = logs.filter(({ level }) => level === 'warn').map(({ message }) => message);
    expect(warnings).toEqual([
      'Ignoring invalid task provided offset t-1/9 -- not yet consumed (position 1)',
      'Ignoring invalid task provided offset u-0/1 -- partition not assigned',
    ]);
    await stop();
  });

  test('a preCommit that throws rewinds to the last commit, and the task lives on', async () => {
    let throws = false;
    const { kafka, consumer, clock, task, statuses, stop } = await startTask({
      prepare: (sink) => {
        const everything = sink.onPreCommit;
        sink.onPreCommit = (consumed) => {
          if (throws) throw new Error('not now');
          return everything(consumed);
        };
      },
    });
    kafka.append(p0, values('a'));
    consumer.assign([p0]);
    await settled();
    await clock.advance(10_000);
    kafka.append(p0, values('b'));
    consumer.wakeup();
    await settled();
    throws = true;
    await clock.advance(10_000);
    throws = false;
    await settled();
    expect(task.offsets).toEqual([0n, 1n, 1n]);
    expect(statuses.map(({ state }) => state)).toEqual(['RUNNING']);
    await stop();
  });

  test.each([
    ['throws', (kafka: InMemoryKafka) => (kafka.commitFailure = new ConnectError('no coordinator'))],
    ['is rejected', (kafka: InMemoryKafka) => (kafka.commitOutcome = 'rejected')],
  ])('a commit that %s is counted and tried again, and never fails the task', async (_what, breakIt) => {
    const kafka = new InMemoryKafka();
    const { consumer, clock, counters, statuses, stop } = await startTask({ kafka });
    kafka.append(p0, values('a'));
    consumer.assign([p0]);
    await settled();
    breakIt(kafka);
    await clock.advance(10_000);
    expect(counters.get('snowsink_offset_commits_total/failure')).toBe(1);
    kafka.commitFailure = null;
    kafka.commitOutcome = 'committed';
    await clock.advance(10_000);
    expect(kafka.committed.get('t-0')?.offset).toBe(1n);
    expect(statuses.map(({ state }) => state)).toEqual(['RUNNING']);
    await stop();
  });

  test('gaps in offsets are normal: the next offset is committed, not a count', async () => {
    const { kafka, consumer, task, stop } = await startTask();
    kafka.append(p0, values('a'));
    kafka.append(p0, values('b'), 41n);
    consumer.assign([p0]);
    await settled();
    await stop();
    expect(task.offsets).toEqual([0n, 42n]);
    expect(kafka.committed.get('t-0')?.offset).toBe(43n);
  });

  test('a topic of only filtered records still commits, by its original name and partition', async () => {
    const { kafka, consumer, task, counters, stop } = await startTask({
      config: { transforms: 'd', 'transforms.d.type': 'test.DropAndRoute' },
    });
    kafka.append(p0, values('drop 1', 'drop 2'));
    kafka.append(p1, values('kept'));
    consumer.assign([p0, p1]);
    await settled();
    await stop();
    expect(kafka.committed).toEqual(
      new Map([
        ['t-0', { offset: 2n, metadata: '' }],
        ['t-1', { offset: 1n, metadata: '' }],
      ]),
    );
    expect(task.records).toMatchObject([{ topic: 'routed', partition: 7, original: p1 }]);
    expect(counters.get('snowsink_records_filtered_total')).toBe(2);
  });
});

describe('putBytes', () => {
  test('takes whole batches where the value passes JSON through and nothing transforms it', async () => {
    const got: bigint[] = [];
    const { kafka, consumer, task, stop } = await startTask({
      json: true,
      prepare: (sink) => {
        sink.putBytes = async (batch, path) => {
          got.push(batch.nextOffset);
          const [view] = kafka.log(batch);
          if (view !== undefined) expect(path.convert(view)).toMatchObject({ value: 'a', original: p0 });
        };
      },
    });
    expect(task.context.bytes).toEqual({ open: null, key: 'string', headers: 'host', checkCrcs: true });
    kafka.append(p0, values('a', 'b', 'c', 'd'));
    consumer.assign([p0]);
    await settled();
    expect(got).toEqual([3n, 4n]);
    expect(task.records).toEqual([]);
    expect(consumer.holdsBatch).toBe(false);
    await stop();
    expect(kafka.committed.get('t-0')?.offset).toBe(4n);
  });

  test('is not for connectors with transforms', async () => {
    const { task, stop } = await startTask({
      json: true,
      config: { transforms: 'd', 'transforms.d.type': 'test.DropAndRoute' },
    });
    expect(task.context.bytes).toBeNull();
    await stop();
  });
});

test('a partition that comes straight back flows again, though it was paused when it went', async () => {
  const { kafka, consumer, task, stop } = await startTask();
  consumer.assign([p0]);
  await settled();
  task.context.pause([p0]);
  consumer.revoke([p0]);
  await settled();
  consumer.pause([p0]); // as a consumer that keeps the pauses of what it may get back
  consumer.assign([p0]);
  kafka.append(p0, values('a'));
  await settled();
  expect(task.offsets).toEqual([0n]);
  await stop();
});
