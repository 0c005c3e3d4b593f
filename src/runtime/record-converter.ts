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
import { andThen } from './and-then.ts';
import { type RetryWithToleranceOperator, type Skipped, skipped } from './retry-with-tolerance-operator.ts';
import type { TransformationChain } from './transformation-chain.ts';

export interface Converters {
  readonly key: Converter;
  readonly value: Converter;
  readonly header: HeaderConverter;
}

/**
 * From Kafka's bytes to what a sink task takes: key, value and header converters, then the transforms, each step under retry and
 * tolerance. Synchronous unless a step is not. Null always means: settled already (filtered, or reported and skipped).
 */
export class RecordConverter {
  readonly #converters: Converters;
  readonly #transformations: TransformationChain;
  readonly #operator: RetryWithToleranceOperator;

  constructor(converters: Converters, transformations: TransformationChain, operator: RetryWithToleranceOperator) {
    this.#converters = converters;
    this.#transformations = transformations;
    this.#operator = operator;
  }

  convert({ topic, partition }: TopicPartition, record: RecordView): SinkRecord | null | Promise<SinkRecord | null> {
    const original: OriginalRecord = { topic, partition, record };
    return andThen(this.#key(original), (key) => {
      if (key === skipped) return null;
      return andThen(this.#value(original), (value) => {
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
    return andThen(this.#key(original), (key) => {
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

  #key(original: OriginalRecord): Converted<SchemaAndValue> {
    const { key } = this.#converters;
    return this.#operator.execute(original, 'KEY_CONVERTER', key.javaClass, () =>
      key.toConnectData(original.topic, original.record.headers, original.record.key),
    );
  }

  #value(original: OriginalRecord): Converted<SchemaAndValue> {
    const { value } = this.#converters;
    return this.#operator.execute(original, 'VALUE_CONVERTER', value.javaClass, () =>
      value.toConnectData(original.topic, original.record.headers, original.record.value),
    );
  }

  #headers(original: OriginalRecord): Converted<readonly Header[]> {
    const { header } = this.#converters;
    if (original.record.headers.length === 0) return [];
    return this.#operator.execute(original, 'HEADER_CONVERTER', header.javaClass, () =>
      original.record.headers.map(([name, bytes]) => ({
        name,
        ...header.toConnectHeader(original.topic, name, bytes),
      })),
    );
  }
}

type Converted<T> = T | Skipped | Promise<T | Skipped>;

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
