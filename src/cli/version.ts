import { readFileSync } from 'node:fs';

/** From package.json, two folders up from here in the checkout and in the built package. */
export const readVersion = (): string => {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return String((JSON.parse(text) as { readonly version?: unknown }).version);
};
