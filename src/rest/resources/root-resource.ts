import type { Herder } from '../../runtime/index.ts';
import { queryFlag, type Routes, sendJson } from '../routes.ts';

/** `/`, and `/health` (KIP-1017). `/health?details=true` adds `snowsink`: what has FAILED, which breakers are open. */
export const rootResource = (routes: Routes, herder: Herder): void => {
  routes.on(
    'GET',
    '/',
    { summary: 'version of the worker and id of its Kafka cluster', answers: { 200: 'ServerInfo' } },
    async (_request, reply) => sendJson(reply, 200, herder.serverInfo()),
  );
  routes.on(
    'GET',
    '/health',
    {
      summary: 'whether the worker serves (KIP-1017)',
      answers: { 200: 'WorkerStatus', 503: 'WorkerStatus' },
      query: { details: { description: 'adds what has FAILED and which circuit breakers are open', values: ['true'] } },
    },
    async (request, reply) => {
      const details = queryFlag(request, 'details') ? { snowsink: herder.health() } : {};
      if (!herder.isReady) {
        return sendJson(reply, 503, { status: 'starting', message: 'Worker is still starting up.', ...details });
      }
      const message = 'Worker has completed startup and is ready to handle requests.';
      return sendJson(reply, 200, { status: 'healthy', message, ...details });
    },
  );
};
