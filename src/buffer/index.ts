export { EncoderPool, type EncoderPoolOptions } from './encoder-pool.ts';
export type { FlushPolicy, FlushReason } from './flush-policy.ts';
export { type BudgetCounter, createBudgetCounter, createMemoryBudget, forgetShare } from './memory-budget.ts';
export { PartitionBuffer, type PartitionBufferOptions } from './partition-buffer.ts';
export { compressedBytes } from './row-compressor.ts';
