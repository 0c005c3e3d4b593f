import { BadRequestError, NotFoundError } from '../../api/index.ts';
import type { Herder } from '../../runtime/index.ts';
import type { LoggerLevel } from '../../util/logger-levels.ts';
import { jsonObject } from '../entities/request-body.ts';
import { RestError } from '../error-mapper.ts';
import { pathParameter, queryParameters, type Routes, sendJson, sendNothing } from '../routes.ts';

/** org.apache.kafka.connect.runtime.rest.entities.LoggerLevel */
const entity = ({ level, lastModified }: LoggerLevel) => ({ level, last_modified: lastModified });

const wantedLevel = (body: unknown): string => {
  const { level = null } = jsonObject(body, 'a level ({"level": "DEBUG"})');
  if (level === null) throw new BadRequestError("Desired 'level' parameter was not specified in request.");
  if (typeof level === 'object') {
    throw new RestError(500, 'Cannot deserialize value of type `java.lang.String`: level must be a string.');
  }
  return String(level);
};

/** org.apache.kafka.connect.runtime.rest.resources.LoggingResource: levels of this worker, or of all (KIP-495, KIP-976). */
export const loggingResource = (routes: Routes, herder: Herder): void => {
  routes.on(
    'GET',
    '/admin/loggers',
    { summary: 'loggers that were given a level (KIP-495)', answers: { 200: 'LoggerLevels' } },
    async (_request, reply) =>
      sendJson(reply, 200, Object.fromEntries(herder.loggers.all().map(([name, level]) => [name, entity(level)]))),
  );

  routes.on(
    'GET',
    '/admin/loggers/:logger',
    { summary: 'level of a logger', answers: { 200: 'LoggerLevel' } },
    async (request, reply) => {
      const name = pathParameter(request, 'logger');
      const level = herder.loggers.get(name);
      if (level === null) throw new NotFoundError(`Logger ${name} not found.`);
      return sendJson(reply, 200, entity(level));
    },
  );

  routes.on(
    'PUT',
    '/admin/loggers/:logger',
    {
      summary: 'set the level of a logger and all below it',
      answers: { 200: 'LoggerNames', 204: null },
      errors: [400],
      body: 'SetLevelRequest',
      query: { scope: { description: 'this worker, or all of its group (KIP-976)', values: ['worker', 'cluster'] } },
    },
    async (request, reply) => {
      const name = pathParameter(request, 'logger');
      const level = wantedLevel(request.body);
      if (queryParameters(request, 'scope')[0]?.toLowerCase() !== 'cluster') {
        return sendJson(reply, 200, herder.setLoggerLevel(name, level));
      }
      await herder.setClusterLoggerLevel(name, level);
      return sendNothing(reply, 204);
    },
  );
};
