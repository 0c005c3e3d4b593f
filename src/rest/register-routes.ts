import type { Herder } from '../runtime/index.ts';
import type { DescribedRoute } from './openapi/operation.ts';
import { connectorPluginsResource } from './resources/connector-plugins-resource.ts';
import { connectorsResource } from './resources/connectors-resource.ts';
import { loggingResource } from './resources/logging-resource.ts';
import { metricsResource } from './resources/metrics-resource.ts';
import { openApiResource } from './resources/openapi-resource.ts';
import { rootResource } from './resources/root-resource.ts';
import { Routes } from './routes.ts';

/** `admin`: what admin.listeners serve; `main`: the rest. Root, health and the description are on both. */
export type Part = 'main' | 'admin';

export const registerRoutes = (routes: Routes, herder: Herder, parts: readonly Part[]): void => {
  rootResource(routes, herder);
  if (parts.includes('main')) {
    connectorsResource(routes, herder);
    connectorPluginsResource(routes, herder);
    metricsResource(routes, herder);
  }
  if (parts.includes('admin')) loggingResource(routes, herder);
  openApiResource(routes, herder);
};

/** All routes without a worker behind them: handlers alone look at the herder, and none is called. */
export const describeRoutes = (): readonly DescribedRoute[] => {
  const routes = new Routes({ route: () => {} });
  registerRoutes(routes, {} as Herder, ['main', 'admin']);
  return routes.described;
};
