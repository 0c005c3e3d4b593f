import type { FastifyReply, FastifyRequest } from 'fastify';
import { NotFoundError, type TaskId } from '../../api/index.ts';
import type { ConnectorInfo, GivenConfig, Herder } from '../../runtime/index.ts';
import { parseConnectorOffsets } from '../entities/connector-offsets.ts';
import { parseCreateConnectorRequest } from '../entities/create-connector-request.ts';
import { connectorConfig, jsonObject } from '../entities/request-body.ts';
import { httpError, RestError } from '../error-mapper.ts';
import { pathParameter, queryFlag, queryParameters, type Routes, sendJson, sendNothing } from '../routes.ts';

const path = '/connectors/:connector';
const nameOf = (request: FastifyRequest): string => pathParameter(request, 'connector');

/** org.apache.kafka.connect.runtime.rest.resources.ConnectorsResource: what Connect answers under `/connectors`. */
export const connectorsResource = (routes: Routes, herder: Herder): void => {
  routes.on(
    'GET',
    '/connectors',
    {
      summary: 'names of all connectors, or more of them',
      answers: { 200: 'Connectors' },
      query: { expand: { description: 'what to tell of each', values: ['info', 'status'], isRepeatable: true } },
    },
    async (request, reply) => sendJson(reply, 200, list(request, herder)),
  );

  routes.on(
    'POST',
    '/connectors',
    {
      summary: 'create a connector',
      answers: { 201: 'ConnectorInfo' },
      errors: [400, 409],
      body: 'CreateConnectorRequest',
    },
    async (request, reply) => {
      const { name, config, targetState } = parseCreateConnectorRequest(request.body);
      checkName(name, config);
      const { info } = await herder.putConnectorConfig(name, config, { replace: false, targetState });
      return sendCreated(request, reply, info);
    },
  );

  routes.on('GET', path, { summary: 'a connector', answers: { 200: 'ConnectorInfo' } }, async (request, reply) =>
    sendJson(reply, 200, herder.connectorInfo(nameOf(request))),
  );

  routes.on(
    'DELETE',
    path,
    { summary: 'delete a connector; its offsets stay', answers: { 204: null } },
    async (request, reply) => {
      await herder.deleteConnector(nameOf(request));
      return sendNothing(reply, 204);
    },
  );

  routes.on(
    'GET',
    `${path}/config`,
    { summary: 'config as it was given', answers: { 200: 'ConnectorConfig' } },
    async (request, reply) => sendJson(reply, 200, herder.connectorInfo(nameOf(request)).config),
  );

  routes.on(
    'PUT',
    `${path}/config`,
    {
      summary: 'create, or replace the config',
      answers: { 200: 'ConnectorInfo', 201: 'ConnectorInfo' },
      errors: [400],
      body: 'ConnectorConfig',
    },
    async (request, reply) => {
      const name = nameOf(request);
      const config = connectorConfig(jsonObject(request.body, 'the connector config'));
      checkName(name, config);
      const { created, info } = await herder.putConnectorConfig(name, config, { replace: true });
      return created ? sendCreated(request, reply, info) : sendJson(reply, 200, info);
    },
  );

  routes.on(
    'PATCH',
    `${path}/config`,
    {
      summary: 'change some of the config; null removes (KIP-477)',
      answers: { 200: 'ConnectorInfo' },
      errors: [400],
      body: 'ConfigChange',
    },
    async (request, reply) => {
      const patch = connectorConfig(jsonObject(request.body, 'a change to the connector config'));
      return sendJson(reply, 200, await herder.patchConnectorConfig(nameOf(request), patch));
    },
  );

  routes.on(
    'GET',
    `${path}/offsets`,
    {
      summary: 'offsets that its consumer group has committed (KIP-875)',
      answers: { 200: 'ConnectorOffsets' },
      errors: [500],
    },
    async (request, reply) => {
      const { offsets } = await herder.connectorOffsets(nameOf(request));
      const body = offsets.map(({ partition, offset }) => ({
        partition,
        offset: { kafka_offset: Number(offset.kafka_offset) },
      }));
      return sendJson(reply, 200, { offsets: body });
    },
  );

  routes.on(
    'PATCH',
    `${path}/offsets`,
    {
      summary: 'where the stopped connector reads on; null resets a partition',
      answers: { 200: 'Message' },
      errors: [400],
      body: 'ConnectorOffsets',
    },
    async (request, reply) => {
      const entries = parseConnectorOffsets(request.body);
      const message = await herder.alterConnectorOffsets(nameOf(request), entries);
      return sendJson(reply, 200, { message });
    },
  );

  routes.on(
    'DELETE',
    `${path}/offsets`,
    { summary: 'the stopped connector starts as a new one would', answers: { 200: 'Message' }, errors: [400, 500] },
    async (request, reply) => sendJson(reply, 200, { message: await herder.resetConnectorOffsets(nameOf(request)) }),
  );

  routes.on(
    'GET',
    `${path}/topics`,
    { summary: 'topics that it has read (KIP-558)', answers: { 200: 'ActiveTopics' }, errors: [403] },
    async (request, reply) => {
      if (isOff(herder, 'topic.tracking.enable')) throw new RestError(403, 'Topic tracking is disabled.');
      const name = nameOf(request);
      return sendJson(reply, 200, { [name]: { topics: herder.connectorTopics(name) } });
    },
  );

  routes.on(
    'PUT',
    `${path}/topics/reset`,
    { summary: 'empty that list', answers: { 202: null }, errors: [403] },
    async (request, reply) => {
      if (isOff(herder, 'topic.tracking.enable')) throw new RestError(403, 'Topic tracking is disabled.');
      if (isOff(herder, 'topic.tracking.allow.reset')) throw new RestError(403, 'Topic tracking reset is disabled.');
      herder.resetConnectorTopics(nameOf(request));
      return sendNothing(reply, 202);
    },
  );

  routes.on(
    'GET',
    `${path}/status`,
    { summary: 'states of the connector and its tasks', answers: { 200: 'ConnectorStateInfo' } },
    async (request, reply) => sendJson(reply, 200, herder.connectorStatus(nameOf(request))),
  );

  routes.on(
    'PUT',
    `${path}/pause`,
    { summary: 'pause; tasks stay', answers: { 202: null } },
    async (request, reply) => {
      await herder.pauseConnector(nameOf(request));
      return sendNothing(reply, 202);
    },
  );

  routes.on(
    'PUT',
    `${path}/resume`,
    { summary: 'go on after pause or stop', answers: { 202: null } },
    async (request, reply) => {
      await herder.resumeConnector(nameOf(request));
      return sendNothing(reply, 202);
    },
  );

  routes.on(
    'PUT',
    `${path}/stop`,
    { summary: 'end its tasks (KIP-875)', answers: { 204: null } },
    async (request, reply) => {
      await herder.stopConnector(nameOf(request));
      return sendNothing(reply, 204);
    },
  );

  routes.on(
    'POST',
    `${path}/restart`,
    {
      summary: 'restart the connector, or with parameters also its tasks (KIP-745)',
      answers: { 202: 'ConnectorStateInfo', 204: null },
      query: {
        includeTasks: { description: 'tasks too', values: ['true', 'false'] },
        onlyFailed: { description: 'only what has FAILED', values: ['true', 'false'] },
      },
    },
    async (request, reply) => {
      const includeTasks = queryFlag(request, 'includeTasks');
      const onlyFailed = queryFlag(request, 'onlyFailed');
      if (includeTasks || onlyFailed) {
        const plan = await herder.restartConnectorAndTasks(nameOf(request), { includeTasks, onlyFailed });
        return sendJson(reply, 202, plan);
      }
      await herder.restartConnector(nameOf(request));
      return sendNothing(reply, 204);
    },
  );

  routes.on(
    'GET',
    `${path}/tasks`,
    { summary: 'tasks with their configs', answers: { 200: 'TaskInfos' } },
    async (request, reply) => sendJson(reply, 200, herder.taskInfos(nameOf(request))),
  );

  routes.on(
    'GET',
    `${path}/tasks-config`,
    { summary: 'configs of its tasks; gone in Connect 4 (KIP-970)', answers: { 200: 'TaskConfigs' } },
    async (request, reply) => {
      const tasks = herder.taskInfos(nameOf(request)).map(({ id, config }) => [`${id.connector}-${id.task}`, config]);
      return sendJson(reply, 200, Object.fromEntries(tasks));
    },
  );

  routes.on(
    'GET',
    `${path}/tasks/:task/status`,
    { summary: 'state of a task', answers: { 200: 'TaskState' } },
    async (request, reply) => sendJson(reply, 200, herder.taskStatus(taskIdOf(request))),
  );

  routes.on(
    'POST',
    `${path}/tasks/:task/restart`,
    { summary: 'restart a task', answers: { 204: null } },
    async (request, reply) => {
      await herder.restartTask(taskIdOf(request));
      return sendNothing(reply, 204);
    },
  );
};

