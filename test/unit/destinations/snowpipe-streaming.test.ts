import { expect, test } from 'vitest';
import {
  BatchTooLargeError,
  type Channel,
  ChannelInvalidError,
  type ChannelStatus,
  type Destination,
  DestinationRefusedError,
  noMetrics,
  silentLogger,
} from '../../../src/api/index.ts';
import { createSnowpipeStreaming, type SnowpipeStreamingOptions } from '../../../src/destinations/index.ts';
import { publicKeyFingerprint } from '../../../src/destinations/key-pair-auth.ts';
import { parsePrivateKey } from '../../../src/destinations/private-key.ts';
import { createKeyPair } from '../../support/key-pair.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { waitFor } from '../../support/wait-for.ts';
import { batchOf, InMemorySnowflake, testAccount } from './in-memory-snowflake.ts';

const never = new AbortController().signal;
const spec = { topic: 'orders', partition: 0, table: 'ORDERS', channelName: 'kc_orders_0' };
const appends = /^POST .*\/rows$/;
const opens = /^PUT /;
const statuses = /bulk-channel-status$/;

interface Setup {
  readonly clock: VirtualClock;
  readonly snowflake: InMemorySnowflake;
  readonly destination: Destination;
  /** Lets time pass until the work is over. */
  readonly run: <T>(work: Promise<T>, maxMs?: number) => Promise<T>;
  readonly heard: (channel: Channel) => (ChannelStatus | Error)[];
}

const setUp = (options: Partial<SnowpipeStreamingOptions> = {}): Setup => {
  const clock = new VirtualClock();
  const snowflake = new InMemorySnowflake(clock);
  const destination = createSnowpipeStreaming({
    account: testAccount,
    clock,
    random: () => 0.5,
    logger: silentLogger,
    metrics: noMetrics,
    taskId: { connector: 'kc', task: 0 },
    maxConcurrentAppends: 4,
    transport: snowflake,
    breaker: null,
    ...options,
  });
  const run = async <T>(work: Promise<T>, maxMs = 600_000): Promise<T> => {
    let isOver = false;
    const over = work.finally(() => {
      isOver = true;
    });
    over.catch(() => {});
    for (let ms = 0; !isOver && ms < maxMs; ms += 250) await clock.advance(250);
    if (!isOver) throw new Error(`not over after ${maxMs} ms`);
    return over;
  };
  const heard = (channel: Channel): (ChannelStatus | Error)[] => {
    const all: (ChannelStatus | Error)[] = [];
    channel.onStatus((status) => all.push(status));
    return all;
  };
  return { clock, snowflake, destination, run, heard };
};

const codeOf = (error: unknown): string =>
  error instanceof ChannelInvalidError ? error.code : `not invalid: ${error}`;

test('opens, appends and hears of the commit from one poll a second', async () => {
  const { clock, snowflake, destination, run, heard } = setUp();
  const channel = await run(destination.open(spec, never));
  expect(channel.opened).toMatchObject({ committed: null, rowsRejected: 0, lastRejection: null });
  const all = heard(channel);
  await run(channel.append(batchOf(10, 19), never));
  await clock.advance(7_000);
  expect(all.at(-1)).toMatchObject({ committed: 19n });
  expect(channel.status().committed).toBe(19n);
  const polls = snowflake.sent(statuses).length;
  expect(polls).toBeLessThanOrEqual(6);
  // Nobody waits any more: nothing is asked.
  await clock.advance(60_000);
  expect(snowflake.sent(statuses).length).toBe(polls);
});

