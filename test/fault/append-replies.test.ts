import { afterAll, beforeAll, expect, test } from 'vitest';
import type { FaultDefinition } from '../../emulator/src/control/fault.ts';
import type { OrderedFault } from '../support/emulator-control.ts';
import { waitFor } from '../support/wait-for.ts';
import type { FaultBench } from './fault-bench.ts';
import { expectComplete, failedTrace, metric, restartTask, rowsAtLeast, seed, startBench } from './fault-bench.ts';

let bench: FaultBench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench?.stop());

const respond = (status: number, form: 'code' | 'error_code' | 'string' | 'text', code?: string) =>
  ({ type: 'respond', status, form, ...(code === undefined ? {} : { code }) }) as const;

interface Ending {
  readonly name: string;
  readonly fault: Pick<FaultDefinition, 'operation' | 'action'>;
  /** What the trace must say. */
  readonly says: readonly string[];
}

/** What no retry mends: the task stops and says why; mended and restarted over REST, it brings the rest. The slowest first. */
const endings: readonly Ending[] = [
  {
    name: 'rows vanish after every reopen',
    fault: { operation: 'append', action: { type: 'accept-and-discard' } },
    says: ['5 reopens in a row', 'not committed within 1500 ms'],
  },
  {
    name: 'the role may not append any more (403)',
    fault: { operation: 'append', action: respond(403, 'code', '390303') },
    says: ['403', 'GRANT INSERT ON TABLE'],
  },
  {
    name: 'an append is refused as malformed (400)',
    fault: { operation: 'append', action: respond(400, 'error_code', 'INVALID_REQUEST_BODY') },
    says: ['400', 'INVALID_REQUEST_BODY'],
  },
];

test.concurrent.for(endings)('$name: the task fails with the reason; restarted, every record once', async (given) => {
  const orders = await bench.scenario({ 'snowsink.commit.timeout.ms': '1500' }, 1);
  await orders.deploy();
  const stream = await orders.stream({ perSecond: 100, seed });
  await rowsAtLeast(orders, 20);
  const match = { pipe: `^${orders.pipe}$` };
  const fault = await bench.control.order({ ...given.fault, match });
  const trace = await failedTrace(orders);
  for (const words of given.says) expect(trace).toContain(words);
  expect(trace).toContain(`${orders.topic}`);
  expect(trace).not.toContain('order_id');
  expect(await fault.remove()).toBeGreaterThan(0);
  stream.stop();
  await stream.done;
  await restartTask(orders);
  await expectComplete(orders, stream.produced.length);
});

interface Case {
  readonly name: string;
  /** Ordered one after the other: first what another one leads to. */
  readonly faults: readonly Pick<FaultDefinition, 'operation' | 'action' | 'count' | 'probability' | 'skip'>[];
  /** A reopened channel is counted with this cause. */
  readonly recovery?: string;
}

