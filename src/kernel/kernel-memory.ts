import { createKernel, createMemory, type Kernel, kernelOwnBytes, padding, pageBytes } from './kernel.ts';

/** A part of the kernel's memory; `bytes` of it are usable, the padding behind them is not counted. */
export interface Region {
  readonly at: number;
  readonly bytes: number;
}

export interface KernelMemoryOptions {
  /** Room for one fetched answer. */
  readonly placeBytes: number;
  /** Records copied in from elsewhere. */
  readonly stagingBytes: number;
  /** One batch decompressed by the kernel. */
  readonly unpackedBytes: number;
  readonly slots: number;
  readonly slotBytes: number;
  /** One record that the rooms for records do not hold, and one row that no slot holds. */
  readonly largeBytes: number;
}

const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;
/** Snowflake's longest row is 16 MiB; what lies around it in a batch is not much. */
const largestBytes = 17 * mebibyte;
/** A usual fetch takes 4 MiB, and one batch by which a broker may exceed it. What is never touched costs no memory. */
export const defaultMemoryOptions: KernelMemoryOptions = {
  placeBytes: largestBytes,
  stagingBytes: mebibyte,
  unpackedBytes: largestBytes,
  slots: 8,
  slotBytes: 256 * kibibyte,
  largeBytes: largestBytes,
};

const prefixBytes = 4 * kibibyte;
const fragmentBytes = 64 * kibibyte;
const planBytes = mebibyte;
const answersBytes = 64 * kibibyte;

/**
 * The memory that fetched answers, decompressed batches and finished rows share, so that nothing is copied in or out. It is made
 * once and never grows: growth would detach views while zlib reads them.
 */
export class KernelMemory {
  readonly heap: Buffer;
  readonly kernel: Kernel;
  readonly place: Region;
  readonly staging: Region;
  readonly unpacked: Region;
  /** Metadata fields that are the same in all rows of a slot. */
  readonly prefix: Region;
  /** Key and headers of one record, made by the host. */
  readonly fragment: Region;
  /** Fields and their columns, in the kernel's own form. */
  readonly plan: Region;
  /** Values of one record, made by the host. */
  readonly answers: Region;
  readonly slots: readonly Region[];
  readonly largeRecord: Region;
  readonly largeRow: Region;
  #end = kernelOwnBytes;

  constructor(options: KernelMemoryOptions) {
    const reserve = (bytes: number): Region => {
      const at = this.#end;
      this.#end += bytes + padding;
      return { at, bytes };
    };
    this.place = reserve(options.placeBytes);
    this.staging = reserve(options.stagingBytes);
    this.unpacked = reserve(options.unpackedBytes);
    this.prefix = reserve(prefixBytes);
    this.fragment = reserve(fragmentBytes);
    this.plan = reserve(planBytes);
    this.answers = reserve(answersBytes);
    this.slots = Array.from({ length: options.slots }, () => reserve(options.slotBytes));
    this.largeRecord = reserve(options.largeBytes);
    this.largeRow = reserve(options.largeBytes);
    const pages = Math.ceil(this.#end / pageBytes);
    const memory = createMemory(pages, pages);
    this.heap = Buffer.from(memory.buffer);
    this.kernel = createKernel(memory);
  }

  holds(bytes: Uint8Array): boolean {
    return bytes.buffer === this.heap.buffer;
  }
}
