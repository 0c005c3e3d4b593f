/** log4j's levels, least severe first. */
export const loggerLevelNames = ['ALL', 'TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL', 'OFF'] as const;
export type LoggerLevelName = (typeof loggerLevelNames)[number];

export interface LoggerLevel {
  readonly level: LoggerLevelName;
  /** Epoch ms; null: as the worker was started. */
  readonly lastModified: number | null;
}

export const rootLogger = 'root';

const isLevelName = (text: string): text is LoggerLevelName => loggerLevelNames.some((name) => name === text);

/** In any case; null: no such level. */
export const parseLoggerLevel = (text: string): LoggerLevelName | null => {
  const upper = text.toUpperCase();
  return isLevelName(upper) ? upper : null;
};

/**
 * Levels by logger name, as log4j keeps them: a logger without a level has its nearest ancestor's by the dots of its name, in the end
 * root's. One for each thread.
 */
export class LoggerLevels {
  readonly #now: () => number;
  readonly #levels = new Map<string, LoggerLevel>();
  readonly #known = new Set<string>();

  constructor(rootLevel: LoggerLevelName, now: () => number) {
    this.#now = now;
    this.#levels.set(rootLogger, { level: rootLevel, lastModified: null });
  }

  /** A logger exists: setting an ancestor's level lists it. */
  know(name: string): void {
    this.#known.add(name);
  }

  /** Root, and all that were given a level of their own. */
  all(): readonly (readonly [string, LoggerLevel])[] {
    return [...this.#levels].sort(([a], [b]) => (a < b ? -1 : 1));
  }

  /** The level that counts; null: there is no such logger. */
  get(name: string): LoggerLevel | null {
    if (!this.#levels.has(name) && !this.#known.has(name)) return null;
    return this.#effective(name);
  }

  /** Of the logger and all below it, which are answered. */
  set(name: string, level: LoggerLevelName): readonly string[] {
    const all = new Set([...this.#levels.keys(), ...this.#known, name]);
    const affected = [...all].filter((other) => name === rootLogger || other === name || other.startsWith(`${name}.`));
    for (const logger of affected) this.#levels.set(logger, { level, lastModified: this.#now() });
    return affected.sort();
  }

  isEnabled(name: string, level: LoggerLevelName): boolean {
    return loggerLevelNames.indexOf(level) >= loggerLevelNames.indexOf(this.#effective(name).level);
  }

  #effective(name: string): LoggerLevel {
    for (let at = name; at !== ''; at = at.slice(0, Math.max(at.lastIndexOf('.'), 0))) {
      const own = this.#levels.get(at);
      if (own !== undefined) return own;
    }
    return this.#levels.get(rootLogger) ?? { level: 'INFO', lastModified: null };
  }
}
