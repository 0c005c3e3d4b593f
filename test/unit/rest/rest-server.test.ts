import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { waitFor } from '../../support/wait-for.ts';
import { type Answer, faults, type RestFixture, startRest, variable } from './rest-fixture.ts';

const config = { 'connector.class': 'com.example.TestSinkConnector', topics: 't', 'tasks.max': '2' };
const error = (code: number, message: string) => ({ error_code: code, message });

let rest: RestFixture;
const call: RestFixture['call'] = (...args) => rest.call(...args);
const create = (name = 'a', more: object = {}): Promise<Answer> =>
  call('POST', '/connectors', { name, config: { ...config, ...more } });
const states = async (name = 'a'): Promise<readonly string[]> => {
  const status = rest.herder.connectorStatus(name);
  return [status.connector.state, ...status.tasks.map(({ state }) => state)];
};
const becomes = (expected: readonly string[], name = 'a') =>
  waitFor(async () => (await states(name)).join() === expected.join(), {
    deadlineMs: 5000,
    what: `states ${expected.join()}`,
  });

beforeEach(async () => {
  faults.startFailure = null;
  rest = await startRest();
});
afterEach(() => rest[Symbol.asyncDispose]());

describe('server', () => {
  test('tells version, commit and cluster', async () => {
    const { status, headers, body } = await call('GET', '/');
    expect([status, headers.get('content-type')]).toEqual([200, 'application/json']);
    expect(body).toEqual({ version: '0.1.0', commit: 'abc', kafka_cluster_id: 'test-cluster' });
  });

  test('/health is Connect’s, on request with what is wrong beside it; /metrics is Prometheus text', async () => {
    faults.startFailure = 'no such role';
    await create('a', { 'tasks.max': '1' });
    await becomes(['RUNNING', 'FAILED']);
    const healthy = {
      status: 'healthy',
      message: 'Worker has completed startup and is ready to handle requests.',
    };
    expect((await call('GET', '/health')).body).toEqual(healthy);
    expect((await call('GET', '/health?details=true')).body).toEqual({
      ...healthy,
      snowsink: { connectors: 1, tasks: { FAILED: 1 }, failed: ['a-0'], openBreakers: [] },
    });
    const metrics = await call('GET', '/metrics', undefined, { accept: 'text/plain' });
    expect(metrics.headers.get('content-type')).toContain('text/plain');
    expect(metrics.body).toContain('snowsink_up');
  });

  test('/health names circuit breakers that are open, until they close or their task ends', async () => {
    await create('a', { 'tasks.max': '1' });
    await becomes(['RUNNING', 'RUNNING']);
    const open = (isOpen: boolean) =>
      rest.tasks[0]?.context.metrics.set(
        'snowsink_breaker_open',
        { connector: 'a', task: '0', endpoint: 'ingest' },
        isOpen ? 1 : 0,
      );
    open(true);
    expect((await call('GET', '/health?details=true')).body).toMatchObject({
      snowsink: { openBreakers: ['a-0 ingest'] },
    });
    open(false);
    expect((await call('GET', '/health?details=true')).body).toMatchObject({ snowsink: { openBreakers: [] } });
    open(true);
    await call('PUT', '/connectors/a/stop');
    expect((await call('GET', '/health?details=true')).body).toMatchObject({ snowsink: { openBreakers: [] } });
  });

  test.each([
    ['GET', '/nope', 404, 'HTTP 404 Not Found'],
    ['POST', '/connectors/nope/restart', 404, 'Unknown connector: nope'],
    ['GET', '/connectors/nope/tasks/99999999999/status', 404, 'HTTP 404 Not Found'],
    ['GET', '/connectors//', 404, 'HTTP 404 Not Found'],
    ['PUT', '/connectors', 405, 'HTTP 405 Method Not Allowed'],
    ['POST', '/connectors/a', 405, 'HTTP 405 Method Not Allowed'],
    ['GET', '/connectors/a/tasks/x/status', 404, 'HTTP 404 Not Found'],
    ['GET', '/connectors/nope', 404, 'Connector nope not found'],
    ['GET', '/connectors/nope/status', 404, 'No status found for connector nope'],
    ['DELETE', '/connectors/nope', 404, 'Connector nope not found'],
    ['PUT', '/connectors/nope/pause', 404, 'Unknown connector nope'],
    ['PUT', '/connectors/nope/resume', 404, 'Unknown connector nope'],
    ['PUT', '/connectors/nope/stop', 404, 'Unknown connector nope'],
    ['POST', '/connectors/nope/restart?includeTasks=true', 404, 'Unknown connector: nope'],
    ['POST', '/connectors/nope/tasks/0/restart', 404, 'Unknown connector: nope'],
    ['GET', '/connectors/nope/tasks/0/status', 404, 'No status found for task nope-0'],
  ])('%s %s: %i', async (method, path, status, message) => {
    expect(await call(method, path)).toMatchObject({ status, body: error(status, message) });
  });

  test('refuses what it cannot read or is not asked for', async () => {
    const text = await call('POST', '/connectors', '{}', { 'content-type': 'text/plain' });
    expect(text).toMatchObject({ status: 415, body: error(415, 'HTTP 415 Unsupported Media Type') });
    const accept = await call('GET', '/connectors', undefined, { accept: 'text/plain' });
    expect(accept).toMatchObject({ status: 406, body: error(406, 'HTTP 406 Not Acceptable') });
  });

  test('drops matrix parameters, answers HEAD, refuses headers over 8 KiB', async () => {
    expect(await call('GET', '/connectors;x=1?expand=info')).toMatchObject({ status: 200, body: {} });
    expect((await fetch(`${rest.url}/connectors`, { method: 'HEAD' })).status).toBe(200);
    expect((await call('GET', '/', undefined, { 'x-big': 'x'.repeat(9000) })).status).toBe(431);
  });

  test('OPTIONS tells what a path allows', async () => {
    const { status, headers } = await call('OPTIONS', '/connectors');
    expect(status).toBe(200);
    expect(headers.get('allow')?.split(',').sort()).toEqual(['GET', 'HEAD', 'OPTIONS', 'POST']);
    expect((await call('OPTIONS', '/nope')).status).toBe(404);
  });
});

