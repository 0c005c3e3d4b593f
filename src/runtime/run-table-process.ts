import type { ConnectorConfig, TableService } from '../api/index.ts';
import { transferError } from './error-transfer.ts';
import { answerTableCall } from './table-call.ts';
import type { TableProcessCommand, TableProcessEvent } from './table-process-protocol.ts';

type TableProcessCall = Extract<TableProcessCommand, { readonly type: 'call' }>;

/** A table process's whole life: answer calls until the worker closes the channel or is gone. */
export const runTableProcess = (create: (config: ConnectorConfig) => TableService): void => {
  const configs = new Map<number, ConnectorConfig>();
  const services = new Map<number, TableService>();
  // a worker that was killed hears no answer; 'disconnect' ends this process then
  const send = (event: TableProcessEvent): void => void process.send?.(event, undefined, undefined, () => {});

  /** An account that cannot be used is the answer to each call. */
  const serviceOf = (id: number): TableService => {
    const service = services.get(id) ?? create(configs.get(id) ?? {});
    services.set(id, service);
    return service;
  };
  const answer = async ({ service, call, request }: TableProcessCall): Promise<void> => {
    try {
      send({ type: 'reply', call, value: await answerTableCall(serviceOf(service), request) });
    } catch (error) {
      send({ type: 'error', call, error: transferError(error) });
    }
  };
  const close = async (id: number): Promise<void> => {
    const service = services.get(id);
    services.delete(id);
    configs.delete(id);
    await service?.close();
  };

  process.on('message', (command: TableProcessCommand) => {
    if (command.type === 'open') configs.set(command.service, command.config);
    else if (command.type === 'close')
      close(command.service).catch(() => {}); // logging out is a courtesy
    else void answer(command);
  });
  // a terminal's Ctrl-C and a service manager's SIGTERM come to the whole group: the worker drains first
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});
  process.once('disconnect', async () => {
    await Promise.allSettled([...services.keys()].map(close));
    process.exit(0);
  });
};
