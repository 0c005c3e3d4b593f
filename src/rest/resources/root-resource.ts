import type { StandaloneHerder } from '../../runtime/index.ts';
import { type Routes, sendJson } from '../routes.ts';

/** `/`, and `/health` (KIP-1017; `snowsink` beside Connect's members says what a status page would have to add up). */
export const rootResource = (routes: Routes, herder: StandaloneHerder): void => {
  routes.on('GET', '/', async (_request, reply) => sendJson(reply, 200, herder.serverInfo()));
  routes.on('GET', '/health', async (_request, reply) => {
    const snowsink = herder.health();
    if (!herder.isReady) {
      return sendJson(reply, 503, { status: 'starting', message: 'Worker is still starting up.', snowsink });
    }
    const message = 'Worker has completed startup and is ready to handle requests.';
    return sendJson(reply, 200, { status: 'healthy', message, snowsink });
  });
};
