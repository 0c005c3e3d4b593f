import type { ProxySettings } from '../api/index.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export interface ProxyRoute {
  /** scheme://host:port, no credentials. */
  readonly uri: string;
  readonly user: string | null;
  readonly password: string | null;
}

/** Java's default for http.nonProxyHosts. */
const thisMachine = 'localhost|127.*|::1';

/** Names separated by `|` (Java), commas or blanks (NO_PROXY); `*` stands for anything, a leading dot for subdomains. */
const matches = (names: string, host: string): boolean =>
  names
    .split(/[|,\s]+/)
    .map((name) => name.toLowerCase().replace(/^\[(.*)\]$/, '$1'))
    .some((name) => {
      if (name === '') return false;
      if (name.includes('*')) {
        const parts = name.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'));
        return new RegExp(`^${parts.join('.*')}$`).test(host);
      }
      const bare = name.replace(/^\./, '');
      return host.endsWith(`.${bare}`) || (host === bare && bare === name);
    });

const fromEnvironment = (isTls: boolean, host: string, environment: Environment): ProxyRoute | null => {
  const read = (name: string): string => environment[name.toLowerCase()] || environment[name] || '';
  const given = read(isTls ? 'HTTPS_PROXY' : 'HTTP_PROXY') || read('ALL_PROXY');
  if (given === '' || matches(thisMachine, host) || matches(read('NO_PROXY'), host)) return null;
  const text = given.includes('://') ? given : `http://${given}`;
  if (!URL.canParse(text)) return null;
  const { protocol, host: at, username, password } = new URL(text);
  if (protocol !== 'http:' && protocol !== 'https:') return null;
  const part = (encoded: string): string | null => (encoded === '' ? null : decodeURIComponent(encoded));
  return { uri: `${protocol}//${at}`, user: part(username), password: part(password) };
};

/**
 * The HTTP proxy on the way to a URL; null: none. jvm.proxy.host comes before HTTPS_PROXY (for http:// HTTP_PROXY), and neither
 * stands between this machine and itself unless jvm.nonProxy.hosts says so.
 */
export const proxyFor = (url: string, proxy: ProxySettings | null, environment: Environment): ProxyRoute | null => {
  const { protocol, hostname } = new URL(url);
  const host = hostname.toLowerCase().replace(/^\[(.*)\]$/, '$1');
  if (proxy === null) return fromEnvironment(protocol === 'https:', host, environment);
  if (matches(proxy.nonProxyHosts ?? thisMachine, host)) return null;
  const at = proxy.host.includes(':') ? `[${proxy.host}]` : proxy.host;
  return { uri: `http://${at}:${proxy.port}`, user: proxy.user, password: proxy.password };
};
