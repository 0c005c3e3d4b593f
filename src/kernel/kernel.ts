import { readFileSync } from 'node:fs';
import { ConnectError } from '../api/index.ts';

/** A number that the kernel leaves behind; read it right after the call that set it. */
interface Result<T> {
  readonly value: T;
}

/** Why `rows` stopped, as rows.as.ts numbers it. */
export const stopReasons = { done: 0, noRoom: 1, hostRow: 2, corrupt: 3, fragment: 4, asked: 5 } as const;
export const keyModes = { string: 0, json: 1, host: 2 } as const;
export const headerModes = { host: 0, string: 1, simple: 2, simpleText: 3 } as const;
export const timeKinds = { NoTimestampType: 0, CreateTime: 1, LogAppendTime: 2 } as const;

/** Exports of assembly/kernel.as.ts. Addresses are byte offsets in its memory; each region has 64 bytes of padding behind it. */
export interface Kernel {
  configure(
    keyMode: number,
    headerMode: number,
    metadata: boolean,
    offset: boolean,
    prefixIsEmpty: boolean,
    maxRowBytes: number,
  ): void;
  rows(
    from: number,
    to: number,
    count: number,
    baseOffset: bigint,
    time: bigint,
    timeKind: number,
    fromOffset: bigint,
    target: number,
    limit: number,
    prefix: number,
    prefixLength: number,
    fragment: number,
    fragmentLength: number,
  ): number;
  readonly status: Result<number>;
  readonly at: Result<number>;
  readonly next: Result<number>;
  readonly out: Result<number>;
  readonly written: Result<number>;
  readonly firstOffset: Result<bigint>;
  readonly lastOffset: Result<bigint>;
  /** Rows with a column for each field; the plan of them lies from `at` to `limit`. `at` 0: rows are RECORD_CONTENT. */
  beginColumns(at: number, limit: number, required: number): void;
  /** Address of the field, 0: no room. */
  addField(
    name: number,
    nameLength: number,
    prefix: number,
    prefixLength: number,
    same: number,
    stringBytes: number,
    wholeDigits: number,
    fractionDigits: number,
    flags: number,
  ): number;
  answered(count: number, at: number, bytes: number): void;
  readonly asked: Result<number>;
  readonly questions: Result<number>;
  isJson(at: number, length: number): number;
  /** As a signed 32-bit number: `>>> 0` it. */
  crc32c(at: number, length: number): number;
  /** End of the output, 0 if corrupt or too large for its room. */
  lz4Block(at: number, length: number, target: number, limit: number, window: number): number;
  snappyBlock(at: number, length: number, target: number, limit: number): number;
}

interface KernelExports extends Kernel {
  initialize(): void;
  ownBytes(): number;
}

/** What the kernel keeps for itself at the bottom of its memory: one WebAssembly page. */
export const kernelOwnBytes = 65_536;
export const pageBytes = 65_536;
export const padding = 64;

/** In pages. @throws ConnectError where Node.js runs without WebAssembly. */
export const createMemory = (initial: number, maximum?: number): WebAssembly.Memory => {
  if (typeof WebAssembly === 'undefined')
    throw new ConnectError(
      'this Node.js runs without WebAssembly, by which snowsink reads the records of Kafka: take --jitless out of NODE_OPTIONS or of the command',
    );
  return new WebAssembly.Memory({ initial, maximum });
};

let compiled: WebAssembly.Module | undefined;

export const createKernel = (memory: WebAssembly.Memory): Kernel => {
  compiled ??= new WebAssembly.Module(readFileSync(new URL('./kernel.wasm', import.meta.url)));
  const instance = new WebAssembly.Instance(compiled, { env: { memory } });
  // Its exports are declared by assembly/kernel.as.ts; a test builds it anew and compares the bytes.
  const kernel = instance.exports as unknown as KernelExports;
  if (kernel.ownBytes() > kernelOwnBytes) throw new Error('kernel.wasm has outgrown the page that it keeps for itself');
  kernel.initialize();
  return kernel;
};
