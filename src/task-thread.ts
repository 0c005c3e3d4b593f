import { parentPort } from 'node:worker_threads';
import { loadKafkaJs } from './kafka/hardening/load-kafkajs.ts';
import { createPlugins, createPorts } from './plugins.ts';
// what plugins.ts loads when it is needed is needed here, at once
import './create-task.ts';
import { runTaskThread, type TaskThreadData } from './runtime/index.ts';

/** What a task thread runs. Started by the worker; its first message is TaskThreadData; lives until the worker ends it. */
if (parentPort === null) throw new Error('task-thread is started by the worker, not by hand');
const port = parentPort;
loadKafkaJs(); // while the main thread still reads configs
port.once('message', ({ name, worker, memoryCounter }: TaskThreadData) => {
  const ports = createPorts({ worker, memoryCounter, thread: name });
  runTaskThread({ port, worker, plugins: createPlugins({ logger: ports.logger }), ports });
});
