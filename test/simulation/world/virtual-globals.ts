import { HostProcess } from './host-process.ts';
import type { Scheduler } from './scheduler.ts';

/**
 * Some packages keep time by themselves (opossum). In a simulation's thread the global clock and timers are virtual and belong to the
 * process whose event is being handled, and chance is an error: whatever asks for it must get it injected.
 */
export const virtualGlobals = { scheduler: null as Scheduler | null };

const running = (): { scheduler: Scheduler; owner: HostProcess | null } => {
  const { scheduler } = virtualGlobals;
  if (scheduler === null) throw new Error('a timer or clock of the machine was asked for outside of a simulation');
  return { scheduler, owner: scheduler.current instanceof HostProcess ? scheduler.current : null };
};

const timer = (ms: number, callback: () => void): object => {
  const { scheduler, owner } = running();
  const { cancel } = scheduler.after(ms, owner ?? scheduler.current, callback);
  return { cancel, unref: () => {}, ref: () => {}, hasRef: () => false };
};

const realClear = globalThis.clearTimeout;
const cancel = (handle: unknown): void => {
  const virtual = handle as { cancel?: () => void } | undefined;
  if (virtual?.cancel !== undefined) virtual.cancel();
  else realClear(handle as NodeJS.Timeout | undefined);
};

/** Once for a thread, before production code is loaded. */
export const installVirtualGlobals = (): void => {
  const RealDate = Date;
  class VirtualDate extends RealDate {
    constructor(...given: unknown[]) {
      super(...((given.length === 0 ? [VirtualDate.now()] : given) as [number]));
    }
    static override now(): number {
      if (virtualGlobals.scheduler === null) return RealDate.now();
      const { scheduler, owner } = running();
      return owner?.clock.now() ?? scheduler.nowMs;
    }
  }
  const every = (callback: () => void, ms: number): object => {
    const handle = { cancel: () => {}, unref: () => {}, ref: () => {}, hasRef: () => false };
    const arm = (): void => {
      const next = timer(ms, () => {
        arm();
        callback();
      });
      handle.cancel = () => cancel(next);
    };
    arm();
    return handle;
  };
  const real = { setTimeout: globalThis.setTimeout, setInterval: globalThis.setInterval };
  const isOn = (): boolean => virtualGlobals.scheduler !== null;
  Object.assign(globalThis, {
    Date: VirtualDate,
    setTimeout: (callback: () => void, ms = 0, ...args: []) =>
      isOn() ? timer(ms, () => callback(...args)) : real.setTimeout(callback, ms, ...args),
    setInterval: (callback: () => void, ms = 0) => (isOn() ? every(callback, ms) : real.setInterval(callback, ms)),
    clearTimeout: cancel,
    clearInterval: cancel,
  });
  const { random } = Math;
  Math.random = () => {
    if (!isOn()) return random();
    throw new Error('Math.random was called in a simulation: take the injected source of chance');
  };
};
