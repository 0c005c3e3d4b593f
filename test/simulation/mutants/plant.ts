import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { mutants } from './mutants.ts';

/** Has the modules of a planted bug loaded with its patch. Throws where the code that it names is not there exactly once. */
export const plant = (name: string): void => {
  const mutant = mutants.find((candidate) => candidate.name === name);
  if (mutant === undefined) throw new RangeError(`no planted bug ${name}`);
  const url = new URL(`../../../src/${mutant.file}`, import.meta.url);
  const source = readFileSync(url, 'utf8');
  if (source.split(mutant.find).length !== 2) {
    throw new RangeError(`the planted bug "${name}" no longer fits ${mutant.file}: bring its patch up to date`);
  }
  registerHooks({
    load: (loaded, context, nextLoad) => {
      const result = nextLoad(loaded, context);
      if (loaded !== url.href) return result;
      return { ...result, source: source.replace(mutant.find, () => mutant.replace) };
    },
  });
};
