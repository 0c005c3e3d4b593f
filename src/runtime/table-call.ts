import type { Column, OffsetRun, TableEvolution, TableService } from '../api/index.ts';
import { receiveError } from './error-transfer.ts';
import type { TableCall, TaskCommand, TaskEvent } from './task-thread-protocol.ts';

type Send = (event: TaskEvent) => void;
type Reply = Extract<TaskCommand, { readonly type: 'tableReply' | 'tableError' }>;

/** A table service whose calls go elsewhere. */
export const tableServiceBy = (
  call: (request: TableCall) => Promise<unknown>,
  close: () => Promise<void>,
): TableService => ({
  describe: async (table) => (await call({ method: 'describe', table })) as readonly Column[] | null,
  evolution: async (table) => (await call({ method: 'evolution', table })) as TableEvolution,
  isIceberg: async (table) => (await call({ method: 'isIceberg', table })) as boolean,
  create: async (table, shape, iceberg) => void (await call({ method: 'create', table, shape, iceberg })),
  alter: async (table, change) => void (await call({ method: 'alter', table, change })),
  offsets: async (table, query) => (await call({ method: 'offsets', table, query })) as readonly OffsetRun[],
  plan: async (table, change) => (await call({ method: 'plan', table, change })) as readonly string[],
  close,
});

/** A task thread's end of the table services, which all live in the main thread: a driver session costs tens of megabytes. */
export class TableCalls {
  readonly #send: Send;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #lastCall = 0;

  constructor(send: Send) {
    this.#send = send;
  }

  serviceOf(connector: string): TableService {
    return tableServiceBy(
      (request) => this.#call(connector, request),
      async () => {},
    );
  }

  settle(reply: Reply): void {
    const waiting = this.#waiting.get(reply.call);
    this.#waiting.delete(reply.call);
    if (reply.type === 'tableReply') waiting?.resolve(reply.value);
    else waiting?.reject(receiveError(reply.error));
  }

  #call(connector: string, request: TableCall): Promise<unknown> {
    const call = ++this.#lastCall;
    const reply = Promise.withResolvers<unknown>();
    this.#waiting.set(call, reply);
    this.#send({ type: 'tableCall', call, connector, request });
    return reply.promise;
  }
}

/** The main thread's end. */
export const answerTableCall = (tables: TableService, request: TableCall): Promise<unknown> => {
  switch (request.method) {
    case 'describe':
      return tables.describe(request.table);
    case 'evolution':
      return tables.evolution(request.table);
    case 'offsets':
      return tables.offsets(request.table, request.query);
    case 'isIceberg':
      return tables.isIceberg(request.table);
    case 'create':
      return tables.create(request.table, request.shape, request.iceberg);
    case 'alter':
      return tables.alter(request.table, request.change);
    case 'plan':
      return tables.plan(request.table, request.change);
  }
};
