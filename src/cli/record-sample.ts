import { silentLogger } from '../api/index.ts';
import { createPartitionReader, type PartitionReader } from '../kafka/index.ts';
import { RecordReader } from '../kernel/index.ts';
import { createMetrics } from '../metrics/index.ts';
import { type Judgement, type Plugins, RecordPipeline } from '../runtime/index.ts';
import { systemClock } from '../util/system-clock.ts';
import type { ConnectorSetup } from './connector-setup.ts';

/** The newest records of topics, through a connector's converters and transforms, and nowhere else. */
export class RecordSample {
  readonly #pipeline: RecordPipeline;
  readonly #reader: PartitionReader;

  private constructor(pipeline: RecordPipeline, reader: PartitionReader) {
    this.#pipeline = pipeline;
    this.#reader = reader;
  }

  /** @throws ConfigError or ConnectError that says what to change */
  static async open({ name, config, properties }: ConnectorSetup, plugins: Plugins): Promise<RecordSample> {
    const clock = systemClock;
    const reader = await createPartitionReader({ properties: properties.consumer, clock, logger: silentLogger });
    try {
      const id = { connector: name, task: 0 };
      const common = { id, config, properties, plugins, clock, random: Math.random, metrics: createMetrics() };
      return new RecordSample(new RecordPipeline(common), reader);
    } catch (error) {
      await reader.close();
      throw error;
    }
  }

  /** At most so many of the end of each partition. A record's bytes are valid until the next one is asked for. */
  async *newest(topic: string, ofEachPartition: bigint): AsyncIterable<Judgement> {
    const records = new RecordReader({ checkCrcs: true });
    for (const [partition, { start, end }] of await this.#reader.ends(topic)) {
      const from = end - start > ofEachPartition ? end - ofEachPartition : start;
      for await (const fetched of this.#reader.read({ topic, partition }, from, end))
        for (const batch of fetched.batches)
          for (const view of records.read(batch, fetched.fetchOffset, fetched))
            yield await this.#pipeline.judge(fetched, view);
    }
  }

  async close(): Promise<void> {
    this.#pipeline.close();
    await this.#reader.close();
  }
}
