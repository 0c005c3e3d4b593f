import type { Routes } from '../routes.ts';

export interface MetricsText {
  text(): Promise<string>;
}

/** `/metrics`: Prometheus text of all threads. */
export const metricsResource = (routes: Routes, metrics: MetricsText): void => {
  routes.on('GET', '/metrics', async (_request, reply) =>
    reply.header('content-type', 'text/plain; version=0.0.4; charset=utf-8').send(await metrics.text()),
  );
};
