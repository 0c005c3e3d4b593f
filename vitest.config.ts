import { defineConfig } from 'vitest/config';

/** unit: no network, no broker, under 15 s in all. integration: real broker, emulator over its wire protocols. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: [
            'test/unit/**/*.test.ts',
            'test/property/**/*.test.ts',
            'test/issues/**/*.test.ts',
            'emulator/test/unit/**/*.test.ts',
          ],
          // pure tests that leave nothing behind: modules are loaded once a thread, which halves the time
          pool: 'threads',
          isolate: false,
          // for a machine that others load: a property of 10 s took 60, the kernel's build 33
          testTimeout: 300_000,
        },
      },
      {
        test: {
          name: 'integration',
          include: [
            'test/integration/**/*.test.ts',
            'test/fault/**/*.test.ts',
            'test/e2e/**/*.test.ts',
            'emulator/test/integration/**/*.test.ts',
          ],
          globalSetup: ['test/support/global-setup.ts'],
          // for a machine that others load; what waits names its reason before that
          testTimeout: 480_000,
          hookTimeout: 480_000,
          // two cores: most of a file's time is waiting
          maxWorkers: 3,
        },
      },
    ],
  },
});
