import { describe, expect, test } from 'vitest';
import { asLastOffset, asNextOffset } from '../../../src/api/index.ts';
import {
  accountedFor,
  decodeCommitMetadata,
  encodeCommitMetadata,
  type ResumeFacts,
  type ResumePolicy,
  resumeAt,
} from '../../../src/offsets/index.ts';

const strict: ResumePolicy = { offsetReset: 'earliest', onAmbiguousOffset: 'fail', onLoss: 'fail' };
const noted = (token: bigint | null, topicId = 'T1'): string =>
  encodeCommitMetadata({ token: token === null ? null : asLastOffset(token), topicId, incarnation: '1' });
const facts = (
  kafka: bigint | null,
  metadata: string | null,
  token: bigint | null,
  log: [bigint, bigint] = [0n, 100n],
  topicId = 'T1',
): ResumeFacts => ({
  committed: kafka === null ? null : { offset: asNextOffset(kafka), metadata },
  token: token === null ? null : asLastOffset(token),
  logStart: asNextOffset(log[0]),
  logEnd: asNextOffset(log[1]),
  topicId,
});
const at = (given: ResumeFacts, policy = strict): string => {
  const resume = resumeAt(given, policy);
  if (resume.kind === 'stop') return `stop: ${resume.reason}`;
  const notices = resume.notices.map(({ code, from, to }) => ` ${code} ${from}-${to}`);
  return `${resume.at}${resume.forgets === 'none' ? '' : ` without ${resume.forgets}`}${notices.join('')}`;
};

describe('nobody has read yet', () => {
  test.each([
    ['earliest', '5'],
    ['latest', '100'],
    ['none', 'stop: no-initial-offset'],
  ] as const)('auto.offset.reset=%s', (offsetReset, expected) => {
    expect(at(facts(null, null, null, [5n, 100n]), { ...strict, offsetReset })).toBe(expected);
  });
  test('latest never applies where the channel has a token', () => {
    expect(at(facts(null, null, 41n), { ...strict, offsetReset: 'latest' })).toBe('stop: token-without-commit');
  });
});

describe('our own commit and the token', () => {
  test('token as noted: Kafka is right, and the filtered tail is not read again', () =>
    expect(at(facts(60n, noted(41n), 41n))).toBe('60'));
  test('all filtered so far: no token then, none now', () => expect(at(facts(60n, noted(null), null))).toBe('60'));
  test('token ahead of the commit: crash between durable and commit', () =>
    expect(at(facts(42n, noted(41n), 55n))).toBe('56'));
  test('token moved but still behind a filtered tail', () => expect(at(facts(60n, noted(41n), 50n))).toBe('60'));
  test('first token after a commit without one', () => expect(at(facts(10n, noted(null), 20n))).toBe('21'));
  test('token behind what was noted: sent again, and said', () =>
    expect(at(facts(60n, noted(41n), 30n))).toBe('31 destination-regressed 31-41'));
  test('written by another method since: neither token speaks for the other; Kafka on wish', () => {
    const stream = { ...facts(60n, noted(41n), 30n), incarnation: 'staged-copy:9' };
    expect(at(stream)).toBe('stop: token-lost');
    expect(at(stream, { ...strict, onAmbiguousOffset: 'kafka' })).toMatch(/^60/);
    expect(at({ ...facts(60n, noted(41n), 30n), incarnation: '2' })).toBe('31 destination-regressed 31-41');
  });
  test('token gone: stop', () => expect(at(facts(60n, noted(41n), null))).toBe('stop: token-lost'));
  test.each([
    ['kafka', '60 ambiguous 0-59'],
    ['earliest', '0 ambiguous 0-59'],
    ['latest', '100 ambiguous 0-99'],
  ] as const)('token gone and an operator chose %s', (onAmbiguousOffset, expected) => {
    expect(at(facts(60n, noted(41n), null), { ...strict, onAmbiguousOffset })).toBe(expected);
  });
});

