import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { refuse } from './error-body.ts';
import { ConnectionCut, HttpRefusal, type HttpRequest, type Reply, textReply } from './exchange.ts';
import { HalfReply } from './fault-gate.ts';

export type Handler = (request: HttpRequest) => Promise<Reply | null>;

export interface TlsFiles {
  /** PEM texts. */
  readonly certificate: string;
  readonly key: string;
}

export interface HttpServerOptions {
  readonly handler: Handler;
  readonly tls: TlsFiles | null;
  /** A request failed in a way that is the emulator's own fault. */
  readonly onProblem: (problem: string) => void;
}

/** node:http with TCP_NODELAY (each reply would else cost 40 ms) and long keep-alive. */
export const createHttpServer = (options: HttpServerOptions): Server => {
  const listener = (message: IncomingMessage, response: ServerResponse): void => {
    answer(options, message, response).catch((error: unknown) => {
      options.onProblem(`a reply could not be sent: ${String(error)}`);
      message.socket.destroy();
    });
  };
  const common = { noDelay: true, keepAliveTimeout: 60_000 };
  const { tls } = options;
  return tls === null
    ? createServer(common, listener)
    : createTlsServer({ ...common, cert: tls.certificate, key: tls.key }, listener);
};

const answer = async (
  options: HttpServerOptions,
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  try {
    const request = requestOf(message);
    const reply = request === null ? badPath : ((await options.handler(request)) ?? notFound(request));
    send(response, reply);
  } catch (error) {
    if (error instanceof ConnectionCut) message.socket.resetAndDestroy();
    else if (error instanceof HalfReply) sendHalf(response, error.reply);
    else if (error instanceof HttpRefusal) send(response, error.reply);
    else if (message.destroyed && !message.complete) response.destroy();
    else {
      options.onProblem(`${message.method} ${message.url?.split('?')[0]}: ${String(error)}`);
      send(response, refuse(500, 'ERR_GENERAL_EXCEPTION_RETRY_REQUEST', 'The emulator failed; see its log.'));
    }
  }
};

const badPath = refuse(400, 'INVALID_PATH', 'The request path is not valid.');
const notFound = (request: HttpRequest): Reply =>
  textReply(404, `Not Found: the snowsink emulator has no ${request.method} /${request.segments.join('/')}`);

const requestOf = (message: IncomingMessage): HttpRequest | null => {
  const [path = '/', ...query] = (message.url ?? '/').split('?');
  try {
    return {
      method: message.method ?? 'GET',
      segments: path
        .split('/')
        .filter((segment) => segment !== '')
        .map(decodeURIComponent),
      query: new URLSearchParams(query.join('?')),
      message,
    };
  } catch {
    return null;
  }
};

const headersOf = (reply: Reply): Record<string, string | number> => ({
  ...reply.headers,
  'content-type': reply.contentType,
  'content-length': Buffer.byteLength(reply.body),
});

const send = (response: ServerResponse, reply: Reply): void => {
  response.writeHead(reply.status, headersOf(reply));
  response.end(reply.body);
};

const sendHalf = (response: ServerResponse, reply: Reply): void => {
  response.writeHead(reply.status, headersOf(reply));
  const body = Buffer.from(reply.body);
  response.write(body.subarray(0, Math.floor(body.length / 2)), () => response.socket?.destroy());
};
