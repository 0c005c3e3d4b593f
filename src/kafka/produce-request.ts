import type { TopicPartition } from '../api/index.ts';
import { apiKeys, encodedBytes, send } from './broker-request.ts';
import type { KafkaJsBroker } from './hardening/kafkajs-types.ts';
import type { KafkaJsModules } from './hardening/override.ts';
import { int16, int32, string, WireReader } from './wire-buffer.ts';

/** Answered by every broker from 2.1 (zstd) to 4.x. */
const version = 7;
const allInSyncReplicas = -1;

/**
 * Sends one record batch to one partition's leader, acks=all; resolves with Kafka's error code (0: written). `transactionalId`: whose
 * transaction the batch belongs to; null: none's.
 */
export const produce = async (
  modules: KafkaJsModules,
  leader: KafkaJsBroker,
  { topic, partition }: TopicPartition,
  batch: Buffer,
  timeoutMs: number,
  transactionalId: string | null = null,
): Promise<number> => {
  const answer = await send(leader, {
    request: {
      apiKey: apiKeys.Produce,
      apiVersion: version,
      apiName: 'Produce',
      encode: async () =>
        encodedBytes(
          modules,
          Buffer.concat([
            transactionalId === null ? int16(-1) : string(transactionalId),
            int16(allInSyncReplicas),
            int32(timeoutMs),
            int32(1),
            string(topic),
            int32(1),
            int32(partition),
            int32(batch.length),
            batch,
          ]),
        ),
    },
    response: { decode: async (payload) => errorCodeOf(payload), parse: async (code) => code },
  });
  return answer as number;
};

/** Produce response version 7: one topic, one partition, as asked. */
const errorCodeOf = (payload: Buffer): number => {
  const reader = new WireReader(payload);
  const [[code = -1] = []] = reader.array(() => {
    reader.string();
    return reader.array(() => {
      reader.int32(); // partition
      const errorCode = reader.int16();
      reader.int64(); // base_offset
      reader.int64(); // log_append_time
      reader.int64(); // log_start_offset
      return errorCode;
    });
  });
  return code;
};
