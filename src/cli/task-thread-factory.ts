import type { Worker as Thread } from 'node:worker_threads';
import { type BudgetCounter, createBudgetCounter, forgetShare } from '../buffer/index.ts';
import { leanHeap, roomyHeap, taskThread } from '../early-start.ts';
import type { TaskThreadData, TaskThreadFactory, WorkerSettings } from '../runtime/index.ts';

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
    const thread = taskThread(heap);
    const data: TaskThreadData = { name, worker, memoryCounter };
    thread.postMessage(data);
    thread.once('exit', () => {
      forgetShare(memoryCounter);
      if (heap === roomyHeap) isRoomyTaken = false;
    });
    return thread;
  };
  return { maxThreads, create };
};
