// The kernel's exports (AssemblyScript → WebAssembly; `npm run build:kernel`). No garbage, no growth, no import but a memory that the host makes
// once, so that views on it, and zlib's work on them, stay valid. Addresses below `ownBytes()` are the kernel's own.
export { configure, rows, status, at, next, out, written, firstOffset, lastOffset } from './rows.as';
export { beginColumns, addField, answered, asked, questions } from './columns.as';
export { isJson } from './json.as';
export { initialize, crc32c } from './crc32c.as';
export { lz4Block, snappyBlock } from './block-codecs.as';

export function ownBytes(): usize {
  return __heap_base;
}
