import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

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
}, 30_000);
