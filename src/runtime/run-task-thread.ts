import type { MessagePort } from 'node:worker_threads';
import { errorMessage } from '../api/index.ts';
import { InlineTaskHost } from './inline-task-host.ts';
import type { Plugins, Ports, WorkerSettings } from './plugins.ts';
import { TableCalls } from './table-call.ts';
import type { TaskCommand, TaskEvent } from './task-thread-protocol.ts';

const metricsIntervalMs = 1000;
/** A snapshot of thousands of partitions takes long to hand over: half a per cent of a core for it, but none is older than this. */
const shareOfTime = 1 / 200;
const longestIntervalMs = 5000;

export interface TaskThreadSurroundings {
  readonly port: MessagePort;
  readonly worker: WorkerSettings;
  readonly plugins: Plugins;
  readonly ports: Ports;
}

/** A task thread's whole life: obey commands, tell of statuses, send metrics each second or so. The main thread ends it. */
export const runTaskThread = ({ port, worker, plugins, ports }: TaskThreadSurroundings): void => {
  const send = (event: TaskEvent): void => port.postMessage(event);
  const tableCalls = new TableCalls(send);
  const host = new InlineTaskHost({ worker, plugins, ports }, (connector) => tableCalls.serviceOf(connector), {
    onStatus: (id, status) => send({ type: 'status', id, status }),
    onBreaker: (id, endpoint, isOpen) => send({ type: 'breaker', id, endpoint, isOpen }),
    onTopic: (id, topic) => send({ type: 'topic', id, topic }),
  });
  const sendMetrics = async (): Promise<void> => {
    const snapshot = await ports.metrics.snapshot();
    if (snapshot !== null) send({ type: 'metrics', snapshot });
  };

  const obey = async (command: TaskCommand): Promise<void> => {
    switch (command.type) {
      case 'start':
        return host.start(command.spec);
      case 'pause':
        return host.setPaused(command.id, command.paused);
      case 'loggerLevel':
        ports.loggerLevels.set(command.logger, command.level);
        return;
      case 'stop':
        await host.stop(command.id);
        await sendMetrics();
        return send({ type: 'stopped', id: command.id });
      case 'tableReply':
      case 'tableError':
        return tableCalls.settle(command);
    }
  };
  const logFailure = (error: unknown): void => ports.logger.error({}, `Task thread: ${errorMessage(error)}`);

  port.on('message', (command: TaskCommand) => {
    obey(command).catch(logFailure);
  });
  const tell = async (): Promise<void> => {
    const startedMs = performance.now();
    await sendMetrics().catch(logFailure);
    const restMs = (performance.now() - startedMs) / shareOfTime;
    setTimeout(tell, Math.min(longestIntervalMs, Math.max(metricsIntervalMs, restMs)));
  };
  setTimeout(tell, metricsIntervalMs);
};
