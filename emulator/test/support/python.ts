import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const installDeadlineMs = 45_000;
/** Where one installation failed, the next would too: the tests wait once. */
let failure: string | null = null;

export interface PythonRun {
  readonly stdout: string;
  readonly stderr: string;
}

/** A virtual environment that has a package, or the reason why there is none. */
export type Python =
  | { readonly run: (script: string, args: readonly string[], env: Record<string, string>) => Promise<PythonRun> }
  | { readonly missing: string };

/** Keeps its environments in the temporary folder: only the first run installs. */
export const pythonWith = async (requirement: string): Promise<Python> => {
  if (failure !== null) return { missing: failure };
  const name = createHash('sha256').update(requirement).digest('hex').slice(0, 12);
  const folder = join(tmpdir(), 'snowsink-emulator-python', name);
  const python = join(folder, 'bin', 'python');
  try {
    if (!existsSync(join(folder, 'bin', 'pip'))) await run('python3', ['-m', 'venv', folder], { timeout: 20_000 });
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--retries', '1', requirement];
    await run(python, pip, { timeout: installDeadlineMs });
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    failure = `Python with pip and ${requirement} is needed and not there (${reason})`;
    return { missing: failure };
  }
  return {
    run: (script, args, env) =>
      run(python, [script, ...args], {
        timeout: 60_000,
        maxBuffer: 64 * 1024 * 1024,
        env: { ...process.env, ...env },
      }),
  };
};

/** What the script printed behind `RESULT ` on stderr. */
export const resultOf = ({ stdout, stderr }: PythonRun): unknown => {
  const line = stderr.split('\n').findLast((text) => text.startsWith('RESULT '));
  if (line === undefined) throw new Error(`the script gave no result:\n${stdout.slice(-2000)}\n${stderr.slice(-2000)}`);
  return JSON.parse(line.slice('RESULT '.length));
};
