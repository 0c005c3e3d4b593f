import { expect, test } from 'vitest';
import { ChannelRecovery, type ChannelRecoveryOptions } from '../../../src/connector/channel-recovery.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const recovery = (): ChannelRecovery =>
  new ChannelRecovery({
    clock: new VirtualClock(),
    random: () => 0,
    closing: new AbortController().signal,
  } as unknown as ChannelRecoveryOptions);

test('reopens for rows that were committed after all are counted as long as nothing else comes between', () => {
  const one = recovery();
  expect(one.needless('COMMIT_TIMEOUT', true)).toBe(1);
  expect(one.needless('COMMIT_TIMEOUT', true)).toBe(2);
  expect(one.needless('COMMIT_TIMEOUT', false)).toBe(0);
  expect(one.needless('COMMIT_TIMEOUT', true)).toBe(1);
  expect(one.needless('ERR_CHANNEL_MUST_BE_REOPENED', true)).toBe(0);
});
