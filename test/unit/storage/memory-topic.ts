import { type ProducerRecord, silentLogger, type TopicRecord } from '../../../src/api/index.ts';
import type { KafkaBasedLogOptions } from '../../../src/storage/index.ts';
import { systemClock } from '../../../src/util/system-clock.ts';

/** A topic that several stores share: each hears every record in the order of writing. */
export class MemoryTopic {
  readonly records: ProducerRecord[] = [];
  /** While set, readers hear nothing new. */
  gate: Promise<void> = Promise.resolve();
  #written = Promise.withResolvers<void>();

  get options(): KafkaBasedLogOptions {
    return {
      topic: 'test',
      clock: systemClock,
      logger: silentLogger,
      createProducer: async () => ({
        send: async (records) => {
          this.records.push(...records);
          this.#written.resolve();
          this.#written = Promise.withResolvers();
        },
        close: async () => {},
      }),
      createReader: async () => {
        let position = 0;
        return {
          read: async (waitMs): Promise<readonly TopicRecord[]> => {
            if (position === this.records.length) {
              await Promise.race([this.#written.promise, systemClock.sleep(Math.min(waitMs, 5))]);
            }
            await this.gate;
            const records = this.records.slice(position);
            position = this.records.length;
            return records.map(({ key, value }) => ({ partition: 0, key, value }));
          },
          isAtEnd: async () => position === this.records.length,
          close: async () => {},
        };
      },
    };
  }

  /** As another program would: Java's Connect. */
  put(key: string, value: object | null): void {
    const json = value === null ? null : Buffer.from(JSON.stringify(value));
    this.records.push({ topic: 'test', key: Buffer.from(key), value: json, headers: [] });
    this.#written.resolve();
    this.#written = Promise.withResolvers();
  }

  get lines(): readonly string[] {
    return this.records.map(({ key, value }) => `${text(key)} ${text(value)}`);
  }
}

const text = (bytes: Uint8Array | null): string => (bytes === null ? 'null' : Buffer.from(bytes).toString());
