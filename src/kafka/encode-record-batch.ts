import { type CompressionCodec, compressionCodecs, type ProducerRecord, type RawHeader } from '../api/index.ts';
import { crc32c } from '../util/crc32c.ts';
import { compressRecords } from './compress-records.ts';
import { int16, int32, int64, varint } from './wire-buffer.ts';

/** Bit 4 of a batch's attributes. */
const transactional = 16;
const magic = Buffer.from([2]);

/** Whose transaction a batch belongs to, and which of its records for this partition it begins with. */
export interface TransactionalProducer {
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly baseSequence: number;
}
const noProducer: TransactionalProducer = { producerId: -1n, producerEpoch: -1, baseSequence: -1 };

/**
 * One record batch (message format 2, KIP-98), of a transaction if a producer is given. Unlike kafkajs's encoder it keeps headers as
 * they are: their order, repeated names, null values. `nowMs` stands where a record has no timestamp.
 */
export const encodeRecordBatch = async (
  records: readonly ProducerRecord[],
  codec: CompressionCodec,
  nowMs: number,
  producer: TransactionalProducer = noProducer,
): Promise<Buffer> => {
  const times = records.map(({ timestamp }) => timestamp ?? BigInt(nowMs));
  const [base = BigInt(nowMs)] = times;
  const max = times.reduce((latest, time) => (time > latest ? time : latest), base);
  const encoded = records.map((record, index) => encodeRecord(record, index, Number((times[index] ?? base) - base)));
  const body = await compressRecords[codec](Buffer.concat(encoded));
  const checked = Buffer.concat([
    int16(compressionCodecs.indexOf(codec) | (producer === noProducer ? 0 : transactional)),
    int32(records.length - 1), // last offset delta
    int64(base),
    int64(max),
    int64(producer.producerId),
    int16(producer.producerEpoch),
    int32(producer.baseSequence),
    int32(records.length),
    body,
  ]);
  const crc = Buffer.allocUnsafe(4);
  crc.writeUInt32BE(crc32c(checked));
  const afterLength = Buffer.concat([int32(-1), magic, crc, checked]); // -1: leader epoch, the broker's to fill in
  return Buffer.concat([int64(0n), int32(afterLength.length), afterLength]);
};

const encodeRecord = ({ key, value, headers }: ProducerRecord, offsetDelta: number, timestampDelta: number): Buffer => {
  const fields = Buffer.concat([
    Buffer.from([0]), // attributes
    varint(timestampDelta),
    varint(offsetDelta),
    nullableBytes(key),
    nullableBytes(value),
    varint(headers.length),
    ...headers.map(encodeHeader),
  ]);
  return Buffer.concat([varint(fields.length), fields]);
};

const encodeHeader = ([name, value]: RawHeader): Buffer => {
  const text = Buffer.from(name, 'utf8');
  return Buffer.concat([varint(text.length), text, nullableBytes(value)]);
};

const nullableBytes = (bytes: Uint8Array | null): Buffer =>
  bytes === null ? varint(-1) : Buffer.concat([varint(bytes.length), bytes]);
