export interface SnowflakeUrl {
  /** scheme://host:port, lower case. */
  readonly url: string;
  /** First label of the host in upper case: the account as JWT claims name it, region cut off. */
  readonly account: string;
}

const form = /^(?:(https?):\/\/)?([a-z0-9_.-]+|\[[0-9a-f:]+\])(?::(\d{1,5}))?\/?$/;

/**
 * snowflake.url.name as the connector takes it (scheme, port and a closing slash optional, at least two dots, any case), and with
 * a scheme any host: emulator, private link, proxy. Answers null where it is no such URL.
 */
export const parseSnowflakeUrl = (text: string): SnowflakeUrl | null => {
  const [, scheme, host, port] = form.exec(text.trim().toLowerCase()) ?? [];
  if (host === undefined || /^[.-]|\.\.|\.$/.test(host)) return null;
  if (scheme === undefined && host.split('.').length < 3) return null;
  const portNumber = Number(port ?? (scheme === 'http' ? 80 : 443));
  if (portNumber > 65_535) return null;
  const account = host.startsWith('[') ? 'LOCALHOST' : (host.split('.')[0] ?? host).toUpperCase();
  return { url: `${scheme ?? 'https'}://${host}:${portNumber}`, account };
};

/** Why it is refused, and what to write. */
export const urlAdvice = (text: string): string => {
  const trimmed = text.trim();
  const example = 'Write <organization>-<account>.snowflakecomputing.com, or http(s)://host:port for another endpoint.';
  if (/^jdbc:/i.test(trimmed)) return `It is a JDBC URL. ${example}`;
  if (/^[\w-]+$/.test(trimmed)) return `It is an account name only. Write ${trimmed}.snowflakecomputing.com.`;
  if (/^(https?:\/\/)?[^/]+\/./i.test(trimmed)) return `It has a path. ${example}`;
  return example;
};
