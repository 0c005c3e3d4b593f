export { openApiDocument } from './openapi/document.ts';
export { operationLines } from './openapi/page.ts';
export { describeRoutes } from './register-routes.ts';
export { type RestServer, type RestServerOptions, startRestServer } from './rest-server.ts';
export { readRestSettings } from './rest-settings.ts';
