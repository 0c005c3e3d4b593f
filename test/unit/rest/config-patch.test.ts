import { afterEach, beforeEach, expect, test } from 'vitest';
import { type RestFixture, startRest } from './rest-fixture.ts';

let rest: RestFixture;
const config = { 'connector.class': 'com.example.TestSinkConnector', topics: 't', 'tasks.max': '1' };
const patch = (change: unknown, name = 'a') => rest.call('PATCH', `/connectors/${name}/config`, change);

beforeEach(async () => {
  rest = await startRest();
  await rest.call('POST', '/connectors', { name: 'a', config });
});
afterEach(() => rest[Symbol.asyncDispose]());

test('PATCH replaces, adds and, with null, removes; numbers keep their text', async () => {
  const { status, body } = await patch({ 'tasks.max': 2, more: 'x', gone: null });
  expect(status).toBe(200);
  expect(body).toMatchObject({ name: 'a', config: { ...config, name: 'a', 'tasks.max': '2', more: 'x' } });
  expect(rest.herder.taskInfos('a')).toHaveLength(2);
  await patch({ more: null });
  expect(rest.herder.connectorInfo('a').config).toEqual({ ...config, name: 'a', 'tasks.max': '2' });
});

test('PATCH is validated as a whole, and what is refused changes nothing', async () => {
  expect((await patch({ topics: null })).status).toBe(400);
  expect(rest.herder.connectorInfo('a').config).toEqual({ ...config, name: 'a' });
});

test('a config in the form of POST is told where it belongs', async () => {
  const { status, body } = await rest.call('PUT', '/connectors/a/config', { name: 'a', config });
  expect([status, body]).toEqual([
    500,
    expect.objectContaining({ message: expect.stringContaining('PUT takes the map') }),
  ]);
});

test('PATCH keeps a stopped connector stopped, and the connector its name', async () => {
  await rest.call('PUT', '/connectors/a/stop');
  expect((await patch({ name: 'other' })).body).toMatchObject({ name: 'a', config: { name: 'other' } });
  expect(rest.herder.connectorStatus('a').connector.state).toBe('STOPPED');
});

test.each([[[]], ['null'], ['{"a":']])('PATCH with %j is a wrong body', async (body) => {
  expect((await patch(body)).status).toBe(500);
});

test('PATCH and offsets of a connector that is not there are 404', async () => {
  const body = { error_code: 404, message: 'Connector nope not found' };
  expect((await patch({ a: 'b' }, 'nope')).body).toEqual(body);
  expect((await rest.call('GET', '/connectors/nope/offsets')).body).toEqual(body);
});

test('offsets are what the group has committed', async () => {
  expect(await rest.call('GET', '/connectors/a/offsets')).toMatchObject({ status: 200, body: { offsets: [] } });
});

test('/connector-plugins tells connectors, and the rest if asked', async () => {
  const sink = { class: 'com.example.TestSinkConnector', type: 'sink', version: '1' };
  const converter = { class: 'com.example.TestConverter', type: 'converter', version: '1' };
  const plugins = async (query: string) => (await rest.call('GET', `/connector-plugins${query}`)).body;
  expect(await plugins('')).toEqual([sink]);
  expect(await plugins('?connectorsOnly=TRUE')).toEqual([sink]);
  expect(await plugins('?connectorsOnly=false')).toEqual([sink, converter]);
  expect(await plugins('?connectorsOnly=')).toEqual([sink, converter]);
});
