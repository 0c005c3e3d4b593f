import type { ConnectorConfig, ProxySettings } from '../api/index.ts';

/** jvm.proxy.…, as the Snowflake connector hands it to its Java process; here it holds for the connector that names it. */
export const proxySettings = (config: ConnectorConfig): ProxySettings | null => {
  const given = (key: string): string | null => config[key]?.trim() || null;
  const host = given('jvm.proxy.host');
  if (host === null) return null;
  return {
    host,
    port: Number(given('jvm.proxy.port')),
    user: given('jvm.proxy.username'),
    password: given('jvm.proxy.password'),
    nonProxyHosts: given('jvm.nonProxy.hosts'),
  };
};
