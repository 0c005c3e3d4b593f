import { type Clock, ConnectError } from '../api/index.ts';

export interface Deadline {
  readonly signal: AbortSignal;
  cancel(): void;
}

/** A signal that aborts after `ms` of the injected clock, with a reason that says what took too long. */
export const deadline = (clock: Clock, ms: number, what: string): Deadline => {
  const controller = new AbortController();
  const timer = clock.setTimer(ms, () => controller.abort(new ConnectError(`${what} took longer than ${ms} ms.`)));
  return { signal: controller.signal, cancel: () => timer.cancel() };
};