const isOff = (herder: Herder, key: string): boolean => herder.workerProperty(key)?.toLowerCase() === 'false';

const list = (request: FastifyRequest, herder: Herder): unknown => {
  const expansions = queryParameters(request, 'expand');
  if (expansions.length === 0) return herder.connectors();
  return Object.fromEntries(herder.connectors().flatMap((name) => expanded(name, expansions, herder)));
};

/** A connector that is deleted meanwhile is left out; expansions that nobody knows are ignored. */
const expanded = (
  name: string,
  expansions: readonly string[],
  herder: Herder,
): readonly (readonly [string, object])[] => {
  try {
    const info = expansions.includes('info') ? { info: herder.connectorInfo(name) } : {};
    const status = expansions.includes('status') ? { status: herder.connectorStatus(name) } : {};
    return [[name, { ...status, ...info }]];
  } catch (error) {
    if (error instanceof NotFoundError) return [];
    throw error;
  }
};

const checkName = (name: string, config: GivenConfig): void => {
  const { name: own } = config;
  if (own === undefined || own === null || own === name) return;
  throw new RestError(400, `Connector name configuration (${own}) doesn't match connector name in the URL (${name})`);
};

/** What java.net.URI leaves as it is in a path, slashes included. */
const leftAsItIs = /%(?:2F|3A|40|2B|24|26|2C|3B|3D)/g;

const sendCreated = (request: FastifyRequest, reply: FastifyReply, info: ConnectorInfo): FastifyReply => {
  const encoded = encodeURIComponent(info.name).replaceAll(leftAsItIs, decodeURIComponent);
  return sendJson(reply.header('location', `${request.protocol}://${request.host}/connectors/${encoded}`), 201, info);
};

const taskIdOf = (request: FastifyRequest): TaskId => {
  const task = pathParameter(request, 'task');
  if (!/^-?\d{1,10}$/.test(task) || Math.abs(Number(task)) > 0x7fff_ffff) throw httpError(404);
  return { connector: nameOf(request), task: Number(task) };
};
