/**
 * The part of `npm run build` before tsc, which writes declarations: few large modules in place of hundreds of small ones, because
 * each costs a thread a third of a millisecond and 4 KB. Packages stay outside. All chunks lie in dist itself, as deep as what src holds
 * beside its folders: what a module finds by its own address (a thread's file, package.json) must lie in src itself too.
 */
import { chmodSync, copyFileSync } from 'node:fs';
import { type Plugin, rolldown } from 'rolldown';

const escaped = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** V8 keeps the sources in each thread, with two bytes a character where one of them is not Latin-1. */
const latin1: Plugin = {
  name: 'latin1',
  generateBundle: (_options, outputs) => {
    for (const output of Object.values(outputs))
      if (output.type === 'chunk') output.code = output.code.replaceAll(/[\u0100-\uffff]/g, escaped);
  },
};

const bundle = await rolldown({
  input: {
    main: 'src/main.ts',
    'task-thread': 'src/task-thread.ts',
    'table-process': 'src/table-process.ts',
    index: 'src/index.ts',
    'api/index': 'src/api/index.ts',
  },
  platform: 'node',
  external: /^[^./]/,
  plugins: [latin1],
});
await bundle.write({
  dir: 'dist',
  cleanDir: true,
  format: 'esm',
  keepNames: true,
  comments: false,
  chunkFileNames: '[name]-[hash].js',
});
copyFileSync('src/kernel/kernel.wasm', 'dist/kernel.wasm');
/** npm makes the bin executable on install; a checkout and an image run it directly. */
chmodSync('dist/main.js', 0o755);
