import type { Override } from './override.ts';

interface Connection {
  bytesBuffered: number;
  chunks: Buffer[];
}
interface ConnectionPrototype {
  processData(this: Connection, data: Buffer): void;
}

/**
 * kafkajs keeps an empty rest after each response and joins it with the next chunk: a copy of every fetch. Our sockets emit one
 * chunk per response, so the empty rest goes.
 */
export const handOverWholeFrames: Override = {
  name: 'hand-over-whole-frames',
  patches: [{ path: 'network/connection', method: 'processData', sha256: '8cc3f4c52154f4ca' }],
  install(modules) {
    const { prototype } = modules.load<{ prototype: ConnectionPrototype }>('network/connection');
    const stock = prototype.processData;
    prototype.processData = function (this: Connection, data) {
      if (this.bytesBuffered === 0) this.chunks = [];
      stock.call(this, data);
    };
  },
};
