import { once } from 'node:events';
import net from 'node:net';
import { expect, test } from 'vitest';
import { createSocketFactory } from '../../../src/kafka/framing-socket.ts';
import { ResponsePlace } from '../../../src/kafka/response-place.ts';

const fetchApiKey = 1;
const metadataApiKey = 3;

/** Length, API key, version and correlation id: what a request begins with. */
const request = (apiKey: number, correlationId: number): Buffer => {
  const bytes = Buffer.alloc(12);
  bytes.writeInt32BE(8, 0);
  bytes.writeInt16BE(apiKey, 4);
  bytes.writeInt32BE(correlationId, 8);
  return bytes;
};
const answerBytes = 200_000;

/** Answers each request with so many bytes. */
const startBroker = async (): Promise<net.Server> => {
  const server = net.createServer((socket) => {
    socket.on('data', (bytes) => {
      for (let at = 0; at < bytes.length; at += 12) {
        const answer = Buffer.alloc(4 + answerBytes, bytes[at + 11]);
        answer.writeInt32BE(answerBytes, 0);
        bytes.copy(answer, 4, at + 8, at + 12);
        socket.write(answer);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
};

test('only the answer to a fetch goes to the place, whatever else is asked over its connection', async () => {
  const server = await startBroker();
  const { port } = server.address() as net.AddressInfo;
  const memory = new Uint8Array(answerBytes + 4);
  const place = new ResponsePlace(() => memory, { isInUse: false, hasStragglers: false });
  const socket = createSocketFactory(place)({ host: '127.0.0.1', port, ssl: null, onConnect: () => {} });
  const answers: [number, boolean][] = [];
  const all = new Promise<void>((resolve) => {
    socket.on('data', (answer: Buffer) => {
      answers.push([answer.readInt32BE(4), answer.buffer === memory.buffer]);
      if (answers.length === 4) resolve();
    });
  });
  for (const [apiKey, correlationId] of [
    [metadataApiKey, 1],
    [fetchApiKey, 2],
    [metadataApiKey, 3],
    [metadataApiKey, 4],
  ] as const)
    socket.write(request(apiKey, correlationId));
  await all;
  expect(answers).toEqual([
    [1, false],
    [2, true],
    [3, false],
    [4, false],
  ]);
  const closed = once(socket, 'close');
  socket.destroy();
  await closed;
  server.close();
  expect(place.for({}, 10).buffer).toBe(memory.buffer); // another connection has it now
});
