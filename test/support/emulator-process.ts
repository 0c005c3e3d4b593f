import type { ChildServer } from './child-server.ts';
import { startChildServer } from './child-server.ts';

export interface EmulatorProcess {
  /** http://127.0.0.1:port */
  readonly url: string;
  readonly process: ChildServer;
  stop(): Promise<void>;
}

/** The emulator as its users start it, on a free port; `args` are further flags of its command. */
export const startEmulatorProcess = async (args: readonly string[] = []): Promise<EmulatorProcess> => {
  const urlIn = (output: string): string | undefined => output.match(/https?:\/\/127\.0\.0\.1:\d+/)?.[0];
  const child = await startChildServer({
    name: 'emulator',
    args: ['emulator/src/main.ts', '--port', '0', '--trust-any-key', ...args],
    ready: urlIn,
    readyWithinMs: 30_000,
  });
  return {
    url: urlIn(child.output()) ?? '',
    process: child,
    stop: async () => void (await child.stop(5000)),
  };
};
