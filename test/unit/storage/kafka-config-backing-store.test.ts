import { expect, onTestFinished, test } from 'vitest';
import { type ConfigListener, KafkaConfigBackingStore } from '../../../src/storage/index.ts';
import { waitFor } from '../../support/wait-for.ts';
import { MemoryTopic } from './memory-topic.ts';

const open = async (topic: MemoryTopic): Promise<{ store: KafkaConfigBackingStore; heard: string[] }> => {
  const heard: string[] = [];
  const listener: ConfigListener = {
    onConnector: (name) => heard.push(name),
    onRestart: (request) => heard.push(`restart ${JSON.stringify(request)}`),
    onTaskRestart: ({ connector, task }) => heard.push(`restart ${connector} ${task}`),
    onLoggerLevel: (logger, level) => heard.push(`${logger} ${level}`),
  };
  const store = new KafkaConfigBackingStore(topic.options);
  await store.start(listener);
  onTestFinished(() => store.stop());
  return { store, heard };
};

test('Connect’s keys and values, one by one', async () => {
  const topic = new MemoryTopic();
  const { store, heard } = await open(topic);
  await store.putConnector('a', { topics: 't', name: 'a' }, 'PAUSED');
  await store.putTaskConfigs('a', [{ topics: 't' }, { topics: 'u' }]);
  await store.putTargetState('a', 'STOPPED');
  await store.requestRestart({ connector: 'a', includeTasks: true, onlyFailed: false });
  await store.requestTaskRestart({ connector: 'a', task: 1 });
  await store.putLoggerLevel('org.x', 'DEBUG');
  await store.delete('a');
  expect(topic.lines).toEqual([
    'target-state-a {"state":"PAUSED","state.v2":"PAUSED"}',
    'connector-a {"properties":{"topics":"t","name":"a"}}',
    'task-a-0 {"properties":{"topics":"t"}}',
    'task-a-1 {"properties":{"topics":"u"}}',
    'commit-a {"tasks":2}',
    'target-state-a {"state":"PAUSED","state.v2":"STOPPED"}',
    'restart-connector-a {"include-tasks":true,"only-failed":false}',
    'restart-task-a-1 {}',
    'logger-cluster-org.x {"level":"DEBUG"}',
    'connector-a null',
    'target-state-a null',
  ]);
  expect(heard).toContain('restart {"connector":"a","includeTasks":true,"onlyFailed":false}');
  expect(heard).toContain('restart a 1');
  expect(heard).toContain('org.x DEBUG');
  expect(store.names()).toEqual([]);
});

test('a Java cluster’s topic is taken over: states before KIP-875, names with dashes, incomplete tasks, keys of others', async () => {
  const topic = new MemoryTopic();
  topic.put('session-key', { key: 'x', algorithm: 'HmacSHA256' });
  topic.put('connector-eu-1', { properties: { name: 'eu-1', 'tasks.max': '2' } });
  topic.put('task-eu-1-0', { properties: { n: '0' } });
  topic.put('task-eu-1-1', { properties: { n: '1' } });
  topic.put('commit-eu-1', { tasks: 2 });
  topic.put('target-state-eu-1', { state: 'PAUSED' });
  topic.put('connector-half', { properties: { name: 'half' } });
  topic.put('task-half-1', { properties: { n: '1' } });
  topic.put('commit-half', { tasks: 2 });
  topic.put('connector-gone', { properties: { name: 'gone' } });
  topic.put('connector-gone', null);
  topic.put('restart-connector-eu-1', { 'include-tasks': true, 'only-failed': false });
  topic.put('tasks-fencing-eu-1', { tasks: 2 });
  const { store, heard } = await open(topic);
  expect(store.names()).toEqual(['eu-1', 'half']);
  expect(store.get('eu-1')).toEqual({
    config: { name: 'eu-1', 'tasks.max': '2' },
    targetState: 'PAUSED',
    taskConfigs: [{ n: '0' }, { n: '1' }],
  });
  expect(store.get('half')?.taskConfigs).toEqual([]);
  expect(heard, 'what was asked for before is done').toEqual([]);
});

test('what one worker writes the others hear, and a change of the target state leaves config and tasks the same objects', async () => {
  const topic = new MemoryTopic();
  const [one, two] = [await open(topic), await open(topic)];
  await one.store.putConnector('a', { name: 'a' }, 'STARTED');
  await waitFor(() => two.store.get('a') !== null, { deadlineMs: 5000, what: 'a on the other worker' });
  const before = two.store.get('a');
  await one.store.putTargetState('a', 'STOPPED');
  await waitFor(() => two.store.get('a')?.targetState === 'STOPPED', { deadlineMs: 5000, what: 'STOPPED' });
  expect(two.store.get('a')?.config).toBe(before?.config);
  expect(two.heard).toContain('a');
});