test('where somebody waits for the commit it is asked for at once, and four times a second', async () => {
  const { clock, snowflake, destination, run } = setUp();
  const channel = await run(destination.open(spec, never));
  channel.hurry?.();
  await run(channel.append(batchOf(10, 19), never));
  const before = snowflake.sent(statuses).length;
  channel.hurry?.();
  await clock.advance(0);
  expect(snowflake.sent(statuses).length).toBe(before + 1);
  await clock.advance(750);
  expect(snowflake.sent(statuses).length).toBe(before + 4);
  await clock.advance(7_000);
  expect(channel.status().committed).toBe(19n);
  const polls = snowflake.sent(statuses).length;
  // The next rows are nobody's hurry.
  await run(channel.append(batchOf(20, 29), never));
  await clock.advance(2_000);
  expect(snowflake.sent(statuses).length).toBeLessThanOrEqual(polls + 2);
});

test('requests carry what Snowflake wants', async () => {
  const { snowflake, destination, run } = setUp();
  const channel = await run(
    destination.open({ ...spec, table: 'orders', channelName: 'a/b c' }, never).catch(() => null),
  );
  expect(channel).toBeNull();
  expect(snowflake.sent(opens).at(-1)?.url.pathname).toBe(
    '/v2/streaming/databases/DB/schemas/PUBLIC/pipes/%22orders-STREAMING%22/channels/a%2Fb%20c',
  );
  const orders = await run(destination.open(spec, never));
  await run(orders.append(batchOf(3, 5), never));
  const [append] = snowflake.sent(appends);
  expect(Object.fromEntries(append?.url.searchParams ?? [])).toMatchObject({
    startOffsetToken: '3',
    endOffsetToken: '5',
    continuationToken: '0_1',
    retryCount: '0',
    requestId: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
  });
  expect(append?.headers).toMatchObject({
    accept: 'application/json',
    'content-type': 'application/x-ndjson',
    'content-length': String(append?.body.length),
    'x-snowflake-authorization-token-type': 'OAUTH',
    'x-snowflake-uncompressed-content-length': String(append?.body.length),
    'x-snowflake-min-append-timestamp-ms': '1700000000000',
  });
  const [token] = snowflake.sent(/oauth/);
  expect(token?.headers['x-snowflake-authorization-token-type']).toBe('KEYPAIR_JWT');
  expect(token?.body.toString()).toContain('session%3Arole%3ALOADER_ROLE');
});

test.each([
  ['the answer lost', { lose: 'reply' } as const],
  ['the request lost', { lose: 'request', code: 'ECONNRESET' } as const],
  ['no answer in time', { hang: true } as const],
  ['a bare 503', { reply: { status: 503, text: '"ERR_GENERAL_EXCEPTION_RETRY_REQUEST"' } }],
  ['a 429', { reply: { status: 429, text: '{"code":"390701","message":"Request rate exceeds max. Try later."}' } }],
  ['a proxy 404', { reply: { status: 404, text: 'No Route' } }],
])('retries an append identically after %s; every row lands once', async (_name, kind) => {
  const { clock, snowflake, destination, run } = setUp();
  const channel = await run(destination.open(spec, never));
  const fault = { ...kind, when: appends, times: 2 };
  snowflake.faults.push(fault);
  await run(Promise.all([channel.append(batchOf(0, 4), never), channel.append(batchOf(5, 9), never)]));
  expect(fault.times).toBe(0);
  await clock.advance(7_000);
  expect(snowflake.committed).toEqual([
    { channel: 'kc_orders_0', first: 0n, last: 4n },
    { channel: 'kc_orders_0', first: 5n, last: 9n },
  ]);
  const tries = snowflake.sent(appends).slice(0, 3);
  expect(new Set(tries.map(({ body }) => body.toString())).size).toBe(1);
  expect(new Set(tries.map(({ url }) => url.searchParams.get('continuationToken'))).size).toBe(1);
  expect(new Set(tries.map(({ url }) => url.searchParams.get('requestId'))).size).toBe(1);
  expect(tries.map(({ url }) => url.searchParams.get('retryCount'))).toEqual(['0', '1', '2']);
});

