import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { type Mutant, mutants } from './mutants.ts';

const urlOf = ({ file }: Mutant): URL => new URL(`../../../src/${file}`, import.meta.url);

/** The code that it names stands in its file exactly once. */
export const fits = (mutant: Mutant): boolean => readFileSync(urlOf(mutant), 'utf8').split(mutant.find).length === 2;

/** Has the module of a planted bug loaded with its patch. */
export const plant = (name: string): void => {
  const mutant = mutants.find((candidate) => candidate.name === name);
  if (mutant === undefined || !fits(mutant)) throw new RangeError(`no planted bug "${name}" that fits the code`);
  const url = urlOf(mutant);
  const source = readFileSync(url, 'utf8');
  registerHooks({
    load: (loaded, context, nextLoad) => {
      const result = nextLoad(loaded, context);
      if (loaded !== url.href) return result;
      return { ...result, source: source.replace(mutant.find, () => mutant.replace) };
    },
  });
};
