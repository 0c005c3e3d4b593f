import { hostname } from 'node:os';
import Fastify, { type FastifyInstance } from 'fastify';
import { ConfigError, errorMessage, type Logger } from '../api/index.ts';
import type { Herder } from '../runtime/index.ts';
import { orAborted } from '../util/signals.ts';
import { crossOriginHeaders } from './cross-origin.ts';
import { httpError, mapError, RestError } from './error-mapper.ts';
import type { Listener } from './listeners.ts';
import { type Part, registerRoutes } from './register-routes.ts';
import { writeResponseHeaders } from './response-headers.ts';
import { type RestSettings, readRestSettings } from './rest-settings.ts';
import { Routes, sendJson } from './routes.ts';

// An import would evaluate all that node:http exports, fetch's whole client among it: 40 ms and 4 MB.
const { createServer: createHttpServer } = process.getBuiltinModule('node:http');

/** Jetty's limit, beyond which it answers 431. */
const maxHeaderBytes = 8 * 1024;
/** Connect has no limit; a config with certificates inside may be large, an endless body is an attack. */
const bodyLimitBytes = 16 * 1024 * 1024;

/** No route declares a schema. Fastify would load compilers for them: a hundred modules of ajv and fast-json-stringify. */
const noSchemas = (): never => {
  throw new Error('routes of the REST API declare no schemas');
};

const unauthorized = 'User cannot access the resource.';

export interface RestServerOptions {
  /** The worker's, defaults filled in: `listeners` and what else REST goes by. */
  readonly properties: Readonly<Record<string, string>>;
  /** For KAFKA_OPTS, which names the file of users for basic auth. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly herder: Herder;
  readonly logger: Logger;
}

export interface RestServer {
  /** One for each listener, with the port that it really has; the admin listeners' last. */
  readonly urls: readonly string[];
  close(): Promise<void>;
}

/** Listens, and tells the herder its worker id. Rejects with a ConfigError that names the property. */
export const startRestServer = async (options: RestServerOptions): Promise<RestServer> => {
  const settings = readRestSettings(options.properties, options.environment ?? {});
  const { listeners, adminListeners } = settings;
  const mainParts: readonly Part[] = adminListeners === null ? ['main', 'admin'] : ['main'];
  const wanted = [
    ...listeners.map((listener) => ({ listener, parts: mainParts })),
    ...(adminListeners ?? []).map((listener) => ({ listener, parts: ['admin'] as const })),
  ];
  const servers: FastifyInstance[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.close()));
  };
  const urls: string[] = [];
  try {
    for (const { listener, parts } of wanted) {
      const server = createServer(options, settings, listener, parts);
      servers.push(server);
      urls.push(await listen(server, listener));
    }
  } catch (error) {
    await close();
    throw error;
  }
  advertise(options.herder, settings, urls);
  return { urls, close };
};

const createServer = (
  { herder, logger }: RestServerOptions,
  settings: RestSettings,
  { scheme }: Listener,
  parts: readonly Part[],
): FastifyInstance => {
  const { tls, authorize, crossOrigin, responseHeaders } = settings;
  const app = Fastify({
    bodyLimit: bodyLimitBytes,
    forceCloseConnections: true,
    schemaController: { compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas } },
    serverFactory: (handler) => {
      const limits = { maxHeaderSize: maxHeaderBytes };
      if (scheme === 'http') return createHttpServer(limits, handler);
      return process.getBuiltinModule('node:https').createServer({ ...tls, ...limits }, handler);
    },
    // matrix parameters (`/connectors;x=1`) mean nothing to Connect's paths
    rewriteUrl: ({ url = '/' }) => url.replace(/^[^?]*/, (path) => path.replaceAll(/;[^/]*/g, '')),
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 4096 },
  });
  // Bodies stay text until a resource wants them: a JSON body on PUT pause is ignored whatever it holds.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, async (_request: unknown, body: unknown) => body);
  app.addHook('onRequest', async (request, reply) => {
    const { headers, url } = request;
    writeResponseHeaders(responseHeaders, Date.now(), reply);
    reply.headers(crossOriginHeaders(request, crossOrigin));
    if (authorize !== null && !authorize(headers.authorization)) {
      return reply.code(401).header('www-authenticate', 'Basic').type('text/plain').send(unauthorized);
    }
    if (!accepts(headers.accept) && !servesText(url)) throw httpError(406);
    if (isAboutConnectors(url)) await whenReady(herder);
  });
  app.setErrorHandler((error, _request, reply) => {
    const body = mapError(error, logger);
    return sendJson(reply, body.error_code, body);
  });
  const routes = new Routes(app);
  registerRoutes(routes, herder, parts);
  app.setNotFoundHandler((request, reply) => routes.refuse(request, reply));
  return app;
};

const isAboutConnectors = (url: string): boolean => /^\/connectors(?:[/?;]|$)/.test(url);

/** Connect's DEFAULT_REST_REQUEST_TIMEOUT_MS. */
const startLimitMs = 90_000;

/** A worker that has not read its configs yet would deny connectors that exist, and make them anew: Connect waits, too. */
const whenReady = async (herder: Herder): Promise<void> => {
  const limit = AbortSignal.timeout(startLimitMs);
  try {
    await orAborted(herder.whenReady(), limit);
  } catch (error) {
    if (!limit.aborted) throw error;
    throw new RestError(500, 'Request timed out. The worker is still starting up: it reads its configs from Kafka.');
  }
};

/** What is for Prometheus or a browser. */
const servesText = (url: string): boolean => /^\/(metrics|openapi)\b/.test(url);

const accepts = (accept: string | undefined): boolean =>
  accept === undefined || /(^|[\s,])(\*\/\*|application\/(\*|json))\s*([;,]|$)/i.test(accept);

const listen = async (server: FastifyInstance, { scheme, host, port }: Listener): Promise<string> => {
  try {
    await server.listen({ host: host === '' ? '::' : host, port });
  } catch (error) {
    const message =
      `cannot listen on ${scheme}://${host}:${port}: ${errorMessage(error)}. ` +
      'Another process may use the port, or the address is not one of this machine; change listeners.';
    throw new ConfigError([{ key: 'listeners', message }], { cause: error });
  }
  const [address] = server.addresses();
  const boundPort = typeof address === 'object' ? address.port : port;
  return `${scheme}://${host === '' ? 'localhost' : bracketed(host)}:${boundPort}`;
};

const bracketed = (host: string): string => (host.includes(':') ? `[${host}]` : host);

/** The advertised listener's, or the first's. */
const advertise = (herder: Herder, { listeners, advertised }: RestSettings, urls: readonly string[]): void => {
  const at = Math.max(
    listeners.findIndex(({ scheme }) => scheme === advertised.scheme),
    0,
  );
  const [listener, url] = [listeners[at], urls[at]];
  if (listener === undefined || url === undefined) return;
  const { hostname: ownHost, port } = new URL(url);
  const host = advertised.host ?? (['', '0.0.0.0', '::'].includes(listener.host) ? hostname() : ownHost);
  herder.advertise(`${host}:${advertised.port ?? port}`);
};