test('a channel that somebody else opened refuses the append, and all behind it', async () => {
  const { snowflake, destination, run } = setUp();
  const channel = await run(destination.open(spec, never));
  const other = await run(destination.open(spec, never));
  const [first, second] = await run(
    Promise.allSettled([channel.append(batchOf(0, 4), never), channel.append(batchOf(5, 9), never)]),
  );
  expect(first).toMatchObject({ status: 'rejected', reason: { code: 'STALE_CONTINUATION_TOKEN_SEQUENCER' } });
  expect(second).toMatchObject({ status: 'rejected', reason: expect.any(ChannelInvalidError) });
  expect(snowflake.sent(appends).length).toBe(1);
  await run(other.append(batchOf(0, 4), never));
});

test('an append given up in the middle ends the channel: whether it arrived only an open tells', async () => {
  const { snowflake, destination, run } = setUp();
  const channel = await run(destination.open(spec, never));
  const fault = { hang: true as const, when: appends, times: 1 };
  snowflake.faults.push(fault);
  const giveUp = new AbortController();
  const first = channel.append(batchOf(0, 4), giveUp.signal);
  const waiting = new AbortController();
  const second = channel.append(batchOf(5, 9), waiting.signal);
  first.catch(() => {});
  second.catch(() => {});
  await run(Promise.resolve(), 1_000);
  giveUp.abort(new Error('revoked'));
  await expect(run(first)).rejects.toThrow('revoked');
  expect(fault.times).toBe(0);
  expect(codeOf(await run(second).catch((error: unknown) => error))).toBe('APPEND_ABANDONED');
});

test('a batch over the limit is refused before it is sent, and by 413; the channel lives on', async () => {
  const { clock, snowflake, destination, run } = setUp();
  const channel = await run(destination.open(spec, never));
  await expect(run(channel.append(batchOf(0, 9, 5_000_000), never))).rejects.toBeInstanceOf(BatchTooLargeError);
  expect(snowflake.sent(appends).length).toBe(0);
  snowflake.faults.push({ reply: { status: 413, text: '{"code":"x","message":"too large"}' }, when: appends });
  await expect(run(channel.append(batchOf(0, 9), never))).rejects.toBeInstanceOf(BatchTooLargeError);
  await run(channel.append(batchOf(0, 4), never));
  await run(channel.append(batchOf(5, 9), never));
  await clock.advance(7_000);
  expect(channel.status().committed).toBe(9n);
});

test('never more than ten appends a second', async () => {
  const { clock, snowflake, destination, run } = setUp();
  const channel = await run(destination.open(spec, never));
  const startedAtMs = clock.now();
  await run(Promise.all(Array.from({ length: 31 }, (_, index) => channel.append(batchOf(index, index), never))));
  expect(clock.now() - startedAtMs).toBeGreaterThanOrEqual(3_000);
  expect(snowflake.sent(appends).length).toBe(31);
});

test('an open waits for rows of the last holder, then goes on without them', async () => {
  const { clock, snowflake, destination, run } = setUp();
  const first = await run(destination.open(spec, never));
  await run(first.append(batchOf(0, 4), never));
  const second = await run(destination.open(spec, never));
  expect(second.opened.committed).toBe(4n);

  snowflake.service.limits = { ...snowflake.service.limits, commitDelayMs: 1_000_000 };
  await run(second.append(batchOf(5, 9), never));
  const startedAtMs = clock.now();
  const third = await run(destination.open(spec, never));
  expect(third.opened.committed).toBe(4n);
  expect(clock.now() - startedAtMs).toBeGreaterThanOrEqual(30_000);
  const bodies = snowflake.sent(opens).map(({ body }) => JSON.parse(body.toString()).fail_on_uncommitted_rows);
  expect(bodies.at(-1)).toBe(false);
  expect(bodies.slice(0, -1)).not.toContain(false);
});

