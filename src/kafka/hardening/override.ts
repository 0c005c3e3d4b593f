import type { ConsumerGroupPrototype, KafkaJsError } from './kafkajs-types.ts';

/** kafkajs as an override sees it: its modules, before anything of it runs. */
export interface KafkaJsModules {
  /** `module.exports` of `kafkajs/src/<path>`. Loads it. */
  load<T>(path: string): T;
  /** Puts our exports in the place of `kafkajs/src/<path>`; to be called before anything loads that. */
  replace(path: string, exports: unknown): void;
}

/** Source whose text the self check compares: a module, or a method of the class that the module exports. */
export interface PatchedSource {
  readonly path: string;
  readonly method?: string;
  /** First 16 hex digits of the SHA-256 of the source text in kafkajs 2.2.4. */
  readonly sha256: string;
}

export interface Override {
  readonly name: string;
  readonly patches: readonly PatchedSource[];
  install(modules: KafkaJsModules): void;
}

export const consumerGroupPrototype = (modules: KafkaJsModules): ConsumerGroupPrototype =>
  modules.load<{ prototype: ConsumerGroupPrototype }>('consumer/consumerGroup').prototype;

type ErrorClass = new (message: string | object, options?: object) => KafkaJsError;
interface Errors {
  readonly KafkaJSNonRetriableError: ErrorClass;
  readonly KafkaJSProtocolError: ErrorClass;
}

/** What makes kafkajs's runner stop all fetchers, wait for their handlers and only then join: its own path for a rebalance. */
export const rejoinError = (modules: KafkaJsModules, why: string): KafkaJsError =>
  new (modules.load<Errors>('errors').KafkaJSProtocolError)({
    message: why,
    type: 'REBALANCE_IN_PROGRESS',
    code: 27,
    retriable: false,
  });

/** Ends the consumer (CRASH without restart). */
export const fatalError = (modules: KafkaJsModules, cause: unknown): KafkaJsError =>
  new (modules.load<Errors>('errors').KafkaJSNonRetriableError)(
    cause instanceof Error ? cause.message : String(cause),
    { cause },
  );
