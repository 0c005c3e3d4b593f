/**
 * The part of `npm run build` behind tsc, which writes declarations: few large modules in place of hundreds of small ones, because
 * each costs a thread a third of a millisecond and 4 KB. Packages stay outside. All chunks lie in dist itself, as deep as what src holds
 * beside its folders: what a module finds by its own address (a thread's file, package.json) must lie in src itself too.
 */
import { chmodSync, copyFileSync } from 'node:fs';
import { rolldown } from 'rolldown';

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
});
await bundle.write({
  dir: 'dist',
  format: 'esm',
  keepNames: true,
  comments: false,
  chunkFileNames: '[name]-[hash].js',
});
copyFileSync('src/kernel/kernel.wasm', 'dist/kernel.wasm');
/** npm makes the bin executable on install; a checkout and an image run it directly. */
chmodSync('dist/main.js', 0o755);
