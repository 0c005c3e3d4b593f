/** A record of a topic that is read as a whole: bytes of its own. */
export interface TopicRecord {
  readonly partition: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
}

/** Reads all partitions of a topic from their start and goes on for ever, without a consumer group. */
export interface TopicReader {
  /** What comes next, in order per partition; empty after `waitMs` without anything. Rides out moves of leaders. */
  read(waitMs: number): Promise<readonly TopicRecord[]>;
  /** Whether everything that is in the topic now has been read. */
  isAtEnd(): Promise<boolean>;
  close(): Promise<void>;
}
