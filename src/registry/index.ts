export * from './registry-config.ts';
export * from './registry-error.ts';
export * from './schema-registries.ts';
export * from './schema-registry-client.ts';
