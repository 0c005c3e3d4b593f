import { expect, test } from 'vitest';
import { NotFoundError } from '../../src/api/index.ts';
import { parseWorkerConfig } from '../../src/config/index.ts';
import { createPlugins } from '../../src/plugins.ts';
import { ConnectorPluginsView, type GivenConfig } from '../../src/runtime/index.ts';

const view = (worker: Readonly<Record<string, string>> = {}) =>
  new ConnectorPluginsView(
    {
      properties: parseWorkerConfig(worker).properties,
      offsetFlushIntervalMs: 1,
      offsetFlushTimeoutMs: 1,
      gracefulShutdownTimeoutMs: 1,
    },
    createPlugins(),
  );
const config = { name: 'c', 'connector.class': 'SnowflakeStreamingSink', topics: 't' };
const errors = async (more: GivenConfig, worker: Readonly<Record<string, string>> = {}) => {
  const { configs } = await view(worker).validate({ ...config, ...more });
  return Object.fromEntries(configs.flatMap(({ value }) => (value?.errors.length ? [[value.name, value.errors]] : [])));
};

test('the keys of a connector: its own and those of every sink; both spellings of the order', () => {
  const keys = new Map(
    view()
      .configKeys('SnowflakeSinkConnector')
      .map((key) => [key.name, key]),
  );
  expect(keys.get('snowflake.private.key')).toMatchObject({
    type: 'PASSWORD',
    required: false,
    default_value: '[hidden]',
  });
  expect(keys.get('tasks.max')).toMatchObject({ group: 'Common', order: 3, order_in_group: 3, default_value: '1' });
  expect(() => view().configKeys('Value')).toThrow(NotFoundError);
});

test('keys of a transform stand behind its prefix: needed ones first, then by importance and name', async () => {
  const transform = { transforms: 'a', 'transforms.a.type': 'InsertHeader', 'transforms.a.header': 'h' };
  const { configs, groups } = await view().validate({ ...config, ...transform });
  const keys = configs.flatMap(({ definition }) => (definition?.group === 'Transforms: a' ? [definition] : []));
  expect(keys.map(({ name, order }) => [name, order])).toEqual([
    ['transforms.a.type', 0],
    ['transforms.a.header', 1],
    ['transforms.a.value.literal', 2],
    ['transforms.a.negate', 3],
    ['transforms.a.predicate', 4],
  ]);
  expect(groups).toContain('Transforms: a');
});

test('client overrides: the policy, and the type', async () => {
  const key = 'consumer.override.max.poll.records';
  const none = { 'connector.client.config.override.policy': 'None' };
  expect(await errors({ [key]: '5' }, none)).toMatchObject({
    [key]: ["The 'None' policy does not allow 'max.poll.records' to be overridden in the connector configuration."],
  });
  await expect(errors({ [key]: 'abc' })).rejects.toThrow(
    'org.apache.kafka.common.config.ConfigException: Invalid value abc for configuration max.poll.records: Not a number of type INT',
  );
});

test('a null is a mistake; without a class there is nothing to validate by', async () => {
  expect(await errors({ x: null })).toMatchObject({
    x: ['Null value can not be supplied as the configuration value.'],
  });
  await expect(view().validate({ name: 'c', password: 'secret' })).rejects.toThrow(
    /BadRequestException: Connector config \{name=c, password=\[hidden\]\} contains no connector type/,
  );
});
