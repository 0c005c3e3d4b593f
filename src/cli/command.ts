/** One command of the command line: a file each. */
export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** What `--help` prints. */
  readonly usage: string;
  /** Answers the exit code. Throws ConfigError and ConnectError for a user's mistakes, which the caller prints in one piece. */
  run(args: readonly string[], io: CommandLine): Promise<number>;
}

/** By name; loaded when they are asked for, because a worker needs none of the others. */
export type Commands = Readonly<Record<string, () => Promise<Command>>>;

/** The process around a command. */
export interface CommandLine {
  readonly environment: Readonly<Record<string, string | undefined>>;
  out(text: string): void;
  err(text: string): void;
  /** A person's answer; '' where nobody is there. */
  ask(question: string): Promise<string>;
  /** Calls back at each SIGTERM or SIGINT. */
  onSignal(callback: (signal: 'SIGTERM' | 'SIGINT') => void): void;
  /** Ends the process at once. */
  exit(code: number): never;
}