/** Kafka is at 42 with all rows below it accounted for, ten of them; the token is 51, and the counters know of so many rows. */
const sentOn = (rows: number | null, more: Partial<ResumeFacts> = {}): ResumeFacts => {
  const metadata = encodeCommitMetadata({
    ...{ token: asLastOffset(41n), topicId: 'T1', incarnation: '1', rejected: 0 },
    ...{ accountedBelow: asNextOffset(42n), rows: 10 },
  });
  return { ...facts(42n, metadata, 51n), incarnation: '1', rejected: 0, rows, ...more };
};

describe('an owner sent rows and died before it could commit', () => {
  test('as many rows as offsets: all are in the table', () => {
    expect(at(sentOn(20))).toBe('52');
    expect(accountedFor(sentOn(20), asNextOffset(52n))).toEqual({ below: 42n, rejected: 0, rows: 10 });
  });
  test('less of them: read once more from the commit on, and look which made no row', () => {
    expect(at(sentOn(17))).toBe('42');
    expect(accountedFor(sentOn(17), asNextOffset(42n))).toEqual({ below: 42n, rejected: 0, rows: 10 });
  });
  test('a commit that is led back for another channel accounts for what this one had by then', () => {
    const metadata = encodeCommitMetadata({
      ...{ token: asLastOffset(51n), topicId: 'T1', incarnation: '1', lanes: 2 },
      ...{ rejected: 0, accountedBelow: asNextOffset(52n), rows: 20 },
    });
    const led = sentOn(20, { committed: { offset: asNextOffset(42n), metadata } });
    expect(at(led, { ...strict, severalTables: true })).toBe('42');
    expect(accountedFor(led, asNextOffset(42n))).toEqual({ below: 52n, rejected: 0, rows: 20 });
    expect(accountedFor({ ...led, rejected: 1 }, asNextOffset(42n)).below).toBe(42n);
  });
  test('counters that say nothing: the token is the truth', () => expect(at(sentOn(null))).toBe('52'));
  test('of a channel that was made anew all rows were sent from the commit on', () => {
    const anew = (rows: number) => sentOn(rows, { incarnation: '2' });
    expect(at(anew(10))).toBe('52');
    expect(accountedFor(anew(10), asNextOffset(52n))).toEqual({ below: 52n, rejected: 0, rows: 10 });
    expect(at(anew(3))).toBe('42');
    expect(accountedFor(anew(3), asNextOffset(42n))).toEqual({ below: 42n, rejected: 0, rows: 0 });
  });
  test('a token beyond the log stops before anything is looked into', () =>
    expect(at(sentOn(17, { logEnd: asNextOffset(50n) }))).toBe('stop: beyond-log-end'));
  test('what retention has taken cannot be looked into', () => {
    const late = sentOn(17, { logStart: asNextOffset(50n) });
    expect(at(late)).toBe('52 not-verified 42-51');
    expect(accountedFor(late, asNextOffset(52n)).below).toBe(52n);
  });
});

describe('somebody has set the token', () => {
  const set = sentOn(10, { tokenWasSet: true });
  test('stop, with the choices', () => {
    const resume = resumeAt(set, strict);
    expect(at(set)).toBe('stop: token-was-set');
    expect(resume).toMatchObject({
      explanation: expect.stringMatching(
        /Offsets 42 to 51 would be left out.*kafka \(forget the token and read on at 42\), latest \(from 100\).*snowsink\.on\.loss=continue/,
      ),
    });
  });
  test.each([
    [{ onAmbiguousOffset: 'kafka' }, '42 without this channel'],
    [{ onAmbiguousOffset: 'earliest' }, '42 without this channel'],
    [{ onAmbiguousOffset: 'latest' }, '100 without this channel ambiguous 42-99'],
    [{ onLoss: 'continue' }, '52 token-was-set 42-51'],
  ] as const)('an operator answers %o', (answer, expected) => {
    expect(at(set, { ...strict, ...answer })).toBe(expected);
  });
  test('what was left out on purpose is not looked for', () =>
    expect(accountedFor(set, asNextOffset(52n))).toEqual({ below: 52n, rejected: 0, rows: 10 }));
});

test('token gone, and retention has passed the commit too: what is lost is named, whatever is chosen', () => {
  const behind = facts(10n, noted(9n), null, [20n, 100n]);
  expect(at(behind, { ...strict, onAmbiguousOffset: 'earliest' })).toBe('stop: retention-loss');
  expect(at(behind, { ...strict, onAmbiguousOffset: 'earliest', onLoss: 'continue' })).toBe('20 retention-loss 10-19');
});

