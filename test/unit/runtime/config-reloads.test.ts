// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables as users write them
import { expect, test } from 'vitest';
import { type Clock, type ConnectorConfig, silentLogger } from '../../../src/api/index.ts';
import { ConfigReloads } from '../../../src/runtime/config-reloads.ts';
import type { ConnectorInfo } from '../../../src/runtime/connector-info.ts';

const start = (
  config: ConnectorConfig,
  providers: ConnectorConfig = { 'config.providers.file.param.ttl.ms': '500' },
) => {
  const values: Record<string, string> = { '${file:/s:key}': 'one', '${env:USER}': 'me' };
  const restarted: string[] = [];
  const timers: { readonly ms: number; readonly callback: () => void }[] = [];
  const clock: Clock = {
    now: () => 0,
    setTimer: (ms, callback) => {
      timers.push({ ms, callback });
      return { cancel: () => timers.pop() };
    },
    sleep: async () => {},
  };
  const plugins = {
    resolve: async (_worker: unknown, given: ConnectorConfig): Promise<ConnectorConfig> =>
      Object.fromEntries(Object.entries(given).map(([key, value]) => [key, values[value] ?? value])),
  };
  const worker = {
    properties: providers,
    offsetFlushIntervalMs: 1,
    offsetFlushTimeoutMs: 1,
    gracefulShutdownTimeoutMs: 1,
  };
  const info: ConnectorInfo = { name: 'c', config, tasks: [], type: 'sink' };
  const reloads = new ConfigReloads({ worker, plugins, clock, logger: silentLogger });
  const observed = reloads.observing(plugins);
  reloads.start({
    connectors: () => ['c'],
    connectorInfo: () => info,
    restartConnectorAndTasks: async (name) => {
      restarted.push(name);
      return { name, connector: { state: 'RESTARTING', worker_id: '' }, tasks: [], type: 'sink' };
    },
  });
  const tick = async (): Promise<void> => {
    timers.pop()?.callback();
    while (timers.length === 0) await new Promise(setImmediate);
  };
  return {
    values,
    restarted,
    timers,
    tick,
    resolve: () => observed.resolve(worker, config),
    stop: () => reloads.stop(),
  };
};

const config = { name: 'c', 'snowflake.private.key': '${file:/s:key}' };

test('a changed value restarts the connector, once; one that cannot be read does not', async () => {
  const { values, restarted, timers, tick, resolve, stop } = start(config);
  await resolve();
  expect(timers.map(({ ms }) => ms)).toEqual([500]);
  await tick();
  expect(restarted).toEqual([]);
  values['${file:/s:key}'] = 'two';
  await tick();
  await tick();
  expect(restarted).toEqual(['c']);
  delete values['${file:/s:key}'];
  await tick();
  expect(restarted).toEqual(['c']);
  stop();
  expect(timers).toEqual([]);
});

test('a validation after the change does not hide it', async () => {
  const { values, restarted, tick, resolve } = start(config);
  await resolve();
  values['${file:/s:key}'] = 'two';
  await resolve();
  await tick();
  expect(restarted).toEqual(['c']);
});

test.each([
  ['config.action.reload=none', { ...config, 'config.action.reload': 'none' }],
  ['a provider without ttl', { name: 'c', 'snowflake.user.name': '${env:USER}' }],
])('%s: never restarted', async (_what, given) => {
  const { values, restarted, tick, resolve } = start(given);
  await resolve();
  values['${file:/s:key}'] = 'two';
  values['${env:USER}'] = 'you';
  await tick();
  expect(restarted).toEqual([]);
});

test('without any ttl nothing is asked again; a wrong one is named', () => {
  expect(start(config, {}).timers).toEqual([]);
  expect(() => start(config, { 'config.providers.file.param.ttl.ms': '0' })).toThrow(
    /file\.param\.ttl\.ms: must be a whole number/,
  );
});
