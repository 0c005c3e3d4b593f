import type { Herder } from '../../runtime/index.ts';
import { connectorConfig, jsonObject } from '../entities/request-body.ts';
import { RestError } from '../error-mapper.ts';
import { pathParameter, queryFlag, queryParameters, type Routes, sendJson } from '../routes.ts';

/** org.apache.kafka.connect.runtime.rest.resources.ConnectorPluginsResource: what a config may name, and whether a config will do. */
export const connectorPluginsResource = (routes: Routes, herder: Herder): void => {
  routes.on(
    'GET',
    '/connector-plugins',
    {
      summary: 'classes that a config may name (KIP-769)',
      answers: { 200: 'PluginInfos' },
      query: {
        connectorsOnly: { description: 'false: transforms, predicates and converters too', values: ['true', 'false'] },
      },
    },
    async (request, reply) => {
      const isSaid = queryParameters(request, 'connectorsOnly').length > 0;
      const connectorsOnly = !isSaid || queryFlag(request, 'connectorsOnly');
      return sendJson(reply, 200, herder.plugins.list({ connectorsOnly }));
    },
  );

  routes.on(
    'GET',
    '/connector-plugins/:plugin/config',
    { summary: 'keys of a class', answers: { 200: 'ConfigKeyInfos' } },
    async (request, reply) => sendJson(reply, 200, herder.plugins.configKeys(pathParameter(request, 'plugin'))),
  );

  routes.on(
    'PUT',
    '/connector-plugins/:plugin/config/validate',
    { summary: 'whether a config will do', answers: { 200: 'ConfigInfos' }, errors: [400], body: 'ConfigChange' },
    async (request, reply) => {
      const plugin = pathParameter(request, 'plugin');
      const config = connectorConfig(jsonObject(request.body, 'the connector config'));
      const named = config['connector.class'];
      if (typeof named === 'string' && !withoutSuffix(named).endsWith(withoutSuffix(plugin))) {
        throw new RestError(400, `Included connector type ${named} does not match request type ${plugin}`);
      }
      return sendJson(reply, 200, await herder.plugins.validate(config));
    },
  );
};

const withoutSuffix = (name: string): string => name.replace(/(?<=.)Connector$/, '');