describe('commits of others', () => {
  test('no token: stop', () => expect(at(facts(60n, '', null))).toBe('stop: foreign-group'));
  test('retention has passed it: what is lost is named, not skipped', () =>
    expect(at(facts(3n, '', null, [20n, 100n]))).toBe('stop: retention-loss'));
  test('nothing read yet: no question', () => expect(at(facts(0n, '', null))).toBe('0'));
  test('token at or past the commit: the token is the truth', () => expect(at(facts(42n, '', 41n))).toBe('42'));
  test('reset backwards by a tool: durable rows are not read again', () => expect(at(facts(3n, '', 41n))).toBe('42'));
  test('moved forward by a tool: stop', () => expect(at(facts(60n, '', 41n))).toBe('stop: foreign-group'));
});

describe('the log', () => {
  test('retention took what must come next', () =>
    expect(at(facts(10n, noted(9n), 9n, [20n, 100n]))).toBe('stop: retention-loss'));
  test('and an operator accepts it', () =>
    expect(at(facts(10n, noted(9n), 9n, [20n, 100n]), { ...strict, onLoss: 'continue' })).toBe(
      '20 retention-loss 10-19',
    ));
  test('ends before the next offset', () =>
    expect(at(facts(60n, noted(59n), 59n, [0n, 30n]))).toBe('stop: beyond-log-end'));
  test('another topic of the same name', () =>
    expect(at(facts(60n, noted(59n, 'T0'), 59n))).toBe('stop: topic-recreated'));
  test('an incarnation that no commit noted tells nothing: it may be of a table that was made anew before the topic was', () =>
    expect(at({ ...facts(60n, noted(41n, 'T0'), 7n), incarnation: '2', rows: 8 })).toBe('stop: topic-recreated'));
  test('and an operator wants the new one: the old token must go', () =>
    expect(at(facts(60n, noted(59n, 'T0'), 59n), { ...strict, onAmbiguousOffset: 'earliest' })).toBe(
      '0 without all channels',
    ));
  test('exactly at the end is fine', () => expect(at(facts(100n, noted(99n), 99n))).toBe('100'));
});

describe('Kafka has forgotten the group’s offset, and the channel has a token', () => {
  const forgotten = facts(null, null, 41n);
  test('the topic may have been made again: stop', () => expect(at(forgotten)).toBe('stop: token-without-commit'));
  test('it was: the token goes', () =>
    expect(at(forgotten, { ...strict, onAmbiguousOffset: 'earliest' })).toBe('0 without all channels'));
  test('what latest leaves out is named', () =>
    expect(at(forgotten, { ...strict, onAmbiguousOffset: 'latest' })).toBe('100 without all channels ambiguous 0-99'));
  test('it was not: on behind the token, and what is taken for read is named', () =>
    expect(at(forgotten, { ...strict, onLoss: 'continue' })).toBe('42 token-without-commit 0-41'));
  test('a commit of Kafka’s is not there to go by', () =>
    expect(at(forgotten, { ...strict, onAmbiguousOffset: 'kafka' })).toBe('stop: token-without-commit'));
});

/** A commit of 10 rows that are accounted for. */
const tenRows = encodeCommitMetadata({
  token: asLastOffset(9n),
  topicId: 'T1',
  incarnation: '1',
  accountedBelow: asNextOffset(10n),
  rows: 10,
});

test('less rows than offsets behind the commit, and retention took the records: said, for nobody can look', () => {
  const doubtful = { ...facts(10n, tenRows, 14n, [12n, 100n]), incarnation: '1', rows: 13 };
  expect(at(doubtful)).toBe('15 not-verified 10-14');
  expect(at({ ...doubtful, rows: 15 })).toBe('15');
});

test('a token that was set, and retention behind it: both losses are named', () => {
  const set = { ...facts(0n, noted(null), 2n, [5n, 10n]), tokenWasSet: true };
  expect(at(set, { ...strict, onLoss: 'continue' })).toBe('5 token-was-set 0-2 retention-loss 3-4');
});

