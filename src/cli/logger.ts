import { type DestinationStream, type LoggerOptions, pino } from 'pino';
import type { Logger } from '../api/index.ts';
import { type LoggerLevelName, LoggerLevels, parseLoggerLevel, rootLogger } from '../util/logger-levels.ts';

export interface LogOptions {
  /** Who says what is logged, and may change it (KIP-495). */
  readonly levels: LoggerLevels;
  readonly format: 'json' | 'text';
  /** `main` or a task thread's name. */
  readonly thread: string;
}

/** What must never be printed whatever it is nested in: password-typed properties, client credentials, tokens. */
const secretName = /private\.?key|passphrase|password|secret|jaas|token|credential|api\.key/i;

/** A log line's fields without secrets; deeper than a config is nested nothing is kept. */
export const hideSecrets = (fields: Readonly<Record<string, unknown>>, depth = 0): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(fields).map(([name, value]) => {
      if (secretName.test(name) && typeof value === 'string') return [name, '[hidden]'];
      if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Error)
        return [name, value];
      return [name, depth < 3 ? hideSecrets(value as Record<string, unknown>, depth + 1) : '[nested]'];
    }),
  );

const printed = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

// the message says what a trace begins with; the whole of it is in the status over REST and in JSON lines
const notFields = new Set(['time', 'level', 'message', 'thread', 'trace', 'logger']);

/** One JSON log line as a person reads it: `09:15:02.123 WARN  message  topic=orders partition=3`. */
export const asText = (line: string): string => {
  const entry = JSON.parse(line) as Record<string, unknown>;
  const time = String(entry['time']).slice(11, 23);
  const fields = Object.entries(entry)
    .filter(([name]) => !notFields.has(name))
    .map(([name, value]) => `${name}=${printed(value)}`)
    .join(' ');
  const level = String(entry['level']).toUpperCase().padEnd(5);
  return `${time} ${level} ${String(entry['message'])}${fields === '' ? '' : `  ${fields}`}\n`;
};

const destination = (format: LogOptions['format']): DestinationStream => {
  const lines = pino.destination({ fd: 1, sync: true });
  return format === 'json' ? lines : { write: (line) => lines.write(asText(line)) };
};

/** `log.level` as root's level. */
export const createLoggerLevels = (level: string | undefined, now: () => number): LoggerLevels =>
  new LoggerLevels(parseLoggerLevel(level ?? 'info') ?? 'INFO', now);

/**
 * A logger with a name, which `child({logger: …})` gives it: its level decides, line by line. Fields are merged here, because pino would
 * write one that a child has anew a second time, which many readers of JSON refuse.
 */
class NamedLogger implements Logger {
  readonly #pino: Logger;
  readonly #levels: LoggerLevels;
  readonly #name: string;
  readonly #fields: object;

  constructor(inner: Logger, levels: LoggerLevels, name: string, fields: object) {
    this.#pino = inner;
    this.#levels = levels;
    this.#name = name;
    this.#fields = fields;
    levels.know(name);
  }

  debug(fields: object, message: string): void {
    if (this.#isEnabled('DEBUG')) this.#pino.debug({ ...this.#fields, ...fields }, message);
  }
  info(fields: object, message: string): void {
    if (this.#isEnabled('INFO')) this.#pino.info({ ...this.#fields, ...fields }, message);
  }
  warn(fields: object, message: string): void {
    if (this.#isEnabled('WARN')) this.#pino.warn({ ...this.#fields, ...fields }, message);
  }
  error(fields: object, message: string): void {
    if (this.#isEnabled('ERROR')) this.#pino.error({ ...this.#fields, ...fields }, message);
  }
  child(fields: object): Logger {
    const name = 'logger' in fields ? String(fields.logger) : this.#name;
    return new NamedLogger(this.#pino, this.#levels, name, { ...this.#fields, ...fields });
  }
  #isEnabled(level: LoggerLevelName): boolean {
    return this.#levels.isEnabled(this.#name, level);
  }
}

/** Lines go to stdout, whole and in order from each thread. */
export const createLogger = ({ levels, format, thread }: LogOptions, to = destination(format)): Logger => {
  const options: LoggerOptions = {
    level: 'trace',
    base: { thread },
    messageKey: 'message',
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }), log: hideSecrets },
  };
  return new NamedLogger(pino(options, to), levels, rootLogger, {});
};

/** log.format=auto: text for a terminal, JSON for everything else. */
export const logFormat = (given: string | undefined, isTerminal: boolean): 'json' | 'text' => {
  if (given === 'json' || given === 'text') return given;
  return isTerminal ? 'text' : 'json';
};
