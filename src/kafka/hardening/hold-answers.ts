import type { Socket } from 'node:net';
import { canBeHeld } from '../framing-socket.ts';
import type { FetchConnection, KafkaJsBroker } from './kafkajs-types.ts';
import type { Override } from './override.ts';

interface Held {
  readonly connection: FetchConnection;
  readonly socket: Socket;
}
interface BrokerPrototype {
  disconnect(this: KafkaJsBroker): Promise<void>;
}

interface Errors {
  readonly KafkaJSConnectionClosedError: new (message: string, where: { host: string; port: number }) => Error;
}

const held = new WeakMap<KafkaJsBroker, Held>();

/** The connection that kafkajs keeps for fetches alone; null where a request would not go out on it at once. */
const readyConnection = ({ connectionPool }: KafkaJsBroker): FetchConnection | null => {
  const connection = connectionPool.pool[1];
  if (connection === undefined || !connection.isConnected() || !canBeHeld(connection.socket)) return null;
  if (connectionPool.sasl && !connection.isAuthenticated()) return null;
  return connection.requestQueue.throttledUntil > Date.now() ? null : connection;
};

/**
 * From now until the function that it returns is called, answers to fetches stay in the socket. Null where that cannot be. A fetch
 * that is sent right behind it passes nothing but promises on its way to the socket, so its answer is held for certain.
 */
export const holdAnswers = (broker: KafkaJsBroker): (() => void) | null => {
  const connection = readyConnection(broker);
  if (connection === null) return null;
  const { socket } = connection;
  socket.pause();
  held.set(broker, { connection, socket });
  return () => {
    held.delete(broker);
    socket.resume();
  };
};

/** Before it closes a connection kafkajs waits for all answers: one that is held would not come, nor may it be read now. */
export const dropHeldAnswers: Override = {
  name: 'drop-held-answers',
  patches: [
    { path: 'broker/index', method: 'disconnect', sha256: '36a1ecfed0845eaa' },
    { path: 'network/connectionPool', method: 'getConnectionByRequest', sha256: '3d761125fc0545dc' },
  ],
  install(modules) {
    const { prototype } = modules.load<{ prototype: BrokerPrototype }>('broker/index');
    const { KafkaJSConnectionClosedError } = modules.load<Errors>('errors');
    const stock = prototype.disconnect;
    prototype.disconnect = function (this: KafkaJsBroker) {
      const { connection, socket } = held.get(this) ?? {};
      held.delete(this);
      const { host, port } = this.connectionPool;
      connection?.rejectRequests(new KafkaJSConnectionClosedError('Closed connection', { host, port }));
      socket?.destroy();
      return stock.call(this);
    };
  },
};
