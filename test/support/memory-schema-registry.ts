import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Confluent's API as far as converters ask it: schemas by id. For tests whose subject is not the registry. */
export interface MemorySchemaRegistry {
  readonly url: string;
  /** Answers the payload as a serializer writes it: magic byte, the schema's id, then the bytes. */
  framed(schema: string, payload: Uint8Array, schemaType?: 'AVRO' | 'JSON' | 'PROTOBUF'): Buffer;
  stop(): Promise<void>;
}

export const startMemorySchemaRegistry = async (): Promise<MemorySchemaRegistry> => {
  const ids = new Map<string, number>();
  const schemas: object[] = [];
  const server = createServer((request, response) => {
    const id = Number(/^\/schemas\/ids\/(\d+)/.exec(request.url ?? '')?.[1]);
    const found = schemas[id - 1];
    response.writeHead(found === undefined ? 404 : 200, { 'content-type': 'application/vnd.schemaregistry.v1+json' });
    response.end(JSON.stringify(found ?? { error_code: 40_403, message: 'Schema not found' }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    framed: (schema, payload, schemaType = 'AVRO') => {
      const id = ids.get(schema) ?? schemas.push({ schema, schemaType });
      ids.set(schema, id);
      const prefix = Buffer.alloc(5);
      prefix.writeInt32BE(id, 1);
      return Buffer.concat([prefix, payload]);
    },
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};
