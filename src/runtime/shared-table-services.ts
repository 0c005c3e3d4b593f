import type { ConnectorConfig, TableService } from '../api/index.ts';

interface Service {
  /** What it was made of. */
  readonly config: string;
  readonly tables: TableService;
}

export interface SharedTableServicesOptions {
  /** The connector's config, its variables resolved now. */
  readonly resolve: (connector: string) => Promise<ConnectorConfig>;
  readonly create: (config: ConnectorConfig) => TableService;
}

/**
 * One SQL session for each connector, begun at the first call and ended with the connector. Lives in the main thread. Each call reads
 * the variables anew: a key that was exchanged in its file makes a new session, without a restart.
 */
export class SharedTableServices {
  readonly #options: SharedTableServicesOptions;
  readonly #services = new Map<string, Service>();

  constructor(options: SharedTableServicesOptions) {
    this.#options = options;
  }

  serviceOf(connector: string): TableService {
    return {
      describe: async (table) => (await this.#service(connector)).describe(table),
      evolution: async (table) => (await this.#service(connector)).evolution(table),
      isIceberg: async (table) => (await this.#service(connector)).isIceberg(table),
      create: async (table, shape, iceberg) => (await this.#service(connector)).create(table, shape, iceberg),
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
    await service?.tables.close();
  }

  async #service(connector: string): Promise<TableService> {
    const config = await this.#options.resolve(connector);
    const asText = JSON.stringify(config);
    const known = this.#services.get(connector);
    if (known?.config === asText) return known.tables;
    // The one before may still be asked something; its session ends when its process has nothing to do.
    const tables = this.#options.create(config);
    this.#services.set(connector, { config: asText, tables });
    return tables;
  }
}
