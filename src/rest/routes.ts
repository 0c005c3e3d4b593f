import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { httpError } from './error-mapper.ts';
import type { DescribedRoute, Method, Operation } from './openapi/operation.ts';

export type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;

type Router = { route(route: RouteOptions): unknown };

/** Registers routes and remembers their paths, so that a known path with a wrong method is 405 and OPTIONS can tell what is allowed. */
export class Routes {
  readonly described: DescribedRoute[] = [];
  readonly #app: Router;
  readonly #paths = new Map<string, { readonly pattern: RegExp; readonly methods: string[] }>();

  constructor(app: Router) {
    this.#app = app;
  }

  on(method: Method, path: string, operation: Operation, handler: Handler): void {
    this.described.push({ method, path, operation });
    this.#app.route({ method, url: path, handler });
    const known = this.#paths.get(path) ?? { pattern: patternOf(path), methods: [] };
    known.methods.push(...(method === 'GET' ? ['GET', 'HEAD'] : [method]));
    this.#paths.set(path, known);
  }

  /** For what no route took. */
  async refuse(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const [path = ''] = request.url.split('?');
    const known = [...this.#paths.values()].find(({ pattern }) => pattern.test(path));
    if (known === undefined) throw httpError(404);
    if (request.method !== 'OPTIONS') throw httpError(405);
    const allow = [...known.methods, 'OPTIONS'].join(',');
    return reply.header('allow', allow).type('text/plain').send(allow);
  }
}

const patternOf = (path: string): RegExp =>
  new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/:[^/]+/g, '[^/]+')}/?$`);

/** Bodies as Connect sends them: `application/json`, with a charset only where Accept names one. */
export const sendJson = (reply: FastifyReply, status: number, body: unknown): FastifyReply => {
  const charset = /application\/json\s*;\s*(charset=[\w-]+)/i.exec(reply.request.headers.accept ?? '')?.[1];
  const type = charset === undefined ? 'application/json' : `application/json;${charset}`;
  return reply.code(status).header('content-type', type).serializer(String).send(JSON.stringify(body));
};

export const sendNothing = (reply: FastifyReply, status: number): FastifyReply => reply.code(status).send();

/** A path parameter, percent-decoded; an empty one is no such path. */
export const pathParameter = (request: FastifyRequest, name: string): string => {
  const { params } = request;
  const entries = typeof params === 'object' && params !== null ? Object.entries(params) : [];
  const value = String(entries.find(([key]) => key === name)?.[1] ?? '');
  if (value === '') throw httpError(404);
  return value;
};

/** All values of a repeatable query parameter. */
export const queryParameters = (request: FastifyRequest, name: string): readonly string[] =>
  new URLSearchParams(request.url.split('?')[1] ?? '').getAll(name);

/** JAX-RS reads `true` in any case as true and everything else as false. */
export const queryFlag = (request: FastifyRequest, name: string): boolean =>
  queryParameters(request, name)[0]?.toLowerCase() === 'true';
