import type { Herder } from '../../runtime/index.ts';
import { openApiDocument } from '../openapi/document.ts';
import { openApiPage } from '../openapi/page.ts';
import { type Routes, sendJson } from '../routes.ts';

/** What this API is: `/openapi.json` for programs, `/openapi` for people. Of the routes that are registered. */
export const openApiResource = (routes: Routes, herder: Herder): void => {
  const document = () => openApiDocument(routes.described, herder.serverInfo().version);
  routes.on(
    'GET',
    '/openapi.json',
    { summary: 'this description', answers: { 200: 'OpenApiDocument' } },
    async (_request, reply) => sendJson(reply, 200, document()),
  );
  routes.on(
    'GET',
    '/openapi',
    { summary: 'this description as a page', answers: { 200: 'Text' } },
    async (_request, reply) => reply.type('text/html; charset=utf-8').send(openApiPage(document())),
  );
};
