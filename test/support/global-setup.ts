import type { TestProject } from 'vitest/node';
import { startBroker } from './kafka.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The broker of this test run, shared by all its files: use topics of your own (topics.ts). */
    kafkaBootstrapServers: string;
  }
}

/** One broker per run: KAFKA_BOOTSTRAP_SERVERS if set, else a container, else a JVM (kafka.ts). */
export const setup = async (project: TestProject): Promise<() => Promise<void>> => {
  const given = process.env['KAFKA_BOOTSTRAP_SERVERS'];
  if (given !== undefined && given !== '') {
    project.provide('kafkaBootstrapServers', given);
    return async () => {};
  }
  const broker = await startBroker();
  console.log(`Kafka for this test run: ${broker.bootstrapServers} (${broker.runsAs})`);
  project.provide('kafkaBootstrapServers', broker.bootstrapServers);
  return () => broker.stop();
};
