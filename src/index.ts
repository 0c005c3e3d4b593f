/** Embed the worker: `createPlugins`, `createPorts` and `Herder` are what the command line is made of. */
export * from './api/index.ts';
export { createPlugins, createPorts } from './plugins.ts';
export * from './runtime/index.ts';
