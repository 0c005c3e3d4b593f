import type { Herder } from '../../runtime/index.ts';
import { queryFlag, queryParameters, type Routes, sendJson } from '../routes.ts';

/** org.apache.kafka.connect.runtime.rest.resources.ConnectorPluginsResource: what a config may name. */
export const connectorPluginsResource = (routes: Routes, herder: Herder): void => {
  routes.on('GET', '/connector-plugins', async (request, reply) => {
    const isSaid = queryParameters(request, 'connectorsOnly').length > 0;
    const connectorsOnly = !isSaid || queryFlag(request, 'connectorsOnly');
    return sendJson(reply, 200, herder.pluginInfos({ connectorsOnly }));
  });
};
