import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fidelityPage } from '../../scripts/fidelity-page.ts';

test('docs/emulator-fidelity.md says what the docstrings say (else: node emulator/scripts/write-fidelity-page.ts)', () => {
  const written = readFileSync(join(import.meta.dirname, '../../../docs/emulator-fidelity.md'), 'utf8');
  expect(written).toBe(fidelityPage());
});
