import type { RawHeader } from './record-batch.ts';

export interface ProducerRecord {
  readonly topic: string;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly RawHeader[];
  /** Epoch ms; undefined = now. */
  readonly timestamp?: bigint;
}

/** Resolves when every record is acknowledged by all in-sync replicas (acks=all); rejects otherwise. */
export interface RecordProducer {
  send(records: readonly ProducerRecord[]): Promise<void>;
  close(): Promise<void>;
}
