import { ConfigError, type ConfigProblem, type ConnectorConfig } from '../api/index.ts';

export interface DeadLetterQueueSettings {
  readonly topic: string;
  readonly replicationFactor: number;
  readonly withContextHeaders: boolean;
}

/** The `errors.*` properties of a sink connector (KIP-298). */
export interface ErrorHandlingSettings {
  readonly tolerance: 'none' | 'all';
  /** 0: never retry; -1: for ever. */
  readonly retryTimeoutMs: number;
  readonly retryDelayMaxMs: number;
  readonly log: { readonly enabled: boolean; readonly includeMessages: boolean };
  readonly deadLetterQueue: DeadLetterQueueSettings | null;
}

/** Throws a ConfigError with every problem; connectors are validated before, so this meets only what changed since. */
export const parseErrorHandlingSettings = (config: ConnectorConfig): ErrorHandlingSettings => {
  const problems: ConfigProblem[] = [];
  const text = (key: string, fallback: string): string => config[key]?.trim() ?? fallback;
  const number = (key: string, fallback: string): number => {
    const given = text(key, fallback);
    if (!/^-?\d+$/.test(given)) {
      problems.push({ key, message: `Invalid value ${given} for configuration ${key}: Not a number of type LONG` });
    }
    return Number(given);
  };
  const oneOf = <T extends string>(key: string, values: readonly T[], fallback: T): T => {
    const given = text(key, fallback);
    const value = values.find((candidate) => candidate === given);
    if (value === undefined) {
      const message = `Invalid value ${given} for configuration ${key}: String must be one of: ${values.join(', ')}`;
      problems.push({ key, message });
    }
    return value ?? fallback;
  };
  const flag = (key: string): boolean => text(key, 'false').toLowerCase() === 'true';
  const topic = text('errors.deadletterqueue.topic.name', '');
  const settings: ErrorHandlingSettings = {
    tolerance: oneOf('errors.tolerance', ['none', 'all'], 'none'),
    retryTimeoutMs: number('errors.retry.timeout', '0'),
    retryDelayMaxMs: number('errors.retry.delay.max.ms', '60000'),
    log: { enabled: flag('errors.log.enable'), includeMessages: flag('errors.log.include.messages') },
    deadLetterQueue:
      topic === ''
        ? null
        : {
            topic,
            replicationFactor: number('errors.deadletterqueue.topic.replication.factor', '3'),
            withContextHeaders: flag('errors.deadletterqueue.context.headers.enable'),
          },
  };
  if (problems.length > 0) throw new ConfigError(problems);
  return settings;
};
