import { expect, test } from 'vitest';
import { asLastOffset, type Channel, type LastOffset, silentLogger } from '../../../src/api/index.ts';
import { ChannelRecovery, type ChannelRecoveryOptions } from '../../../src/connector/channel-recovery.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const recovery = (warnings: string[], clock = new VirtualClock(), open = async () => ({})): ChannelRecovery =>
  new ChannelRecovery({
    spec: { topic: 't', partition: 0, table: 'T', channelName: 't_0' },
    destination: { open },
    context: {
      clock,
      logger: { ...silentLogger, warn: (_: object, message: string) => warnings.push(message) },
    },
    settings: { commitTimeoutMs: 7 },
    random: () => 0,
    closing: new AbortController().signal,
  } as unknown as ChannelRecoveryOptions);

test('two reopens in a row for rows that were committed after all are told of, as long as nothing else comes between', () => {
  const warnings: string[] = [];
  const one = recovery(warnings);
  const all = { committed: asLastOffset(9n) };
  const reopenedFor = (cause: string, opened: { committed: LastOffset | null } = all): void =>
    one.reopenedFor(cause, opened, asLastOffset(9n));
  reopenedFor('COMMIT_TIMEOUT');
  reopenedFor('COMMIT_TIMEOUT', { committed: asLastOffset(8n) });
  reopenedFor('COMMIT_TIMEOUT');
  reopenedFor('COMMIT_TIMEOUT', { committed: null });
  reopenedFor('COMMIT_TIMEOUT');
  reopenedFor('ERR_CHANNEL_MUST_BE_REOPENED');
  reopenedFor('COMMIT_TIMEOUT');
  one.reopenedFor('COMMIT_TIMEOUT', all, null); // nothing was sent
  reopenedFor('COMMIT_TIMEOUT');
  expect(warnings).toEqual([]);
  reopenedFor('COMMIT_TIMEOUT');
  expect(warnings).toEqual([expect.stringMatching(/snowsink\.commit\.timeout\.ms \(7\).*Raise it/)]);
});

test('a lost channel is closed after a pause, and opened anew when nothing is under way on it', async () => {
  const [clock, quiet, steps] = [new VirtualClock(), Promise.withResolvers<void>(), [] as string[]];
  const one = recovery([], clock, async () => steps.push('open'));
  const lost = { close: () => void steps.push('close') } as Channel;
  const opened = one.reopen(lost, () => quiet.promise, { cause: 'FENCED', message: 'stale' });
  await clock.advance(299);
  expect(steps).toEqual([]);
  await clock.advance(10_000);
  expect(steps).toEqual(['close']);
  quiet.resolve();
  await opened;
  expect(steps).toEqual(['close', 'open']);
});
