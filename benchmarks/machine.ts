import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus, totalmem } from 'node:os';

/** What figures must be read with. */
export const machine = (): object => ({
  cpu: cpus()[0]?.model,
  cores: availableParallelism(),
  memoryBytes: totalmem(),
  node: process.version,
});

/** The worker is measured as the image runs it: built. */
export const build = (): void => {
  console.log('Building …');
  execFileSync('npm', ['run', '-s', 'build'], { stdio: 'inherit' });
};
