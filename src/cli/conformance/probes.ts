import { must, type Probe, said } from './probe.ts';
import { continuationOf, newChannelName } from './wire-client.ts';

const countTo = (end: number, from = 0): readonly number[] =>
  Array.from({ length: end - from }, (_, index) => from + index);
const same = (a: readonly number[], b: readonly number[]): boolean => String(a) === String(b);

const open: Probe = {
  name: 'open',
  claim: 'a new channel has a continuation token, no committed token, and counters of 0',
  run: async (bench) => {
    const { token, status } = await bench.open(newChannelName());
    const seen = `continuation token ${token}, code ${status.code}, committed ${status.committed}, ${status.inserted} rows, ${status.errors} errors`;
    must(status.committed === null && status.inserted === 0 && status.errors === 0, seen);
    must(status.createdOnMs !== null, `${seen}; no created_on_ms`);
    return seen;
  },
};

const append: Probe = {
  name: 'append',
  claim: 'the first status with the token counts all rows before it, and all of them can be read from the table then',
  run: async (bench) => {
    const { name, token } = await bench.newChannel();
    await bench.append(name, token, 0, bench.rows(name, 0, 10));
    const { committed, inserted, errors } = await bench.committed(name, 9);
    const ids = await bench.table.ids(name);
    const seen = `committed ${committed}, rows_inserted ${inserted}, rows_error_count ${errors}, ${ids.length} rows in the table`;
    must(committed === 9 && inserted === 10 && errors === 0 && same(ids, countTo(10)), seen);
    return seen;
  },
};

const duplicate: Probe = {
  name: 'repeated append',
  claim:
    'an append with a continuation token that was used is answered 200 with the token that follows, and stores nothing',
  run: async (bench) => {
    const { name, token } = await bench.newChannel();
    const rows = bench.rows(name, 0, 10);
    const next = await bench.append(name, token, 0, rows);
    const repeated = await bench.wire.append(name, token, 0, rows);
    must(
      repeated.status === 200 && continuationOf(repeated) === next,
      `the repetition was answered ${said(repeated)}, token ${continuationOf(repeated)} instead of ${next}`,
    );
    await bench.append(name, next, 10, bench.rows(name, 10, 10));
    const { inserted } = await bench.committed(name, 19);
    const ids = await bench.table.ids(name);
    const seen = `${said(repeated)} with token ${next}; then rows_inserted ${inserted}, ${ids.length} rows in the table`;
    must(inserted === 20 && same(ids, countTo(20)), seen);
    return seen;
  },
};

const fence: Probe = {
  name: 'fencing',
  claim: 'a second open makes the continuation tokens of the first stale: HTTP 400 STALE_CONTINUATION_TOKEN_SEQUENCER',
  run: async (bench) => {
    const { name, token } = await bench.newChannel();
    const second = await bench.open(name);
    const refused = await bench.wire.append(name, token, 0, bench.rows(name, 0, 5));
    must(
      refused.status === 400 && refused.code === 'STALE_CONTINUATION_TOKEN_SEQUENCER',
      `the first holder was answered ${said(refused)}`,
    );
    await bench.append(name, second.token, 100, bench.rows(name, 100, 5));
    await bench.committed(name, 104);
    const ids = await bench.table.ids(name);
    const seen = `the first holder was answered ${said(refused)}; the table has ${ids.length} rows of the second`;
    must(same(ids, countTo(105, 100)), seen);
    return seen;
  },
};

const reopen: Probe = {
  name: 'reopen',
  claim: 'token, counters and created_on_ms survive another open',
  run: async (bench) => {
    const { name, token } = await bench.newChannel();
    await bench.append(name, token, 0, bench.rows(name, 0, 10));
    const before = await bench.committed(name, 9);
    const { status } = await bench.open(name);
    const seen = `committed ${status.committed}, rows_inserted ${status.inserted}, created_on_ms ${status.createdOnMs} (before: ${before.committed}, ${before.inserted}, ${before.createdOnMs})`;
    must(status.committed === 9 && status.inserted === 10 && status.createdOnMs === before.createdOnMs, seen);
    return seen;
  },
};

const uncommitted: Probe = {
  name: 'open over uncommitted rows',
  claim:
    'fail_on_uncommitted_rows=true is refused with 409 ERR_CHANNEL_HAS_UNCOMMITTED_DATA; false discards them, and the token does not pass them',
  run: async (bench) => {
    const { name, token } = await bench.newChannel();
    await bench.append(name, token, 0, bench.rows(name, 0, 5));
    const refused = await bench.wire.open(name, true);
    const wasRefused = refused.status === 409 && refused.code === 'ERR_CHANNEL_HAS_UNCOMMITTED_DATA';
    must(wasRefused || refused.status === 200, `fail_on_uncommitted_rows=true was answered ${said(refused)}`);
    await bench.committed(name, 4);
    const again = await bench.open(name);
    await bench.append(name, again.token, 10, bench.rows(name, 10, 5));
    const forced = await bench.open(name, false);
    const stands = forced.status.committed === 14;
    await bench.append(name, forced.token, 20, bench.rows(name, 20, 5));
    await bench.committed(name, 24);
    const ids = await bench.table.ids(name);
    const expected = [...countTo(5), ...(stands ? countTo(15, 10) : []), ...countTo(25, 20)];
    const seen = `true: ${said(refused)}; false: token ${forced.status.committed}, then rows ${ids.join(' ')}`;
    must((stands || forced.status.committed === 4) && same(ids, expected), seen);
    return seen;
  },
};

