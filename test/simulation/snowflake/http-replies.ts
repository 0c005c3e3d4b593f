import type { StreamingError } from '../../../emulator/src/streaming/index.ts';
import type { HttpReply, HttpRequest } from '../../../src/destinations/snowpipe-streaming/transport.ts';

export const reply = (status: number, text: string): HttpReply => ({ status, headers: {}, text: async () => text });

export const json = (status: number, body: object): HttpReply => reply(status, JSON.stringify(body));

export const refusal = ({ httpStatus, code, message }: StreamingError): HttpReply =>
  json(httpStatus, httpStatus === 400 ? { code, message } : { error_code: code, message });

export const operations = ['hostname', 'token', 'open', 'append', 'status', 'drop'] as const;
export type SimulatedOperation = (typeof operations)[number];

export const operationOf = ({ method, url }: HttpRequest): SimulatedOperation => {
  const { pathname } = new URL(url);
  if (pathname === '/v2/streaming/hostname') return 'hostname';
  if (pathname === '/oauth/token') return 'token';
  if (pathname.endsWith(':bulk-channel-status')) return 'status';
  if (method === 'DELETE') return 'drop';
  return method === 'PUT' ? 'open' : 'append';
};

/** A token as Snowflake gives: three base64url parts; only `exp` and `iat` are read. */
export const tokenThatLives = (nowMs: number, seconds: number, count: number): string => {
  const iat = Math.floor(nowMs / 1000);
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'RS256' })}.${part({ iat, exp: iat + seconds, jti: count })}.c2ln`;
};