describe('create', () => {
  test('201 with Location; the config comes back exactly, variables unresolved, plus name', async () => {
    const given = { ...config, password: variable, Odd: ' spaces ' };
    const { status, headers, body } = await call('POST', '/connectors/', { name: 'a', config: given });
    expect([status, headers.get('location')]).toEqual([201, `${rest.url}/connectors/a`]);
    const tasks = [
      { connector: 'a', task: 0 },
      { connector: 'a', task: 1 },
    ];
    expect(body).toEqual({ name: 'a', config: { ...given, name: 'a' }, tasks, type: 'sink' });
    expect((await call('GET', '/connectors/a/config')).body).toEqual({ ...given, name: 'a' });
    await becomes(['RUNNING', 'RUNNING', 'RUNNING']);
    expect(rest.tasks[0]?.context.config).toMatchObject({ password: 'resolved' });
  });

  test('scalars become strings digit for digit', async () => {
    const text =
      '{"name":"a","config":{"connector.class":"x","topics":"t","n1":1.50,"n2":1e3,"n3":12345678901234567890,"n4":-0,"yes":true}}';
    expect((await call('POST', '/connectors', text)).status).toBe(201);
    expect((await call('GET', '/connectors/a/config')).body).toMatchObject({
      n1: '1.50',
      n2: '1e3',
      n3: '12345678901234567890',
      n4: '-0',
      yes: 'true',
    });
  });

  test('a name may hold anything; Location keeps its slashes', async () => {
    const name = 'a b/c%+?#ü';
    const { status, headers } = await create(name);
    expect([status, headers.get('location')]).toEqual([201, `${rest.url}/connectors/a%20b/c%25+%3F%23%C3%BC`]);
    expect((await call('GET', `/connectors/${encodeURIComponent(name)}`)).status).toBe(200);
    expect((await call('DELETE', `/connectors/${encodeURIComponent(name)}`)).status).toBe(204);
  });

  test.each([
    ['not JSON', '{"name":', 500],
    ['an array', '[]', 500],
    ['nested value', { name: 'a', config: { ...config, x: { y: 1 } } }, 500],
    ['unknown member', { name: 'a', config, extra: 1 }, 500],
    ['unknown initial_state', { name: 'a', config, initial_state: 'x' }, 500],
    ['null value', { name: 'a', config: { ...config, x: null } }, 400],
    ['another name inside', { name: 'a', config: { ...config, name: 'b' } }, 400],
    ['no class', { name: 'a', config: { topics: 't', password: 'hunter2' } }, 400],
  ])('%s: refused', async (_what, body, status) => {
    const answer = await call('POST', '/connectors', body);
    expect(answer).toMatchObject({ status, body: { error_code: status, message: expect.any(String) } });
    expect(JSON.stringify(answer.body)).not.toContain('hunter2');
    expect((await call('GET', '/connectors')).body).toEqual([]);
  });

  test('an invalid config is 400 in Connect’s words, also for a name that exists; then 409', async () => {
    await create();
    const invalid = await call('POST', '/connectors', { name: 'a', config: { 'connector.class': 'x' } });
    expect(invalid.status).toBe(400);
    expect(invalid.body).toEqual(
      error(
        400,
        'Connector configuration is invalid and contains the following 2 error(s):\n' +
          'Must configure one of topics or topics.regex\n' +
          'Must configure one of topics or topics.regex\n' +
          'You can also find the above list of errors at the endpoint `/connector-plugins/{connectorType}/config/validate`',
      ),
    );
    expect(await create()).toMatchObject({ status: 409, body: error(409, 'Connector a already exists') });
  });

  test('PAUSED or STOPPED from the beginning: no tasks until it is resumed', async () => {
    await call('POST', '/connectors', { name: 'a', config, initial_state: 'paused' });
    expect(await states()).toEqual(['PAUSED']);
    expect((await call('PUT', '/connectors/a/resume')).status).toBe(202);
    await becomes(['RUNNING', 'RUNNING', 'RUNNING']);
  });
});