test('a token that was raised, and then the log truncated: its end leaves out what the counters do not know of, and says so', () => {
  const raised = { ...facts(10n, tenRows, 40n, [0n, 30n]), incarnation: '1' };
  const latest = { ...strict, onAmbiguousOffset: 'latest' } as const;
  expect(at({ ...raised, rows: 14 }, latest)).toBe('30 without all channels ambiguous 10-29');
  expect(at({ ...raised, rows: 41 }, latest)).toBe('30 without all channels');
});

test('a table made anew, and a token set on its channel: what was in the old one is the question', () => {
  const set = { ...facts(60n, noted(59n), 70n), incarnation: '2', rows: 0, tokenWasSet: true };
  expect(at(set)).toBe('stop: token-lost');
  expect(at(set, { ...strict, onAmbiguousOffset: 'earliest' })).toBe('0 without this channel ambiguous 0-59');
  expect(at({ ...set, committed: { offset: asNextOffset(60n), metadata: noted(null) } })).toBe('stop: token-was-set');
});

test('a log that is shorter was truncated where the topic is the noted one; else it may be another one', () => {
  const explained = (topicId: string | null): string => {
    const resume = resumeAt({ ...facts(60n, noted(59n), 59n, [0n, 30n]), topicId }, strict);
    return resume.kind === 'stop' ? resume.explanation : '';
  };
  expect(explained('T1')).toContain('it was truncated (the topic is the same one)');
  expect(explained(null)).toContain('it was truncated, the topic was made again, or the offset was set past it');
});

test('a stop says what happened and lists the choices', () => {
  const resume = resumeAt(facts(60n, noted(41n), null), strict);
  expect(resume).toMatchObject({ kind: 'stop', explanation: expect.stringContaining('snowsink.on.ambiguous.offset') });
});

describe('transforms may route to several tables', () => {
  const several = { ...strict, severalTables: true };
  test("nothing behind Kafka's offset is passed over on one token's word", () =>
    expect(at(facts(42n, noted(41n), 55n), several)).toBe('42'));
  test('a token that went back counts', () =>
    expect(at(facts(60n, noted(41n), 30n), several)).toBe('31 destination-regressed 31-41'));
  test('no commit any more, and gone on: from the beginning, each channel passes over what it has', () =>
    expect(at(facts(null, null, 41n, [5n, 100n]), { ...several, onLoss: 'continue' })).toBe(
      '5 token-without-commit 5-41',
    ));
  test('no commit any more and latest: where the last owner began is not known', () =>
    expect(at(facts(null, null, 41n), { ...several, offsetReset: 'latest', onLoss: 'continue' })).toBe(
      'stop: no-initial-offset',
    ));
  test('a token beyond the log still stops, and what its end leaves out of the others is named', () => {
    const truncated = facts(60n, noted(499n), 499n);
    expect(at(truncated, several)).toBe('stop: beyond-log-end');
    expect(at(truncated, { ...several, onAmbiguousOffset: 'latest' })).toBe('100 without all channels ambiguous 60-99');
    expect(at({ ...truncated, rows: null }, { ...strict, onAmbiguousOffset: 'latest' })).toBe(
      '100 without all channels',
    );
  });
  test('one that has some of the rows only cannot tell whether it has all of its own', () => {
    const ofOneLane = { ...facts(60n, noted(499n), 499n), rejected: 0 };
    expect(at(ofOneLane, { ...strict, onAmbiguousOffset: 'latest' })).toBe('100 without all channels ambiguous 60-99');
  });
  test("an operator's choice stands", () =>
    expect(at(facts(60n, noted(41n), null), { ...several, onAmbiguousOffset: 'latest' })).toBe('100 ambiguous 0-99'));
});

test('commits note the tokens of several tables, as many as fit', () => {
  const tables = new Map(Array.from({ length: 500 }, (_, index) => [`TABLE_${index}`, asLastOffset(BigInt(index))]));
  const text = encodeCommitMetadata({ token: null, topicId: 'T1', incarnation: '1', tables });
  expect(text.length).toBeLessThanOrEqual(3500);
  expect(decodeCommitMetadata(text)?.tables?.get('TABLE_7')).toBe(7n);
});
