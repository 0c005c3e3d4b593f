/** `npm test`: everything, in the order in which it fails fastest, with one sum at the end. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

interface Step {
  readonly name: string;
  run(): Promise<Counts>;
}

const results = mkdtempSync(join(tmpdir(), 'snowsink-test-'));
process.once('exit', () => rmSync(results, { recursive: true, force: true }));

/** Runs a command with its output shown; answers its exit code and the end of its output. */
const execute = (command: string, args: readonly string[]): Promise<{ code: number; tail: string }> =>
  new Promise((resolve) => {
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1' },
    });
    let tail = '';
    const show = (stream: NodeJS.WriteStream) => (chunk: Buffer) => {
      stream.write(chunk);
      tail = (tail + chunk.toString()).slice(-2000);
    };
    child.stdout.on('data', show(process.stdout));
    child.stderr.on('data', show(process.stderr));
    child.once('error', (error) => resolve({ code: 127, tail: error.message }));
    child.once('close', (code) => resolve({ code: code ?? 1, tail }));
  });

/** A command that is one test: its exit code says whether it passed. */
const command = (name: string, program: string, ...args: string[]): Step => ({
  name,
  run: async () => {
    const passed = (await execute(program, args)).code === 0;
    return { passed: passed ? 1 : 0, failed: passed ? 0 : 1, skipped: 0 };
  },
});

interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
}

/** A failed run without a failed test (a file that does not load, an unhandled rejection) counts as one failure. */
const vitest = (project: string): Step => ({
  name: `${project} tests`,
  run: async () => {
    const report = join(results, `${project}.json`);
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
    const { code } = await execute('vitest', ['run', '--project', project, ...reporters]);
    try {
      const counts = JSON.parse(readFileSync(report, 'utf8')) as VitestReport;
      const failed = counts.numFailedTests === 0 && code !== 0 ? 1 : counts.numFailedTests;
      return { passed: counts.numPassedTests, failed, skipped: counts.numPendingTests + counts.numTodoTests };
    } catch {
      return { passed: 0, failed: 1, skipped: 0 };
    }
  },
});

/** A script that counts for itself: its last line says `n passed, n failed`. */
const counted = (name: string, ...args: string[]): Step => ({
  name,
  run: async () => {
    const { code, tail } = await execute('node', args);
    const [, passed, failed, skipped = '0'] = tail.match(/(\d+) passed, (\d+) failed(?:, (\d+) skipped)?/) ?? [];
    if (passed === undefined || failed === undefined) return { passed: 0, failed: 1, skipped: 0 };
    const failures = Number(failed) === 0 && code !== 0 ? 1 : Number(failed);
    return { passed: Number(passed), failed: failures, skipped: Number(skipped) };
  },
});

const steps: readonly Step[] = [
  command('lint and format', 'biome', 'check', '.'),
  command('types', 'tsc', '--noEmit', '-p', '.'),
  command('types of the emulator', 'tsc', '--noEmit', '-p', 'emulator'),
  command('generated documentation', 'node', 'scripts/generate-docs.ts', '--check'),
  vitest('unit'),
  counted('golden vectors', 'test/golden/run.ts'),
  counted('simulation', 'test/simulation/simulate.ts', '--seeds', '100'),
  counted('idle and slow worlds', 'test/simulation/idle-and-slow.ts'),
  vitest('integration'),
];

const line = (name: string, { passed, failed, skipped }: Counts, seconds: number): string =>
  `${failed === 0 ? 'ok  ' : 'FAIL'}  ${name.padEnd(24)} ${String(passed).padStart(6)} passed ${String(failed).padStart(4)} failed ${String(skipped).padStart(4)} skipped ${seconds.toFixed(0).padStart(5)} s`;

const total = { passed: 0, failed: 0, skipped: 0 };
const summary: string[] = [];
for (const [index, step] of steps.entries()) {
  console.log(`\n[${index + 1}/${steps.length}] ${step.name}`);
  const start = performance.now();
  const counts = await step.run();
  total.passed += counts.passed;
  total.failed += counts.failed;
  total.skipped += counts.skipped;
  summary.push(line(step.name, counts, (performance.now() - start) / 1000));
}
console.log(`\n${summary.join('\n')}\n`);
console.log(`${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}`);
process.exitCode = total.failed === 0 ? 0 : 1;
