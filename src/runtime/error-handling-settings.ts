import { ConfigError, type ConnectorConfig } from '../api/index.ts';
import { parseSinkConnectorConfig } from '../config/index.ts';

export interface DeadLetterQueueSettings {
  readonly topic: string;
  readonly replicationFactor: number;
  readonly withContextHeaders: boolean;
  readonly guarantee: 'exactly-once' | 'at-least-once';
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

/** Throws a ConfigError with every problem of these; connectors are validated before, so this meets only what changed since. */
export const parseErrorHandlingSettings = (config: ConnectorConfig): ErrorHandlingSettings => {
  const { values, problems } = parseSinkConnectorConfig(config);
  const own = problems.filter(({ key }) => key.startsWith('errors.') || key === 'snowsink.dead.letters');
  if (own.length > 0) throw new ConfigError(own);
  const topic = values['errors.deadletterqueue.topic.name'].trim();
  return {
    tolerance: values['errors.tolerance'] === 'all' ? 'all' : 'none',
    retryTimeoutMs: values['errors.retry.timeout'],
    retryDelayMaxMs: values['errors.retry.delay.max.ms'],
    log: { enabled: values['errors.log.enable'], includeMessages: values['errors.log.include.messages'] },
    deadLetterQueue:
      topic === ''
        ? null
        : {
            topic,
            replicationFactor: values['errors.deadletterqueue.topic.replication.factor'],
            withContextHeaders: values['errors.deadletterqueue.context.headers.enable'],
            guarantee: values['snowsink.dead.letters'] === 'at-least-once' ? 'at-least-once' : 'exactly-once',
          },
  };
};
