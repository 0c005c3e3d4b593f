export * from './metrics-registry.ts';
export * from './process-metrics.ts';
