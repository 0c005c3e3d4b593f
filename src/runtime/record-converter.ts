import type {
  Converter,
  Header,
  HeaderConverter,
  KeyAndHeaders,
  OriginalRecord,
  RecordPath,
  RecordView,
  SchemaAndValue,
  SinkRecord,
  TopicPartition,
} from '../api/index.ts';
import { collectGarbage } from '../util/collect-garbage.ts';
import { andThen } from './and-then.ts';
import { type RetryWithToleranceOperator, type Skipped, type Step, skipped } from './retry-with-tolerance-operator.ts';
import type { TransformationChain } from './transformation-chain.ts';

export interface Converters {
  readonly key: Converter;
  readonly value: Converter;
  readonly header: HeaderConverter;
}

/** What the one before has left goes first: a value becomes many times its size in objects and texts, and V8 would let several gather. */
const largeValueBytes = 4 << 20;

/**
 * From Kafka's bytes to what a sink task takes: key, value and header converters, then the transforms, each step under retry and
 * tolerance. Synchronous unless a step is not. Null always means: settled already (filtered, or reported and skipped).
 */
export class RecordConverter {
  readonly #key: ConversionStep<SchemaAndValue>;
  readonly #value: ConversionStep<SchemaAndValue>;
  readonly #header: ConversionStep<readonly Header[]>;
  readonly #transformations: TransformationChain;
  readonly #operator: RetryWithToleranceOperator;

  constructor(
    { key, value, header }: Converters,
    transformations: TransformationChain,
    operator: RetryWithToleranceOperator,
  ) {
    this.#key = {
      stage: 'KEY_CONVERTER',
      executingClass: key.javaClass,
      run: ({ topic, record }) => key.toConnectData(topic, record.headers, record.key),
    };
    this.#value = {
      stage: 'VALUE_CONVERTER',
      executingClass: value.javaClass,
      run: ({ topic, record }) => value.toConnectData(topic, record.headers, record.value),
    };
    this.#header = {
      stage: 'HEADER_CONVERTER',
      executingClass: header.javaClass,
      run: ({ topic, record: { headers } }) =>
        headers.map(([name, bytes]) => ({ name, ...header.toConnectHeader(topic, name, bytes) })),
    };
    this.#transformations = transformations;
    this.#operator = operator;
  }

  convert({ topic, partition }: TopicPartition, record: RecordView): SinkRecord | null | Promise<SinkRecord | null> {
    if (record.value !== null && record.value.length >= largeValueBytes) collectGarbage();
    const original: OriginalRecord = { topic, partition, record };
    return andThen(this.#run(this.#key, original), (key) => {
      if (key === skipped) return null;
      return andThen(this.#run(this.#value, original), (value) => {
        if (value === skipped) return null;
        return andThen(this.#headers(original), (headers) => {
          if (headers === skipped) return null;
          return this.#transformations.apply(sinkRecord(original, key, value, headers));
        });
      });
    });
  }

  convertKeyAndHeaders(
    { topic, partition }: TopicPartition,
    record: RecordView,
  ): KeyAndHeaders | null | Promise<KeyAndHeaders | null> {
    const original: OriginalRecord = { topic, partition, record };
    return andThen(this.#run(this.#key, original), (key) => {
      if (key === skipped) return null;
      return andThen(this.#headers(original), (headers) =>
        headers === skipped ? null : { keySchema: key.schema, key: key.value, headers },
      );
    });
  }

  /** The same for `SinkTask.putBytes`, bound to one topic partition. */
  pathFor(where: TopicPartition): RecordPath {
    return {
      convert: (record) => this.convert(where, record),
      convertKeyAndHeaders: (record) => this.convertKeyAndHeaders(where, record),
    };
  }

  close(): void {
    this.#transformations.close();
  }

  #headers(original: OriginalRecord): Converted<readonly Header[]> {
    return original.record.headers.length === 0 ? noHeaders : this.#run(this.#header, original);
  }

  #run<T>(step: ConversionStep<T>, original: OriginalRecord): Converted<T> {
    return this.#operator.execute(step, original, original);
  }
}

type ConversionStep<T> = Step<OriginalRecord, T>;
type Converted<T> = T | Skipped | Promise<T | Skipped>;

const noHeaders: readonly Header[] = [];

const sinkRecord = (
  original: OriginalRecord,
  key: SchemaAndValue,
  value: SchemaAndValue,
  headers: readonly Header[],
): SinkRecord => ({
  topic: original.topic,
  partition: original.partition,
  offset: original.record.offset,
  timestamp: original.record.timestamp < 0n ? null : original.record.timestamp,
  timestampType: original.record.timestampType,
  keySchema: key.schema,
  key: key.value,
  valueSchema: value.schema,
  value: value.value,
  headers,
  original,
});
