import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fidelityPage } from './fidelity-page.ts';

writeFileSync(join(import.meta.dirname, '../../docs/emulator-fidelity.md'), fidelityPage());