test('a token that Snowflake refuses is renewed once; the request goes on', async () => {
  const { snowflake, destination, run } = setUp();
  const channel = await run(destination.open(spec, never));
  snowflake.revokeTokens();
  await run(channel.append(batchOf(0, 4), never));
  expect(snowflake.sent(/oauth/).length).toBe(2);
});

test('tokens are renewed before they end, once for all channels', async () => {
  const { clock, snowflake, destination, run } = setUp();
  snowflake.tokenSeconds = 600;
  const channels = await run(
    Promise.all(
      [0, 1, 2].map((partition) => destination.open({ ...spec, partition, channelName: `c${partition}` }, never)),
    ),
  );
  expect(snowflake.sent(/oauth/).length).toBe(1);
  await clock.advance(541_000);
  await run(Promise.all(channels.map((channel) => channel.append(batchOf(0, 4), never))));
  expect(snowflake.sent(/oauth/).length).toBe(2);
  expect(snowflake.sent(/hostname/).length).toBe(1);
});

test('410: all channels are invalid, the next open finds the new host', async () => {
  const { snowflake, destination, run, heard } = setUp();
  const channel = await run(destination.open(spec, never));
  const idle = await run(destination.open({ ...spec, partition: 1, channelName: 'kc_orders_1' }, never));
  const all = heard(idle);
  snowflake.ingest = 'elsewhere.ingest.snowflakecomputing.com';
  expect(codeOf(await run(channel.append(batchOf(0, 4), never)).catch((error: unknown) => error))).toBe(
    'PIPE_FAILED_OVER',
  );
  expect(all.map(codeOf)).toEqual(['PIPE_FAILED_OVER']);
  const reopened = await run(destination.open(spec, never));
  await run(reopened.append(batchOf(0, 4), never));
  expect(snowflake.sent(appends).at(-1)?.url.hostname).toBe('elsewhere.ingest.snowflakecomputing.com');
});

test('a channel that is gone is told by the poll', async () => {
  const { clock, snowflake, destination, run, heard } = setUp();
  const channel = await run(destination.open(spec, never));
  const all = heard(channel);
  await run(channel.append(batchOf(0, 4), never));
  await run(destination.drop(spec, never));
  await clock.advance(3_000);
  expect(all.map(codeOf)).toEqual(['ERR_CHANNEL_DOES_NOT_EXIST_OR_NOT_AUTHORIZED']);
  expect(codeOf(await run(channel.append(batchOf(5, 9), never)).catch((error: unknown) => error))).toMatch(
    /^ERR_CHANNEL/,
  );
  snowflake.tables.clear();
});

test('an invalid status code ends the channel; so does a channel that was made anew', async () => {
  const { clock, snowflake, destination, run, heard } = setUp();
  const channel = await run(destination.open(spec, never));
  const all = heard(channel);
  await run(channel.append(batchOf(0, 4), never));
  const pipe = { database: 'DB', schema: 'PUBLIC', pipe: 'ORDERS-STREAMING' };
  snowflake.service.invalidate(pipe, spec.channelName, 'ERR_CHANNEL_MUST_BE_REOPENED');
  await clock.advance(2_000);
  expect(all.map(codeOf)).toEqual(['ERR_CHANNEL_MUST_BE_REOPENED']);

  const next = await run(destination.open(spec, never));
  const heardNext = heard(next);
  await run(next.append(batchOf(0, 4), never));
  snowflake.service.drop(pipe, spec.channelName, false);
  snowflake.service.open(pipe, spec.channelName, { offsetToken: null, failOnUncommittedRows: false }, clock.now());
  await clock.advance(2_000);
  expect(heardNext.map(codeOf)).toEqual(['CHANNEL_MADE_ANEW']);
});

