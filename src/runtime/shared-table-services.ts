import type { TableService } from '../api/index.ts';

/** One SQL session for each connector, begun at the first call and ended with the connector. Lives in the main thread. */
export class SharedTableServices {
  readonly #create: (connector: string) => Promise<TableService>;
  readonly #services = new Map<string, Promise<TableService>>();

  constructor(create: (connector: string) => Promise<TableService>) {
    this.#create = create;
  }

  serviceOf(connector: string): TableService {
    return {
      describe: async (table) => (await this.#service(connector)).describe(table),
      evolution: async (table) => (await this.#service(connector)).evolution(table),
      create: async (table, shape) => (await this.#service(connector)).create(table, shape),
      alter: async (table, change) => (await this.#service(connector)).alter(table, change),
      offsets: async (table, query) => (await this.#service(connector)).offsets(table, query),
      plan: async (table, change) => (await this.#service(connector)).plan(table, change),
      close: async () => {},
    };
  }

  /** Ahead of the first call, which tells what is wrong. */
  prepare(connector: string): void {
    this.#service(connector).catch(() => {});
  }

  async close(connector: string): Promise<void> {
    const service = this.#services.get(connector);
    this.#services.delete(connector);
    await (await service?.catch(() => undefined))?.close();
  }

  async #service(connector: string): Promise<TableService> {
    const known = this.#services.get(connector);
    if (known !== undefined) return known;
    const service = this.#create(connector);
    this.#services.set(connector, service);
    // A session that could not be made is tried anew by the next call: a restart after mending must not need a new process.
    service.catch(() => this.#services.delete(connector));
    return service;
  }
}