describe('update', () => {
  test('PUT config creates (201) and replaces (200)', async () => {
    expect((await call('PUT', '/connectors/a/config', config)).status).toBe(201);
    await becomes(['RUNNING', 'RUNNING', 'RUNNING']);
    const { status, body } = await call('PUT', '/connectors/a/config', { ...config, 'tasks.max': 1 });
    expect(status).toBe(200);
    expect(body).toMatchObject({ config: { 'tasks.max': '1', name: 'a' }, tasks: [{ connector: 'a', task: 0 }] });
    await becomes(['RUNNING', 'RUNNING']);
    expect(rest.tasks.filter(({ calls }) => calls.at(-1) === 'stop')).toHaveLength(2);
  });

  test('DELETE stops the tasks and forgets the connector', async () => {
    await create();
    await becomes(['RUNNING', 'RUNNING', 'RUNNING']);
    expect(await call('DELETE', '/connectors/a')).toMatchObject({ status: 204, body: '' });
    expect((await call('GET', '/connectors/a')).status).toBe(404);
    expect((await call('GET', '/connectors/a/status')).status).toBe(404);
    expect(rest.tasks.every(({ calls }) => calls.at(-1) === 'stop')).toBe(true);
  });
});

describe('look', () => {
  test('list, expand, status, tasks', async () => {
    await create('b');
    await create('a');
    await becomes(['RUNNING', 'RUNNING', 'RUNNING']);
    expect((await call('GET', '/connectors')).body).toEqual(['a', 'b']);
    const { body } = await call('GET', '/connectors?expand=status&expand=info&expand=nope');
    expect(body).toMatchObject({ a: { info: { name: 'a' }, status: { name: 'a', type: 'sink' } }, b: {} });
    expect((await call('GET', '/connectors/a/status')).body).toEqual({
      name: 'a',
      connector: { state: 'RUNNING', worker_id: rest.host },
      tasks: [
        { id: 0, state: 'RUNNING', worker_id: rest.host },
        { id: 1, state: 'RUNNING', worker_id: rest.host },
      ],
      type: 'sink',
    });
    const task = { ...config, name: 'a', 'task.class': 'com.example.TestSinkTask' };
    expect((await call('GET', '/connectors/a/tasks')).body).toEqual([
      { id: { connector: 'a', task: 0 }, config: task },
      { id: { connector: 'a', task: 1 }, config: task },
    ]);
    expect((await call('GET', '/connectors/a/tasks/1/status')).body).toMatchObject({ id: 1, state: 'RUNNING' });
  });
});