test('asked whether it is still the one that was opened, a channel that waits for nothing tells that it was dropped', async () => {
  const { destination, run, heard } = setUp();
  const channel = await run(destination.open(spec, never));
  const all = heard(channel);
  await run(channel.confirm?.(never) ?? Promise.reject());
  expect(all).toEqual([]);
  await run(destination.drop(spec, never));
  const refusal = await run((channel.confirm?.(never) ?? Promise.reject()).catch((error: unknown) => error));
  expect([refusal, ...all].map(codeOf)).toEqual(Array(2).fill('ERR_CHANNEL_DOES_NOT_EXIST_OR_NOT_AUTHORIZED'));
});

test('rows that Snowflake dropped count from the open on, without their values', async () => {
  const { clock, snowflake, destination, run } = setUp();
  const first = await run(destination.open(spec, never));
  snowflake.rowErrorsPerCommit = 3;
  snowflake.lastErrorMessage = "Numeric value 'secret' is not recognized";
  await run(first.append(batchOf(0, 4), never));
  await clock.advance(7_000);
  expect(first.status()).toMatchObject({
    rowsRejected: 3,
    lastRejection: { message: expect.stringContaining('Numeric value') },
  });
  expect(first.status().lastRejection?.message).not.toContain('secret');
  first.close();

  snowflake.rowErrorsPerCommit = 2;
  const second = await run(destination.open(spec, never));
  // why an earlier owner's rows were dropped, for whom finds them missing now
  const lastRejection = { message: expect.stringContaining('Numeric value') };
  expect(second.opened).toMatchObject({ committed: 4n, rowsRejected: 0, lastRejection });
  await run(second.append(batchOf(5, 9), never));
  await clock.advance(7_000);
  expect(second.status()).toMatchObject({ committed: 9n, rowsRejected: 2 });
});

test('refusals say what, for whom, and what to change', async () => {
  const { snowflake, destination, run } = setUp();
  const missing = await run(destination.open({ ...spec, table: 'MISSING' }, never)).catch((error: unknown) => error);
  expect(missing).toBeInstanceOf(DestinationRefusedError);
  expect(String(missing)).toContain('GRANT INSERT ON TABLE DB.PUBLIC.MISSING TO ROLE LOADER_ROLE');

  snowflake.revokeTokens();
  snowflake.faults.push({
    reply: { status: 401, text: '{"code":"390144","message":"JWT token is invalid."}' },
    when: /oauth/,
    times: 9,
  });
  const badKey = await run(destination.open(spec, never)).catch((error: unknown) => error);
  expect(badKey).toBeInstanceOf(DestinationRefusedError);
  expect(String(badKey)).toMatch(
    /390144.*RSA_PUBLIC_KEY_FP or RSA_PUBLIC_KEY_2_FP in DESCRIBE USER loader is SHA256:/s,
  );
  expect(String(badKey)).not.toContain('PRIVATE KEY-----');
});

