import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

let collect: (() => void) | null = null;

/** V8 hands its collector out to contexts that are made while the flag is set. */
const expose = (): (() => void) => {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  setFlagsFromString('--no-expose-gc');
  return gc;
};

/** A full collection of this thread's heap, now: 15 ms and more of CPU. */
export const collectGarbage = (): void => {
  collect ??= expose();
  collect();
};
