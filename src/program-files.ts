import { readFileSync } from 'node:fs';
import { extname } from 'node:path';

/**
 * What the program finds by its own address. This file lies as deep as the built package's modules do (scripts/bundle.ts), so the
 * ways hold in both.
 */
const beside = (name: string): URL => new URL(`./${name}${extname(import.meta.url)}`, import.meta.url);

/** What a thread of tasks runs. */
export const taskThreadFile = beside('task-thread');
/** What the process of the SQL driver runs. */
export const tableProcessFile = beside('table-process');

/** From package.json. */
export const readVersion = (): string => {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return String((JSON.parse(text) as { readonly version?: unknown }).version);
};