test('an account that never answers is unreachable after half a minute; one that did is waited for', async () => {
  const { clock, snowflake, destination, run } = setUp();
  snowflake.faults.push({ lose: 'request', code: 'ENOTFOUND', when: /hostname/, times: 1_000 });
  const startedAtMs = clock.now();
  await expect(run(destination.open(spec, never))).rejects.toThrow(
    /cannot be reached \(ENOTFOUND.*snowflake\.url\.name/s,
  );
  expect(clock.now() - startedAtMs).toBeLessThan(60_000);

  snowflake.faults.length = 0;
  const channel = await run(destination.open(spec, never));
  snowflake.faults.push({ lose: 'request', when: appends, times: 12 });
  await run(channel.append(batchOf(0, 4), never));
  expect(snowflake.faults[0]?.times).toBe(0);
});

test('close ends every wait', async () => {
  const { snowflake, destination, run } = setUp();
  const channel = await run(destination.open(spec, never));
  const fault = { reply: { status: 503, text: 'busy' }, when: appends, times: 1_000 };
  snowflake.faults.push(fault);
  const append = channel.append(batchOf(0, 4), never);
  append.catch(() => {});
  await run(Promise.resolve(), 5_000);
  await destination.close();
  await expect(run(append)).rejects.toThrow('closed');
  expect(fault.times).toBeLessThan(1_000);
  await expect(run(destination.open(spec, never))).rejects.toThrow('closed');
});

test('while the ingest endpoint fails the destination is unavailable; a probe of its own finds when it is back', async () => {
  const gauges: unknown[] = [];
  const metrics = { ...noMetrics, set: (...gauge: unknown[]) => void gauges.push(gauge) };
  const breaker = { volumeThreshold: 5, errorThresholdPercentage: 50, windowMs: 10_000, resetMs: 50 };
  const warned: string[] = [];
  const logger = { ...silentLogger, warn: (_: object, message: string) => void warned.push(message) };
  const { clock, snowflake, destination, run } = setUp({ metrics, breaker, logger });
  const heard: string[] = [];
  destination.onAvailability((availability) => heard.push(availability));
  const channels = await run(
    Promise.all(
      [0, 1].map((partition) => destination.open({ ...spec, partition, channelName: `c${partition}` }, never)),
    ),
  );
  const fault = { reply: { status: 503, text: '' }, when: /./, times: 1_000 };
  snowflake.faults.push(fault);
  const giveUp = new AbortController();
  const append = channels[0]?.append(batchOf(0, 4), giveUp.signal).catch(() => {});
  const other = channels[1]?.append(batchOf(0, 4), giveUp.signal).catch(() => {});
  const until = (availability: string): Promise<unknown> =>
    waitFor(() => clock.advance(1_000).then(() => destination.availability() === availability), {
      deadlineMs: 5_000,
      what: availability,
    });
  await until('unavailable');
  expect(fault.times).toBeLessThan(1_000);
  expect(gauges.at(-1)).toEqual(['snowsink_breaker_open', { connector: 'kc', task: '0', endpoint: 'ingest' }, 1]);

  // Each probe that fails opens it anew: that is no news.
  const opened = () => gauges.filter((gauge) => JSON.stringify(gauge).endsWith('"ingest"},1]')).length;
  await waitFor(() => clock.advance(1_000).then(() => opened() >= 3), { deadlineMs: 5_000, what: 'two failed probes' });
  expect(warned.filter((message) => message.includes('its circuit breaker is open'))).toHaveLength(1);

  // Nobody of ours sends any more.
  giveUp.abort(new Error('paused'));
  await run(Promise.all([append, other]));
  snowflake.faults.length = 0;
  await until('available');
  expect(heard.at(0)).toBe('unavailable');
  expect(heard.at(-1)).toBe('available');
  expect(gauges.at(-1)).toEqual(['snowsink_breaker_open', { connector: 'kc', task: '0', endpoint: 'ingest' }, 0]);
  await destination.close();
});

test('a key that was exchanged in its file signs the next token, without a restart', async () => {
  const exchanged = createKeyPair().privateKey;
  let rereads = 0;
  const reread = async () => {
    rereads += 1;
    if (rereads === 2) throw new Error('half written');
    return { ...testAccount, privateKey: rereads === 1 ? testAccount.privateKey : exchanged };
  };
  const { snowflake, destination, run } = setUp({ reread });
  const channel = await run(destination.open(spec, never));
  const issuers = () => {
    const tokens = snowflake.sent(/oauth\/token/).map(({ headers }) => headers['authorization']?.split('.')[1] ?? '');
    return tokens.map((claims) => JSON.parse(Buffer.from(claims, 'base64url').toString()).iss);
  };
  for (let offset = 0; offset < 3; offset += 1) {
    snowflake.revokeTokens();
    await run(channel.append(batchOf(offset, offset), never));
  }
  const [first, unchanged, unreadable, changed] = issuers();
  expect([unchanged, unreadable]).toEqual([first, first]);
  expect(changed).toContain(publicKeyFingerprint(parsePrivateKey(exchanged, null)));
  expect(changed).not.toBe(first);
});