const rowErrors: Probe = {
  name: 'rejected rows',
  claim:
    'a row that the table does not take is left out, the token passes it, and the first status with the token counts it; the counter survives another open',
  run: async (bench) => {
    const { name, token } = await bench.newChannel();
    const rows = [...bench.rows(name, 0, 4), { CHANNEL: name, ID: null }, ...bench.rows(name, 5, 5)];
    await bench.append(name, token, 0, rows);
    const status = await bench.committed(name, 9);
    const ids = await bench.table.ids(name);
    const { errors } = (await bench.open(name)).status;
    const seen = `committed ${status.committed}, rows_inserted ${status.inserted}, rows_error_count ${status.errors} (${errors} after another open), "${status.lastError}", rows ${ids.join(' ')}`;
    must(status.inserted === 9 && status.errors === 1 && errors === 1, seen);
    must(same(ids, [...countTo(4), ...countTo(10, 5)]), seen);
    return seen;
  },
};

const unknown: Probe = {
  name: 'status of an unknown channel',
  claim: 'it is absent from the answer',
  run: async (bench) => {
    await bench.newChannel();
    const status = await bench.status(newChannelName());
    must(status === null, `it has a status: code ${status?.code}`);
    return 'absent';
  },
};

const drop: Probe = {
  name: 'drop',
  claim: 'a dropped channel forgets its token; made again it has another created_on_ms',
  run: async (bench) => {
    const { name, token } = await bench.newChannel();
    await bench.append(name, token, 0, bench.rows(name, 0, 3));
    const before = await bench.committed(name, 2);
    const dropped = await bench.wire.drop(name);
    must(dropped.status === 200, `the drop was answered ${said(dropped)}`);
    const { status } = await bench.open(name);
    const seen = `committed ${status.committed}, created_on_ms ${status.createdOnMs} (before ${before.createdOnMs})`;
    must(status.committed === null && status.createdOnMs !== before.createdOnMs, seen);
    return seen;
  },
};

const madeAgain: Probe = {
  name: 'tokens of a dropped channel',
  claim: 'a channel that was dropped and made again under its name refuses the continuation tokens of its predecessor',
  run: async (bench) => {
    const { name, token } = await bench.newChannel();
    const used = await bench.append(name, token, 0, bench.rows(name, 0, 3));
    await bench.committed(name, 2);
    const dropped = await bench.wire.drop(name);
    must(dropped.status === 200, `the drop was answered ${said(dropped)}`);
    const made = await bench.open(name);
    const answers: string[] = [];
    for (const old of [token, used]) {
      const reply = await bench.wire.append(name, old, 100, bench.rows(name, 100, 3));
      answers.push(`${old}: ${said(reply)}`);
      must(reply.status >= 400, `the new channel has ${made.token}; an append with ${answers.join(', with ')}`);
    }
    await bench.append(name, made.token, 10, bench.rows(name, 10, 3));
    await bench.committed(name, 12);
    const ids = await bench.table.ids(name);
    const seen = `the new channel has ${made.token}; appends with ${answers.join(', ')}; rows ${ids.join(' ')}`;
    must(same(ids, [...countTo(3), ...countTo(13, 10)]), seen);
    return seen;
  },
};

/** After the others: they waited for commits. */
const latency: Probe = {
  name: 'commit latency',
  claim: 'rows are committed well within snowsink.commit.timeout.ms: at most half of it',
  run: async ({ commitLatenciesMs, commitTimeoutMs }) => {
    const sorted = commitLatenciesMs.toSorted((a, b) => a - b);
    const longest = sorted.at(-1) ?? 0;
    const seen = `${sorted.length} commits: ${sorted[0]} ms at least, ${longest} ms at most; the timeout is ${commitTimeoutMs} ms`;
    must(sorted.length > 0 && longest * 2 <= commitTimeoutMs, seen);
    return seen;
  },
};

/** What exactly-once rests on (docs/exactly-once.md), each on a channel of its own. */
export const probes: readonly Probe[] = [
  open,
  append,
  duplicate,
  fence,
  reopen,
  uncommitted,
  rowErrors,
  unknown,
  drop,
  madeAgain,
  latency,
];