const cases: readonly Case[] = [
  {
    name: 'acknowledgements of applied appends are lost',
    faults: [{ operation: 'append', count: 6, probability: 0.7, action: { type: 'reset', when: 'after' } }],
  },
  {
    name: 'connections break before an append is applied',
    faults: [{ operation: 'append', count: 6, probability: 0.7, action: { type: 'reset', when: 'before' } }],
  },
  {
    name: 'half an acknowledgement arrives',
    faults: [{ operation: 'append', count: 4, action: { type: 'half-reply' } }],
  },
  {
    name: '500 and 503 bursts, as object, bare string and text, applied or not',
    faults: [
      { operation: 'append', count: 2, action: respond(503, 'string') },
      { operation: 'append', count: 2, skip: 3, action: respond(500, 'code') },
      { operation: 'append', count: 2, skip: 6, action: { ...respond(503, 'error_code'), when: 'after' } },
      { operation: 'status', count: 2, action: respond(500, 'text') },
    ],
  },
  {
    name: '429 bursts',
    faults: [{ operation: 'append', count: 6, action: respond(429, 'code', 'ERR_CHANNEL_RATE_LIMIT_EXCEEDED') }],
  },
  {
    name: '401 on append and status: the token is renewed',
    faults: [
      { operation: 'append', count: 1, action: respond(401, 'code', '390318') },
      { operation: 'append', count: 1, skip: 3, action: respond(401, 'string', '390318') },
      { operation: 'status', count: 1, action: respond(401, 'code', '390318') },
    ],
  },
  {
    name: '410: the pipe moved, its host is asked for and channels are opened there',
    faults: [{ operation: 'append', count: 1, skip: 2, action: respond(410, 'code') }],
    recovery: 'PIPE_FAILED_OVER',
  },
  {
    name: 'the channel becomes invalid',
    faults: [{ operation: 'append', count: 2, skip: 1, action: { type: 'invalidate' } }],
    recovery: 'ERR_CHANNEL_MUST_BE_REOPENED',
  },
  {
    name: 'somebody else opens the channel: this owner fences them in turn',
    faults: [{ operation: 'append', count: 2, skip: 1, action: { type: 'reopen' } }],
    recovery: 'STALE_CONTINUATION_TOKEN_SEQUENCER',
  },
  {
    name: 'slow replies',
    faults: [
      { operation: 'append', count: 10, action: { type: 'delay', ms: 700, when: 'after' } },
      { operation: 'status', count: 4, action: { type: 'delay', ms: 1500 } },
    ],
  },
  {
    name: 'opens, statuses and appends all break now and then',
    faults: [
      { operation: 'open', count: 2, action: respond(503, 'text') },
      { operation: 'any', probability: 0.2, count: 8, action: { type: 'reset', when: 'before' } },
      { operation: 'append', count: 1, action: { type: 'invalidate' } },
    ],
    recovery: 'ERR_CHANNEL_MUST_BE_REOPENED',
  },
];

test.concurrent.for(cases)(`$name (FAULT_SEED=${seed}): every record once, in order`, async (given) => {
  const orders = await bench.scenario();
  await orders.deploy();
  const stream = await orders.stream({ perSecond: 250, seed });
  await rowsAtLeast(orders, 20);
  const ordered: OrderedFault[] = [];
  for (const fault of given.faults) {
    ordered.push(await bench.control.order({ ...fault, match: { pipe: `^${orders.pipe}$` } }));
  }
  const spent = (fault: OrderedFault, index: number) => async () =>
    (await fault.fired()) >= (given.faults[index]?.count ?? 1);
  await Promise.all(
    ordered.map((fault, index) =>
      waitFor(spent(fault, index), { deadlineMs: 40_000, what: `fault ${index} to strike` }),
    ),
  );
  const struckAt = await orders.rows();
  await rowsAtLeast(orders, struckAt + 100);
  stream.stop();
  await stream.done;
  const total = stream.produced.length;
  await expectComplete(orders, total);
  if (given.recovery !== undefined) {
    const labels = { connector: orders.name, cause: given.recovery };
    expect(metric(await bench.worker.metrics(), 'snowsink_channel_recoveries_total', labels)).toBeGreaterThan(0);
  }
});

test.concurrent('rows are accepted and vanish: found out by the commit timeout, read again from Kafka', async () => {
  const orders = await bench.scenario({ 'snowsink.commit.timeout.ms': '2500' }, 1);
  await orders.deploy();
  const stream = await orders.stream({ perSecond: 200, seed });
  await rowsAtLeast(orders, 20);
  const match = { pipe: `^${orders.pipe}$` };
  // Until the channel is opened anew: a real pipe that throws rows away does not take some of them in between.
  const open = await bench.control.order({ operation: 'open', match, action: { type: 'delay', ms: 2000 } });
  const vanish = await bench.control.order({ operation: 'append', match, action: { type: 'accept-and-discard' } });
  await waitFor(async () => (await open.fired()) > 0, { deadlineMs: 30_000, what: 'the channel to be opened anew' });
  expect(await vanish.remove()).toBeGreaterThan(0);
  await open.remove();
  stream.stop();
  await stream.done;
  await expectComplete(orders, stream.produced.length);
  const labels = { connector: orders.name, cause: 'COMMIT_TIMEOUT' };
  expect(metric(await bench.worker.metrics(), 'snowsink_channel_recoveries_total', labels)).toBeGreaterThan(0);
});
