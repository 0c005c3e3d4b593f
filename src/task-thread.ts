import { parentPort, workerData } from 'node:worker_threads';
import { createPlugins, createPorts } from './plugins.ts';
// what plugins.ts loads when it is needed is needed here, at once
import './create-task.ts';
import './kafka/index.ts';
import { runTaskThread, type TaskThreadData } from './runtime/index.ts';

/** What a task thread runs. Started by the worker with TaskThreadData; lives until the worker ends it. */
const { name, worker, memoryCounter } = workerData as TaskThreadData;
if (parentPort === null) throw new Error('task-thread is started by the worker, not by hand');
const ports = createPorts({ worker, memoryCounter, thread: name });
runTaskThread({ port: parentPort, worker, plugins: createPlugins({ logger: ports.logger }), ports });
