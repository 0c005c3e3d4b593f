export type { PlannedField, RowColumns, TakenAsIs } from './column-plan.ts';
export type { KernelMemoryOptions } from './kernel-memory.ts';
export type { RowMetadata } from './metadata-prefix.ts';
export { RawRowEncoder, type RawRowEncoderOptions, type RawRowHost, type RowsBefore } from './raw-row-encoder.ts';
export { RecordReader } from './record-reader.ts';
