/** The part of `npm run build` that tsc leaves out: files that are not TypeScript, into the same places under dist. */
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const assets = ['kernel/kernel.wasm'];

for (const asset of assets) {
  const target = join('dist', asset);
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(join('src', asset), target);
}

/** npm makes the bin executable on install; a checkout and an image run it directly. */
const main = join('dist', 'main.js');
const source = readFileSync(main, 'utf8');
if (!source.startsWith('#!')) writeFileSync(main, `#!/usr/bin/env node\n${source}`);
chmodSync(main, 0o755);
