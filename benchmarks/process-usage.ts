import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** What a process has cost so far, all its threads together. */
export interface ProcessUsage {
  readonly cpuSeconds: number;
  readonly peakRssBytes: number;
}

/** Linux counts CPU time for user space in hundredths of a second, whatever the kernel's own tick. */
const ticksPerSecond = 100;

/** user + system time (proc_pid_stat(5), fields 14 and 15) and VmHWM of a running process. */
export const usageOf = (pid: number): ProcessUsage => {
  // the second field is a name in brackets that may hold spaces
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  const [user = NaN, system = NaN] = fields.slice(11, 13).map(Number);
  const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return { cpuSeconds: (user + system) / ticksPerSecond, peakRssBytes: Number(peak) * 1024 };
};

/** Binds a process and all its threads to one core. */
export const pin = (pid: number, core: number): void => {
  execFileSync('taskset', ['--all-tasks', '--cpu-list', '--pid', String(core), String(pid)], { stdio: 'ignore' });
};

export const canPin = (): boolean => {
  try {
    execFileSync('taskset', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};
