import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Output of a docker command; rejects with what it wrote to stderr. Legacy builder: Debian's engine has no BuildKit. */
export const docker = async (...args: readonly string[]): Promise<string> => {
  const { stdout, stderr } = await run('docker', [...args], {
    env: { ...process.env, DOCKER_BUILDKIT: '0' },
    maxBuffer: 64 * 1024 * 1024,
  });
  return args[0] === 'logs' ? stdout + stderr : stdout;
};

/** True where the docker command and its engine are there. */
export const dockerAnswers = (): boolean => spawnSync('docker', ['info'], { stdio: 'ignore' }).status === 0;
