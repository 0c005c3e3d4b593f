import type { Herder } from '../../runtime/index.ts';
import type { Routes } from '../routes.ts';

/** `/metrics`: Prometheus text of all threads. */
export const metricsResource = (routes: Routes, herder: Pick<Herder, 'metricsText'>): void => {
  routes.on(
    'GET',
    '/metrics',
    { summary: 'metrics of all tasks, for Prometheus', answers: { 200: 'Text' } },
    async (_request, reply) =>
      reply.header('content-type', 'text/plain; version=0.0.4; charset=utf-8').send(await herder.metricsText()),
  );
};
