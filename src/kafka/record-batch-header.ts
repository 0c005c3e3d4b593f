import { ConnectError, compressionCodecs, type RecordBatch } from '../api/index.ts';

/** Offset, length: what stands before the part that `length` counts. */
const logOverhead = 12;
/** Up to and with the magic byte: the least that tells format and size. */
const minimalHeader = 17;
/** Bytes of a record batch before its records (message format 2, KIP-98). */
export const recordBatchHeaderBytes = 61;
const compressionMask = 0x07;
const logAppendTimeBit = 0x08;
const transactionalBit = 0x10;
const controlBit = 0x20;

/** The header fields that decide whether a batch is handed over. */
export interface RecordBatchHeader {
  readonly baseOffset: bigint;
  readonly lastOffset: bigint;
  readonly recordCount: number;
  readonly producerId: bigint;
  readonly isTransactional: boolean;
  readonly isControl: boolean;
  /** On the fetch response, header included. */
  readonly bytes: Buffer;
}

/**
 * The whole record batches of a fetch answer in their order; a last one cut off by max.partition.fetch.bytes is left out (it
 * comes whole with the next fetch). Throws a ConnectError for formats of before Kafka 0.11 and for unknown ones.
 */
export function* wholeRecordBatches(records: Buffer): Generator<RecordBatchHeader> {
  for (let at = 0; records.length - at >= minimalHeader; ) {
    const magic = records[at + 16] ?? 0;
    if (magic !== 2) throw unreadableFormat(magic);
    const end = at + logOverhead + records.readInt32BE(at + 8);
    if (end > records.length || end < at + recordBatchHeaderBytes) return;
    yield headerOf(records.subarray(at, end));
    at = end;
  }
}

const headerOf = (bytes: Buffer): RecordBatchHeader => {
  const baseOffset = bytes.readBigInt64BE(0);
  const attributes = bytes.readInt16BE(21);
  return {
    baseOffset,
    lastOffset: baseOffset + BigInt(bytes.readInt32BE(23)),
    recordCount: bytes.readInt32BE(57),
    producerId: bytes.readBigInt64BE(43),
    isTransactional: (attributes & transactionalBit) !== 0,
    isControl: (attributes & controlBit) !== 0,
    bytes,
  };
};

const unreadableFormat = (magic: number): ConnectError =>
  new ConnectError(
    magic < 2
      ? `a record batch is in message format ${magic}, which Kafka wrote before 0.11 and snowsink does not read: rewrite the topic (mirror it once with a current client) or raise log.message.format.version on the broker`
      : `a record batch is in message format ${magic}, which snowsink does not know: upgrade snowsink`,
  );

/** The rest of the header, for a batch that is handed over. */
export const recordBatchOf = ({ bytes, baseOffset, lastOffset, recordCount }: RecordBatchHeader): RecordBatch => {
  const attributes = bytes.readInt16BE(21);
  const codec = compressionCodecs[attributes & compressionMask];
  if (codec === undefined) {
    throw new ConnectError(
      `compression type ${attributes & compressionMask} of a record batch is unknown: upgrade snowsink`,
    );
  }
  return {
    baseOffset,
    lastOffset,
    recordCount,
    codec,
    timestampType: (attributes & logAppendTimeBit) === 0 ? 'CreateTime' : 'LogAppendTime',
    baseTimestamp: bytes.readBigInt64BE(27),
    maxTimestamp: bytes.readBigInt64BE(35),
    crc: bytes.readUInt32BE(17),
    bytes,
  };
};

/** Whether a control batch is an abort marker: its only record's key is version (int16), type (int16; 0 = abort). */
export const isAbortMarker = ({ bytes, recordCount }: RecordBatchHeader): boolean => {
  if (recordCount === 0) return false; // compaction took the marker: nothing left to end
  let at = skipVarint(bytes, recordBatchHeaderBytes); // length
  at += 1; // attributes
  at = skipVarint(bytes, at); // timestamp delta
  at = skipVarint(bytes, at); // offset delta
  at = skipVarint(bytes, at); // key length
  return bytes.readInt16BE(at + 2) === 0;
};

const skipVarint = (bytes: Buffer, from: number): number => {
  let at = from;
  while ((bytes[at] ?? 0) > 127) at++;
  return at + 1;
};
