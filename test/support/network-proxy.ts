import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * - `cut`: connections are reset, new ones too.
 * - `half-open`: connections stay and nothing passes; reset when it is over.
 * - `delay`: every piece, either way, takes so much longer.
 * - `hold`: a connection stands still from the piece on that holds `text` (latin1); all of it is delivered when the fault is over.
 */
export type NetworkFault =
  | { readonly type: 'cut' | 'half-open' }
  | { readonly type: 'delay'; readonly ms: number }
  | { readonly type: 'hold'; readonly text: RegExp };

export interface StruckFault {
  /** Connections or pieces that it has hit. */
  strikes(): number;
  /** `hold`: the first line of each piece that is kept. */
  readonly held: readonly string[];
  /** `hold`: the first line of each answer to what was kept. */
  readonly answers: readonly string[];
  /** Over; what was held goes on its way. */
  heal(): void;
}

export interface NetworkProxyOptions {
  /** Who is connecting, from its first bytes; null: not enough of them yet. Left out: everybody is ''. */
  readonly identify?: (start: Buffer) => string | null;
}

/** TCP proxy on 127.0.0.1 between clients and one server. */
export interface NetworkProxy {
  readonly port: number;
  /** Port of 127.0.0.1 that connections are passed on to. */
  aim(port: number): void;
  /** From now on, for everybody whose name begins so; one fault at a time for each name. */
  strike(client: string, fault: NetworkFault): StruckFault;
  close(): Promise<void>;
}

interface ActiveFault {
  readonly client: string;
  readonly fault: NetworkFault;
  readonly over: PromiseWithResolvers<void>;
  readonly held: string[];
  readonly answers: string[];
  strikes: number;
}

interface Connection {
  readonly client: string;
  readonly inbound: Socket;
  readonly outbound: Socket;
  heldBy?: ActiveFault;
}

const firstLine = (piece: Buffer): string => piece.toString('latin1').split('\r\n', 1)[0] ?? '';

class Relay {
  readonly #identify: (start: Buffer) => string | null;
  readonly #faults = new Set<ActiveFault>();
  readonly #connections = new Set<Connection>();
  #target = 0;

  constructor({ identify = () => '' }: NetworkProxyOptions) {
    this.#identify = identify;
  }

  aim(port: number): void {
    this.#target = port;
  }

  strike(client: string, fault: NetworkFault): StruckFault {
    const active: ActiveFault = { client, fault, over: Promise.withResolvers(), held: [], answers: [], strikes: 0 };
    this.#faults.add(active);
    const hit = [...this.#connections].filter((each) => each.client.startsWith(client));
    if (fault.type === 'cut') for (const each of hit) this.#cut(each, active);
    return {
      strikes: () => active.strikes,
      held: active.held,
      answers: active.answers,
      heal: () => {
        this.#faults.delete(active);
        active.over.resolve();
      },
    };
  }

  async accept(inbound: Socket): Promise<void> {
    inbound.on('error', () => {});
    const pieces = inbound[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    let start: Buffer = Buffer.alloc(0);
    let client: string | null = null;
    while (client === null) {
      const next = await pieces.next();
      if (next.done === true) {
        inbound.destroy();
        return;
      }
      start = Buffer.concat([start, next.value]);
      client = this.#identify(start);
    }
    const outbound = connect({ port: this.#target, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    outbound.on('error', () => {});
    const connection: Connection = { client, inbound, outbound };
    this.#connections.add(connection);
    try {
      await Promise.all([this.#up(connection, start, pieces), this.#down(connection)]);
    } finally {
      const { heldBy } = connection;
      if (heldBy !== undefined && heldBy.held.length > heldBy.answers.length) heldBy.answers.push('connection ended');
      this.#connections.delete(connection);
      inbound.destroy();
      outbound.destroy();
    }
  }

  healAll(): void {
    for (const { over } of this.#faults) over.resolve();
  }

  async #up(connection: Connection, start: Buffer, pieces: AsyncIterator<Buffer>): Promise<void> {
    await this.#pass(connection, start, 'up');
    for (let next = await pieces.next(); next.done !== true; next = await pieces.next())
      await this.#pass(connection, next.value, 'up');
    connection.outbound.end();
  }

  async #down(connection: Connection): Promise<void> {
    for await (const piece of connection.outbound) {
      const { heldBy } = connection;
      if (heldBy !== undefined && heldBy.held.length > heldBy.answers.length) heldBy.answers.push(firstLine(piece));
      await this.#pass(connection, piece, 'down');
    }
    connection.inbound.end();
  }

  async #pass(connection: Connection, piece: Buffer, way: 'up' | 'down'): Promise<void> {
    for (const active of this.#faults)
      if (connection.client.startsWith(active.client)) await this.#suffer(connection, piece, way, active);
    const to = way === 'up' ? connection.outbound : connection.inbound;
    if (!to.write(piece)) await once(to, 'drain');
  }

  async #suffer(connection: Connection, piece: Buffer, way: 'up' | 'down', active: ActiveFault): Promise<void> {
    const { fault, over } = active;
    if (fault.type === 'cut') this.#cut(connection, active);
    if (fault.type === 'delay') {
      active.strikes++;
      await sleep(fault.ms);
    }
    if (fault.type === 'half-open') {
      active.strikes++;
      await over.promise;
      connection.inbound.resetAndDestroy();
      throw new Error('the connection was half open');
    }
    if (fault.type === 'hold' && way === 'up' && fault.text.test(piece.toString('latin1'))) {
      active.strikes++;
      active.held.push(firstLine(piece));
      connection.heldBy = active;
      await over.promise;
    }
  }

  #cut({ inbound, outbound }: Connection, active: ActiveFault): void {
    active.strikes++;
    inbound.resetAndDestroy();
    outbound.destroy();
  }
}

export const startNetworkProxy = async (options: NetworkProxyOptions = {}): Promise<NetworkProxy> => {
  const relay = new Relay(options);
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    // a connection that breaks is what this is for
    relay.accept(socket).catch(() => {});
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    aim: (port) => relay.aim(port),
    strike: (client, fault) => relay.strike(client, fault),
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      relay.healAll();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
};

/** The client id in the header of a connection's first Kafka request: length, api key, version, correlation id, client id. */
export const kafkaClientId = (start: Buffer): string | null => {
  if (start.length < 14) return null;
  const length = start.readInt16BE(12);
  if (start.length < 14 + length) return null;
  return start.toString('utf8', 14, 14 + Math.max(0, length));
};
