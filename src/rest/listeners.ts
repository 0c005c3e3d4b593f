import { ConfigError } from '../api/index.ts';

export interface Listener {
  /** Empty: all addresses. */
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
}

/** One item of `listeners`: `http://host:port`; `http://:8083` listens on all addresses. */
export const parseListener = (text: string): Listener => {
  const match = /^(?<scheme>[a-z]+):\/\/(?<host>\[[^\]]+\]|[^:/]*):(?<port>\d{1,5})\/?$/i.exec(text.trim());
  const { scheme = '', host = '', port = '' } = match?.groups ?? {};
  if (match === null || Number(port) > 65_535) {
    throw new ConfigError([{ key: 'listeners', message: `${text} is not of the form http://host:port.` }]);
  }
  if (scheme.toLowerCase() !== 'http') {
    const message = `${text}: only http is served; put a proxy that ends TLS in front of it.`;
    throw new ConfigError([{ key: 'listeners', message }]);
  }
  return { host: host.replaceAll(/[[\]]/g, ''), port: Number(port) };
};
