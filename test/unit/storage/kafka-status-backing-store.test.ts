import { expect, onTestFinished, test } from 'vitest';
import { KafkaStatusBackingStore, type WorkerStatus } from '../../../src/storage/index.ts';
import { waitFor } from '../../support/wait-for.ts';
import { MemoryTopic } from './memory-topic.ts';

const open = async (topic: MemoryTopic): Promise<KafkaStatusBackingStore> => {
  const store = new KafkaStatusBackingStore(topic.options);
  await store.start();
  onTestFinished(() => store.stop());
  return store;
};
const status = (state: WorkerStatus['state'], workerId = 'one:8083'): WorkerStatus => ({
  state,
  trace: null,
  workerId,
  generation: 3,
});

test('Connect’s keys and values; others hear them, topics too', async () => {
  const topic = new MemoryTopic();
  const [one, two] = [await open(topic), await open(topic)];
  one.putConnector('a-b', status('RUNNING'));
  one.putTask('a-b', 0, { ...status('FAILED'), trace: 'why' });
  one.putTopic('a-b', 't', 0);
  await waitFor(() => two.topics('a-b').length > 0, { deadlineMs: 5000, what: 'the topic' });
  expect(topic.lines.slice(0, 2)).toEqual([
    'status-connector-a-b {"state":"RUNNING","trace":null,"worker_id":"one:8083","generation":3}',
    'status-task-a-b-0 {"state":"FAILED","trace":"why","worker_id":"one:8083","generation":3}',
  ]);
  expect(topic.lines[2]).toMatch(
    /^status-topic-t:connector-a-b \{"topic":\{"name":"t","connector":"a-b","task":0,"discoverTimestamp":\d+\}\}$/,
  );
  expect(two.get('a-b')?.connector).toEqual(status('RUNNING'));
  expect(two.get('a-b')?.tasks.get(0)?.trace).toBe('why');
  one.delete('a-b');
  await waitFor(() => two.get('a-b') === null && two.topics('a-b').length === 0, { deadlineMs: 5000, what: 'gone' });
});

test('what is put counts at once, and its echo does not bring back what was before', async () => {
  const topic = new MemoryTopic();
  const store = await open(topic);
  const gate = Promise.withResolvers<void>();
  topic.gate = gate.promise;
  store.putConnector('a', status('RUNNING'));
  store.delete('a');
  store.putConnector('a', status('PAUSED'));
  store.putConnector('a', status('RUNNING'));
  store.putConnector('a', status('STOPPED'));
  expect(store.get('a')?.connector?.state).toBe('STOPPED');
  const other = await openAfter(topic, gate);
  await waitFor(() => other.get('a')?.connector?.state === 'STOPPED', { deadlineMs: 5000, what: 'STOPPED elsewhere' });
  expect(store.get('a')?.connector?.state).toBe('STOPPED');
  other.putConnector('a', status('RUNNING', 'two:8083'));
  await waitFor(() => store.get('a')?.connector?.workerId === 'two:8083', {
    deadlineMs: 5000,
    what: 'the other’s word',
  });
});

const openAfter = async (topic: MemoryTopic, gate: PromiseWithResolvers<void>): Promise<KafkaStatusBackingStore> => {
  gate.resolve();
  return open(topic);
};

test('DESTROYED, by which Java means gone, and words of nobody are passed over', async () => {
  const topic = new MemoryTopic();
  topic.put('status-connector-a', { state: 'DESTROYED', trace: null, worker_id: 'x:1', generation: 1 });
  topic.put('status-task-b-x', { state: 'RUNNING' });
  topic.put('other', { state: 'RUNNING' });
  const store = await open(topic);
  expect([store.get('a'), store.get('b')]).toEqual([null, null]);
});
