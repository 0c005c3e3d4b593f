import { type ChildProcess, fork } from 'node:child_process';
import { setFlagsFromString } from 'node:v8';
import { Worker as Thread } from 'node:worker_threads';
import { tableProcessFile, taskThreadFile } from './program-files.ts';

/** Of a task thread, megabytes. Young: a third of it is a semi-space. */
export interface ThreadHeap {
  readonly young: number;
  readonly initialOld: number;
}

/**
 * Old: compressed bodies lie outside the heap, and V8 marks the whole heap at about every 10 MB of them unless it begins larger. Young:
 * records that become objects cost half as much again with a semi-space of 2 MB, twice with 1 MB. A worker mostly has one task: so the
 * first thread gets a roomy heap.
 */
export const roomyHeap: ThreadHeap = { young: 12, initialOld: 64 };
export const leanHeap: ThreadHeap = { young: 12, initialOld: 24 };

/** It loads its modules, then waits for TaskThreadData as its first message. */
const startTaskThread = (heap: ThreadHeap): Thread => {
  // For heaps made from now on. The young one begins at its full size: main.ts keeps it from growing in this process.
  setFlagsFromString(`--initial-old-space-size=${heap.initialOld}`);
  setFlagsFromString(`--min-semi-space-size=${heap.young / 3}`);
  return new Thread(taskThreadFile, { name: 'tasks', resourceLimits: { maxYoungGenerationSizeMb: heap.young } });
};

let early: { readonly thread: Thread; readonly tables: ChildProcess } | null = null;

/** What a worker with connectors surely needs begins to load beside the main thread's own modules: each takes as long as those. */
export const startEarly = (): void => {
  early = { thread: startTaskThread(roomyHeap), tables: fork(tableProcessFile) };
  // whoever takes them listens for himself; one that has ended by then is not taken
  early.thread.on('error', () => {});
  early.tables.on('error', () => {});
};

let isThreadTaken = false;
let areTablesTaken = false;

export const taskThread = (heap: ThreadHeap): Thread => {
  if (early === null || isThreadTaken || heap !== roomyHeap) return startTaskThread(heap);
  isThreadTaken = true;
  return early.thread.threadId === -1 ? startTaskThread(heap) : early.thread;
};

export const tableProcess = (): ChildProcess => {
  if (early === null || areTablesTaken) return fork(tableProcessFile);
  areTablesTaken = true;
  return early.tables.connected ? early.tables : fork(tableProcessFile);
};

/** A worker without connectors has no use for them. */
export const endEarly = async (): Promise<void> => {
  if (early === null) return;
  if (!isThreadTaken) await early.thread.terminate();
  if (!areTablesTaken && early.tables.connected) early.tables.disconnect();
  early = null;
};
