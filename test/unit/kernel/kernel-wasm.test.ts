import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { createKernel, createMemory } from '../../../src/kernel/kernel.ts';
import { crc32c } from './record-batches.ts';

afterEach(() => {
  vi.unstubAllGlobals();
});

test('the committed kernel.wasm is what `npm run build:kernel` makes of its sources', () => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
  const folder = mkdtempSync(join(tmpdir(), 'kernel-'));
  try {
    const output = join(folder, 'kernel.wasm');
    const build = (scripts['build:kernel'] ?? '').split(' ').slice(1);
    const args = build.map((arg) => (arg === 'src/kernel/kernel.wasm' ? output : arg));
    const asc = join('node_modules', 'assemblyscript', 'bin', 'asc.js');
    const { status, stderr } = spawnSync(process.execPath, [asc, ...args], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
    expect(readFileSync(output).equals(readFileSync('src/kernel/kernel.wasm'))).toBe(true);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('CRC-32C of every length around what is folded and its pieces, against a table-driven one', () => {
  const memory = createMemory(4, 4);
  const kernel = createKernel(memory);
  const bytes = new Uint8Array(memory.buffer);
  for (let i = 65_536; i < bytes.length; i++) bytes[i] = Math.imul(i, 0x9e3779b1) >>> 24;
  expect(kernel.crc32c(65_536, 0)).toBe(0);
  for (const length of [
    1, 7, 8, 9, 1671, 1672, 1673, 1687, 1688, 9027, 9028, 9029, 9043, 9044, 17_220, 17_236, 100_003,
  ]) {
    for (const at of [65_536, 65_539])
      expect(kernel.crc32c(at, length) >>> 0).toBe(crc32c(bytes.subarray(at, at + length)));
  }
  bytes.set(Buffer.from('123456789'), 65_536);
  expect(kernel.crc32c(65_536, 9) >>> 0).toBe(0xe3069283); // the check value of RFC 3720's polynomial
});

test('where Node.js has no WebAssembly, the error says what to take away', () => {
  vi.stubGlobal('WebAssembly', undefined);
  expect(() => createMemory(1)).toThrow('take --jitless out of NODE_OPTIONS');
});
