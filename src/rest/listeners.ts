import { ConfigError } from '../api/index.ts';

export interface Listener {
  readonly scheme: 'http' | 'https';
  /** Empty: all addresses. */
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
}

/** One item of `listeners` or `admin.listeners`: `http://host:port`; `https://:8443` listens on all addresses. */
export const parseListener = (text: string, key = 'listeners'): Listener => {
  const match = /^(?<scheme>https?):\/\/(?<host>\[[^\]]+\]|[^:/]*):(?<port>\d{1,5})\/?$/i.exec(text.trim());
  const { scheme = '', host = '', port = '' } = match?.groups ?? {};
  if (match === null || Number(port) > 65_535) {
    throw new ConfigError([{ key, message: `${text} is not of the form http://host:port or https://host:port.` }]);
  }
  const isSecure = scheme.toLowerCase() === 'https';
  return { scheme: isSecure ? 'https' : 'http', host: host.replaceAll(/[[\]]/g, ''), port: Number(port) };
};
