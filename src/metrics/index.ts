export * from './metrics-registry.ts';
export * from './process-metrics.ts';
export * from './sample.ts';
