import type {
  Clock,
  ConnectorConfig,
  Metrics,
  Random,
  RecordView,
  SinkRecord,
  TaskId,
  TopicPartition,
} from '../api/index.ts';
import type { FailedRecord } from '../dlq/index.ts';
import { createConverters } from './build-worker-sink-task.ts';
import { FailureLog } from './failure-log.ts';
import type { Plugins, TaskProperties } from './plugins.ts';
import { RecordConverter } from './record-converter.ts';
import { RetryWithToleranceOperator } from './retry-with-tolerance-operator.ts';
import { createTransformationStages, TransformationChain } from './transformation-chain.ts';

/** What converters and transforms make of a record. */
export type Judgement =
  | { readonly kind: 'passes'; readonly record: SinkRecord }
  | { readonly kind: 'filtered' }
  | ({ readonly kind: 'fails' } & Omit<FailedRecord, 'original'>);

export interface RecordPipelineOptions {
  readonly id: TaskId;
  /** Resolved. */
  readonly config: ConnectorConfig;
  readonly properties: TaskProperties;
  readonly plugins: Plugins;
  readonly clock: Clock;
  readonly random: Random;
  readonly metrics: Metrics;
}

/** A connector's converters and transforms without its task: says what would become of a record, and changes nothing. */
export class RecordPipeline {
  readonly #converter: RecordConverter;
  #failed: Omit<FailedRecord, 'original'> | null = null;

  /** @throws ConfigError */
  constructor({ id, config, properties, plugins, clock, random, metrics }: RecordPipelineOptions) {
    const note = {
      report: async ({ stage, executingClass, error }: FailedRecord) => this.#note({ stage, executingClass, error }),
    };
    const operator = new RetryWithToleranceOperator({
      id,
      settings: {
        tolerance: 'all',
        retryTimeoutMs: 0,
        retryDelayMaxMs: 0,
        log: { enabled: false, includeMessages: false },
        deadLetterQueue: null,
      },
      clock,
      random,
      metrics,
      failures: new FailureLog(id, clock, metrics, [note]),
      stopping: new AbortController().signal,
    });
    const stages = createTransformationStages(config, plugins);
    const chain = new TransformationChain(id, stages, operator, metrics);
    this.#converter = new RecordConverter(createConverters(plugins, properties), chain, operator);
  }

  /** One record at a time. */
  async judge(where: TopicPartition, view: RecordView): Promise<Judgement> {
    this.#failed = null;
    const record = await this.#converter.convert(where, view);
    if (record !== null) return { kind: 'passes', record };
    return this.#noted() ?? { kind: 'filtered' };
  }

  #noted(): Judgement | null {
    return this.#failed === null ? null : { kind: 'fails', ...this.#failed };
  }

  close(): void {
    this.#converter.close();
  }

  #note(failed: Omit<FailedRecord, 'original'>): void {
    this.#failed = failed;
  }
}
