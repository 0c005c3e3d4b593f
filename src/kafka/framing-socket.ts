import net from 'node:net';
import tls from 'node:tls';
import { ResponseFrames } from './response-frames.ts';
import type { ResponsePlace } from './response-place.ts';

const keepAliveMs = 60_000;
const fetchApiKey = 1;

export interface SocketRequest {
  readonly host: string;
  readonly port: number;
  readonly ssl: tls.ConnectionOptions | null | undefined;
  onConnect(): void;
}
export type SocketFactory = (request: SocketRequest) => net.Socket;

const framed = new WeakSet<net.Socket>();

/** Whether nothing else than `pause` and `resume` decides when the socket is read: it is one of ours. */
export const canBeHeld = (socket: net.Socket): boolean => framed.has(socket);

/**
 * kafkajs's `socketFactory`: sockets that emit one 'data' per whole response. Plain sockets read it straight into its place
 * (`net.connect({ onread })`); TLS knows no onread, so there it is one copy. Only answers to Fetch go to the place: for nothing
 * else kafkajs waits for its handlers before it asks again, and metadata may come while they still read what was fetched.
 */
export const createSocketFactory =
  (place: ResponsePlace): SocketFactory =>
  (request) => {
    const owner = {};
    /** Correlation id of the fetch that is under way; asked ahead or not, there is one at a time for each connection. */
    let fetching = -1;
    const frames = new ResponseFrames((bytes, correlationId) =>
      correlationId === fetching ? place.for(owner, bytes) : Buffer.allocUnsafeSlow(bytes),
    );
    const socket = request.ssl ? connectTls(request, frames) : connectPlain(request, frames);
    const write = socket.write.bind(socket) as (data: Buffer, ...rest: unknown[]) => boolean;
    socket.write = (data: unknown, ...rest: unknown[]) => {
      if (Buffer.isBuffer(data) && data.length >= 12 && data.readInt16BE(4) === fetchApiKey)
        fetching = data.readInt32BE(8);
      return write(data as Buffer, ...rest);
    };
    framed.add(socket);
    socket.once('close', () => place.closed(owner));
    socket.setKeepAlive(true, keepAliveMs);
    return socket;
  };

const connectPlain = ({ host, port, onConnect }: SocketRequest, frames: ResponseFrames): net.Socket => {
  const socket = net.connect(
    {
      host,
      port,
      onread: {
        buffer: () => frames.room(),
        callback: (length) => {
          frames.filled(length, (frame) => socket.emit('data', frame));
          return true;
        },
      },
    },
    onConnect,
  );
  return socket;
};

const connectTls = ({ host, port, ssl, onConnect }: SocketRequest, frames: ResponseFrames): net.Socket => {
  const servername = net.isIP(host) === 0 ? { servername: host } : {};
  const socket = tls.connect({ host, port, ...servername, ...ssl }, onConnect);
  const emit = socket.emit.bind(socket) as (event: string | symbol, ...values: unknown[]) => boolean;
  socket.emit = (event: string | symbol, ...values: unknown[]) => {
    const [chunk] = values;
    if (event !== 'data' || !Buffer.isBuffer(chunk)) return emit(event, ...values);
    frames.copied(chunk, (frame) => emit('data', frame));
    return true;
  };
  return socket;
};
