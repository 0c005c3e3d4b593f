import type { Column, TableService, TableShape } from '../api/index.ts';
import { receiveError } from './error-transfer.ts';
import type { TableCall, TaskCommand, TaskEvent } from './task-thread-protocol.ts';

type Send = (event: TaskEvent) => void;
type Reply = Extract<TaskCommand, { readonly type: 'tableReply' | 'tableError' }>;

/** A task thread's end of the table services, which all live in the main thread: a driver session costs tens of megabytes. */
export class TableCalls {
  readonly #send: Send;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #lastCall = 0;

  constructor(send: Send) {
    this.#send = send;
  }

  serviceOf(connector: string): TableService {
    return {
      describe: async (table) =>
        (await this.#call(connector, { method: 'describe', table })) as readonly Column[] | null,
      create: async (table: string, shape: TableShape) => {
        await this.#call(connector, { method: 'create', table, shape });
      },
      close: async () => {},
    };
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
export const answerTableCall = (tables: TableService, request: TableCall): Promise<unknown> =>
  request.method === 'describe' ? tables.describe(request.table) : tables.create(request.table, request.shape);
