import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { silentLogger } from '../../../src/api/index.ts';
import {
  connectorFilesIn,
  createConfigProviders,
  parseWorkerConfig,
  readConnectorFile,
  readPropertiesFile,
  resolveProviders,
  unknownWorkerKeys,
} from '../../../src/config/index.ts';
import { sinkConfigNotes } from '../../../src/connector/sink-config-notes.ts';
import { parseSinkSettings } from '../../../src/connector/snowflake-sink-config.ts';
import { createPlugins } from '../../../src/plugins.ts';
import { validatedConfig } from '../../../src/runtime/validated-config.ts';

const workerFile = 'config/worker.properties';
const samples = connectorFilesIn('config').filter((path) => path !== workerFile);
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const environment = {
  SNOWFLAKE_URL: 'http://127.0.0.1:8084',
  SNOWFLAKE_USER: 'LOADER',
  SNOWFLAKE_PRIVATE_KEY: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
};
const worker = parseWorkerConfig(readPropertiesFile(workerFile));
const settings = {
  properties: worker.properties,
  offsetFlushIntervalMs: 1,
  offsetFlushTimeoutMs: 1,
  gracefulShutdownTimeoutMs: 1,
};

test('the sample worker config has no unknown key', () => {
  expect(unknownWorkerKeys(readPropertiesFile(workerFile))).toEqual([]);
});

test('there are samples', () => {
  expect(samples.length).toBeGreaterThanOrEqual(6);
});

test.each(samples)('%s is valid as it is', async (path) => {
  const { name, config } = readConnectorFile(path);
  const providers = createConfigProviders(worker.properties, environment, silentLogger);
  const resolved = resolveProviders(config, providers);
  expect((await validatedConfig(settings, createPlugins(), resolved)).problems).toEqual([]);
  expect(sinkConfigNotes(config)).toEqual([]);
  expect(parseSinkSettings(resolved)).toMatchObject({ connectorName: name, account: { user: 'LOADER' } });
});

test('names of samples differ, so that they can run together', () => {
  const names = samples.map((path) => readConnectorFile(path).name);
  expect(new Set(names).size).toBe(names.length);
});
