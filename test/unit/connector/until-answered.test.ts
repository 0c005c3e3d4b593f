import { expect, test } from 'vitest';
import { ConnectError, RetriableError, silentLogger } from '../../../src/api/index.ts';
import { untilAnswered } from '../../../src/connector/until-answered.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

/** `answers`: an error is thrown. */
const asking = (answers: readonly (Error | string)[]) => {
  const clock = new VirtualClock();
  const stopping = new AbortController();
  let asked = 0;
  const ask = async (): Promise<string> => {
    const answer = answers[Math.min(asked++, answers.length - 1)] ?? '';
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const outcome = untilAnswered(ask, { clock, logger: silentLogger, signal: stopping.signal }).catch(
    (error: Error) => error.message,
  );
  return { clock, stopping, outcome, asked: () => asked };
};
const away = new RetriableError('no answer');

test('an account that is away for a while is asked again', async () => {
  const { clock, outcome, asked } = asking([away, away, 'columns']);
  await clock.advance(3000);
  expect([await outcome, asked()]).toEqual(['columns', 3]);
});

test('one that does not come back is told after half a minute', async () => {
  const { clock, outcome, asked } = asking([away]);
  await clock.advance(30_000);
  expect([await outcome, asked()]).toEqual(['no answer', 6]);
});

test('a refusal is final, and a task that stops does not wait', async () => {
  expect(await asking([new ConnectError('no such role')]).outcome).toBe('no such role');
  const { clock, stopping, outcome } = asking([away]);
  await clock.advance(0);
  stopping.abort(new Error('task stopped'));
  expect(await outcome).toBe('task stopped');
});
