import { expect, test } from 'vitest';
import { asLastOffset, type LastOffset, silentLogger } from '../../../src/api/index.ts';
import { ChannelRecovery, type ChannelRecoveryOptions } from '../../../src/connector/channel-recovery.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const recovery = (warnings: string[]): ChannelRecovery =>
  new ChannelRecovery({
    spec: { topic: 't', partition: 0, table: 'T', channelName: 't_0' },
    context: {
      clock: new VirtualClock(),
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
