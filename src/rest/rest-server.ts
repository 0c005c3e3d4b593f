import { hostname } from 'node:os';
import Fastify, { type FastifyInstance } from 'fastify';
import { ConfigError, errorMessage, type Logger } from '../api/index.ts';
import type { Herder } from '../runtime/index.ts';
import { httpError, mapError } from './error-mapper.ts';
import { type Listener, parseListener } from './listeners.ts';
import { connectorPluginsResource } from './resources/connector-plugins-resource.ts';
import { connectorsResource } from './resources/connectors-resource.ts';
import { loggingResource } from './resources/logging-resource.ts';
import { metricsResource } from './resources/metrics-resource.ts';
import { rootResource } from './resources/root-resource.ts';
import { Routes, sendJson } from './routes.ts';

/** Jetty's limit, beyond which it answers 431. */
const maxHeaderBytes = 8 * 1024;
/** Connect has no limit; a config with certificates inside may be large, an endless body is an attack. */
const bodyLimitBytes = 16 * 1024 * 1024;

export interface RestServerOptions {
  /** `listeners` of the worker config: `http://host:port`, port 0 for a free one. Empty: no server. */
  readonly listeners: readonly string[];
  readonly herder: Herder;
  readonly logger: Logger;
  /** rest.advertised.host.name and rest.advertised.port: what statuses show as `worker_id`. */
  readonly advertised?: { readonly host?: string; readonly port?: number };
}

export interface RestServer {
  /** One for each listener, with the port that it really has. */
  readonly urls: readonly string[];
  close(): Promise<void>;
}

/** Listens, and tells the herder its worker id. Rejects with a ConfigError that names the listener. */
export const startRestServer = async (options: RestServerOptions): Promise<RestServer> => {
  const listeners = options.listeners.map(parseListener);
  const servers: FastifyInstance[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.close()));
  };
  const urls: string[] = [];
  try {
    for (const listener of listeners) {
      const server = createServer(options);
      servers.push(server);
      urls.push(await listen(server, listener));
    }
  } catch (error) {
    await close();
    throw error;
  }
  const [first] = urls;
  if (first !== undefined) advertise(options, listeners[0], new URL(first));
  return { urls, close };
};

const createServer = ({ herder, logger }: RestServerOptions): FastifyInstance => {
  const app = Fastify({
    bodyLimit: bodyLimitBytes,
    forceCloseConnections: true,
    http: { maxHeaderSize: maxHeaderBytes },
    // matrix parameters (`/connectors;x=1`) mean nothing to Connect's paths
    rewriteUrl: ({ url = '/' }) => url.replace(/^[^?]*/, (path) => path.replaceAll(/;[^/]*/g, '')),
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 4096 },
  });
  // Bodies stay text until a resource wants them: a JSON body on PUT pause is ignored whatever it holds.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, async (_request: unknown, body: unknown) => body);
  app.addHook('onRequest', async ({ headers, url }) => {
    if (!accepts(headers.accept) && !url.startsWith('/metrics')) throw httpError(406);
  });
  app.setErrorHandler((error, _request, reply) => {
    const body = mapError(error, logger);
    return sendJson(reply, body.error_code, body);
  });
  const routes = new Routes(app);
  rootResource(routes, herder);
  connectorsResource(routes, herder);
  connectorPluginsResource(routes, herder);
  loggingResource(routes, herder);
  metricsResource(routes, herder);
  app.setNotFoundHandler((request, reply) => routes.refuse(request, reply));
  return app;
};

const accepts = (accept: string | undefined): boolean =>
  accept === undefined || /(^|[\s,])(\*\/\*|application\/(\*|json))\s*([;,]|$)/i.test(accept);

const listen = async (server: FastifyInstance, { host, port }: Listener): Promise<string> => {
  try {
    await server.listen({ host: host === '' ? '::' : host, port });
  } catch (error) {
    const message =
      `cannot listen on http://${host}:${port}: ${errorMessage(error)}. ` +
      'Another process may use the port, or the address is not one of this machine; change listeners.';
    throw new ConfigError([{ key: 'listeners', message }], { cause: error });
  }
  const [address] = server.addresses();
  const boundPort = typeof address === 'object' ? address.port : port;
  return `http://${host === '' ? 'localhost' : bracketed(host)}:${boundPort}`;
};

const bracketed = (host: string): string => (host.includes(':') ? `[${host}]` : host);

const advertise = (options: RestServerOptions, listener: Listener | undefined, url: URL): void => {
  const listensOnAll = listener === undefined || ['', '0.0.0.0', '::'].includes(listener.host);
  const host = options.advertised?.host ?? (listensOnAll ? hostname() : url.hostname);
  options.herder.advertise(`${host}:${options.advertised?.port ?? url.port}`);
};