describe('states', () => {
  test('pause keeps tasks, stop empties them, resume brings them back', async () => {
    await create();
    await becomes(['RUNNING', 'RUNNING', 'RUNNING']);
    expect(await call('PUT', '/connectors/a/pause')).toMatchObject({ status: 202, body: '' });
    await becomes(['PAUSED', 'PAUSED', 'PAUSED']);
    expect((await call('PUT', '/connectors/a/resume')).status).toBe(202);
    await becomes(['RUNNING', 'RUNNING', 'RUNNING']);
    expect((await call('PUT', '/connectors/a/stop')).status).toBe(204);
    expect(await states()).toEqual(['STOPPED']);
    expect((await call('GET', '/connectors/a/tasks')).body).toEqual([]);
    expect((await call('PUT', '/connectors/a/resume')).status).toBe(202);
    await becomes(['RUNNING', 'RUNNING', 'RUNNING']);
  });

  test('a JSON body on pause is ignored, whatever it holds', async () => {
    await create();
    expect((await call('PUT', '/connectors/a/pause', '{broken')).status).toBe(202);
    expect((await call('PUT', '/connectors/a/pause', undefined, { 'content-type': 'application/json' })).status).toBe(
      202,
    );
  });

  test('a failed task shows its trace; restart of failed ones is 202 with what restarts, and runs again', async () => {
    faults.startFailure = 'no such role';
    await create('a', { 'tasks.max': '1' });
    await becomes(['RUNNING', 'FAILED']);
    expect((await call('GET', '/connectors/a/tasks/0/status')).body).toMatchObject({
      trace: expect.stringContaining('no such role'),
    });
    faults.startFailure = null;
    const restart = await call('POST', '/connectors/a/restart?includeTasks=true&onlyFailed=true');
    expect(restart.status).toBe(202);
    expect(restart.body).toMatchObject({
      connector: { state: 'RUNNING' },
      tasks: [{ id: 0, state: 'RESTARTING', trace: expect.stringContaining('no such role') }],
    });
    await becomes(['RUNNING', 'RUNNING']);
  });

  test('restart without flags is 204 and leaves tasks alone; a task restarts by itself', async () => {
    await create();
    await becomes(['RUNNING', 'RUNNING', 'RUNNING']);
    expect(await call('POST', '/connectors/a/restart')).toMatchObject({ status: 204, body: '' });
    expect(rest.tasks).toHaveLength(2);
    expect((await call('POST', '/connectors/a/tasks/1/restart')).status).toBe(204);
    await becomes(['RUNNING', 'RUNNING', 'RUNNING']);
    expect(rest.tasks).toHaveLength(3);
    const unknown = await call('POST', '/connectors/a/tasks/9/restart');
    expect(unknown).toMatchObject({ status: 404, body: error(404, 'Unknown task: a-9') });
  });
});
