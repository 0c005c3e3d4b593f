import type { ConnectorConfig, SinkConnector } from '../api/index.ts';

/** Every task gets the connector's config as it is: Kafka's consumer group spreads the partitions. */
export class SnowflakeSinkConnector implements SinkConnector {
  #config: ConnectorConfig = {};

  async start(config: ConnectorConfig): Promise<void> {
    this.#config = config;
  }

  taskConfigs(maxTasks: number): readonly ConnectorConfig[] {
    return Array.from({ length: maxTasks }, () => this.#config);
  }

  async stop(): Promise<void> {}
}
