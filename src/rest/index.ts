export { type RestServer, type RestServerOptions, startRestServer } from './rest-server.ts';
