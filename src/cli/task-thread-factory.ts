import { setFlagsFromString } from 'node:v8';
import { Worker as Thread } from 'node:worker_threads';
import { type BudgetCounter, createBudgetCounter, forgetShare } from '../buffer/index.ts';
import { taskThreadFile } from '../program-files.ts';
import type { TaskThreadData, TaskThreadFactory, WorkerSettings } from '../runtime/index.ts';

/**
 * Heaps of task threads. Old: compressed bodies lie outside the heap, and V8 marks the whole heap at about every 10 MB of them unless it
 * begins larger. Young: a third of it is a semi-space, and records that become objects cost half as much again with one of 2 MB, twice with 1 MB.
 * A worker mostly has one task: so the first thread gets a roomy heap.
 */
const roomyHeap = { youngMegabytes: 24, initialOldMegabytes: 64 };
const leanHeap = { youngMegabytes: 12, initialOldMegabytes: 24 };

export const createTaskThreads = (
  worker: WorkerSettings,
  counter: BudgetCounter,
  maxThreads: number,
): TaskThreadFactory => {
  let isRoomyTaken = false;
  const create = (name: string): Thread => {
    const heap = isRoomyTaken ? leanHeap : roomyHeap;
    isRoomyTaken = true;
    const memoryCounter = createBudgetCounter(counter);
    const workerData: TaskThreadData = { name, worker, memoryCounter };
    // For heaps made from now on. The young one begins at its full size: main.ts keeps it from growing in this process.
    setFlagsFromString(`--initial-old-space-size=${heap.initialOldMegabytes}`);
    setFlagsFromString(`--min-semi-space-size=${heap.youngMegabytes / 3}`);
    const thread = new Thread(taskThreadFile, {
      workerData,
      name,
      resourceLimits: { maxYoungGenerationSizeMb: heap.youngMegabytes },
    });
    thread.once('exit', () => {
      forgetShare(memoryCounter);
      if (heap === roomyHeap) isRoomyTaken = false;
    });
    return thread;
  };
  return { maxThreads, create };
};
